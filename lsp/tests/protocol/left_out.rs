//! Files that no release uses, open in an editor.

use serde_json::json;

use crate::client::{Client, TREE, VALUES};

const COPY: &str = "file:///w/values/wire-server/secrets.dec.yaml";
const RULE: &str = "secret-in-unused-file";
const PLAIN: &str = "brig:\n  secrets:\n    smtpPassword: hT7wq0zLm2Xc\n";

#[test]
fn reports_open_decrypted_copy_without_showing_secrets() {
    let mut texts = TREE.to_vec();
    texts[0].1 = "rules: [rules]\npacks: [security]\n";
    texts.push(("/w/values/wire-server/secrets.dec.yaml", PLAIN));
    let mut client = Client::new(&texts);
    client.open(VALUES, 1, TREE[3].1);
    client.open(COPY, 1, PLAIN);
    let found = client.findings_with_code(COPY, 1, RULE);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["range"]["start"]["line"], 2);
    assert!(!json!(found).to_string().contains("hT7wq0zLm2Xc"));
    assert_eq!(
        client.findings_with_code(VALUES, 1, "flag-is-text").len(),
        1
    );
    // Encrypted, then in plain text again on another line, then gone.
    client.replace(
        COPY,
        2,
        "brig:\n  secrets:\n    smtpPassword: ENC[AES256_GCM,data:Zm9v,iv:YmFy,tag:YmF6,type:str]\nsops:\n  mac: ENC[AES256_GCM,data:Zm9v,iv:YmFy,tag:YmF6,type:str]\n  version: 3.9.0\n",
    );
    assert!(client.findings_with_code(COPY, 2, RULE).is_empty());
    client.replace(COPY, 3, &format!("# a copy\n{PLAIN}"));
    let found = client.findings_with_code(COPY, 3, RULE);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["range"]["start"]["line"], 3);
    client.replace(COPY, 4, "# a copy\n");
    assert!(client.findings_with_code(COPY, 4, RULE).is_empty());
    client.replace(COPY, 5, PLAIN);
    assert_eq!(client.findings_with_code(COPY, 5, RULE).len(), 1);
    let full_range =
        json!({"start": {"line": 0, "character": 0}, "end": {"line": 3, "character": 0}});
    let at = |more: serde_json::Value| {
        let mut all = Client::position_params(COPY, 2, 20);
        all.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        all
    };
    let requests = [
        ("textDocument/hover", at(json!({}))),
        ("textDocument/completion", at(json!({}))),
        ("textDocument/documentSymbol", at(json!({}))),
        ("textDocument/codeLens", at(json!({}))),
        ("textDocument/inlayHint", at(json!({"range": full_range}))),
        (
            "textDocument/codeAction",
            at(json!({"range": full_range, "context": {"diagnostics": []}})),
        ),
        ("workspace/symbol", json!({"query": "smtpPassword"})),
    ];
    for (method, params) in requests {
        let answer = client.request(method, params).to_string();
        assert!(!answer.contains("hT7wq0zLm2Xc"), "{method}: {answer}");
    }
    client.close(COPY);
    client.wait_until_idle();
    assert_eq!(
        client.findings_with_code(VALUES, 1, "flag-is-text").len(),
        1
    );
    client.end();
}
