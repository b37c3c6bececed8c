//! `dogwatch lsp` as a process: its exit status, and when it ends.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

fn server(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_dogwatch"))
        .arg("lsp")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn send(server: &mut Child, message: &Value) {
    let body = message.to_string();
    let frame = format!("Content-Length: {}\r\n\r\n{body}", body.len());
    server
        .stdin
        .as_mut()
        .unwrap()
        .write_all(frame.as_bytes())
        .unwrap();
}

/// The answer to a request; skips messages before it.
fn request(server: &mut Child, id: u32, method: &str, params: &Value) -> Value {
    send(
        server,
        &json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}),
    );
    let mut out = BufReader::with_capacity(1, server.stdout.as_mut().unwrap());
    loop {
        let mut header = String::new();
        out.read_line(&mut header).unwrap();
        let length = header
            .trim()
            .strip_prefix("Content-Length: ")
            .unwrap()
            .parse()
            .unwrap();
        out.read_line(&mut header).unwrap();
        let mut body = vec![0; length];
        out.read_exact(&mut body).unwrap();
        let message: Value = serde_json::from_slice(&body).unwrap();
        if message["id"] == id {
            return message;
        }
    }
}

/// Initializes the server, makes it end, and returns its exit status.
fn status_after(arguments: &[&str], end: impl FnOnce(&mut Child)) -> i32 {
    let mut server = server(arguments);
    let response = request(&mut server, 1, "initialize", &json!({"capabilities": {}}));
    assert_eq!(response["result"]["serverInfo"]["name"], "dogwatch");
    end(&mut server);
    // Its input stays open: a server that waits for end of input would hang.
    let status = server.wait().unwrap();
    let mut errors = String::new();
    server.stderr.unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!(errors, "", "standard error must be empty");
    status.code().unwrap()
}

#[test]
fn exit_status_follows_the_protocol() {
    let exit = json!({"jsonrpc": "2.0", "method": "exit"});
    for arguments in [&[][..], &["--stdio"], &["--stdio", "--clientProcessId=1"]] {
        let status = status_after(arguments, |server| {
            request(server, 2, "shutdown", &Value::Null);
            send(server, &exit);
        });
        assert_eq!(status, 0, "{arguments:?}");
    }
    assert_eq!(status_after(&[], |server| send(server, &exit)), 1);
    assert_eq!(status_after(&[], |server| drop(server.stdin.take())), 1);
}
