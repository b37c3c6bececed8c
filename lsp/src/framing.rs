//! Protocol frames over a byte stream: reads all that it can make sense of, and recovers after what it cannot.

use std::io::{self, BufRead, Write};
use std::thread;
use std::time::Duration;

/// The maximum size of a message, in bytes: the largest file with every byte escaped.
const MAX_BODY: usize = 400 << 20;

/// The maximum length of a header line, in bytes; only the end of a longer one is kept.
const MAX_HEADER: usize = 8 << 10;

/// Extracts the bodies of frames from a byte stream.
///
/// Header names may be in any case, and lines may end without `\r`. Lines that are not headers are skipped, and so is any text before
/// `Content-Length` on its line, so that a stray byte or a wrong length costs one message, not the session.
pub(crate) struct FrameReader<R> {
    input: R,
}

impl<R: BufRead> FrameReader<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input }
    }

    /// The next body; `None` at the end of the stream, or once it can no longer be read.
    pub(crate) fn next_body(&mut self) -> Option<Vec<u8>> {
        let mut length = None;
        loop {
            let line = self.line()?;
            if line.is_empty() {
                // A blank line with no length before it does not end a header.
                match length.take() {
                    Some(length) => return self.body(length),
                    None => continue,
                }
            }
            if let Some(found) = content_length(&line) {
                length = Some(found).filter(|it| *it <= MAX_BODY);
            }
        }
    }

    fn body(&mut self, length: usize) -> Option<Vec<u8>> {
        // Grows as bytes arrive, so that a bogus length allocates nothing.
        let mut body = Vec::with_capacity(length.min(1 << 20));
        while body.len() < length {
            let available = self.fill()?;
            let taken = available.len().min(length - body.len());
            body.extend_from_slice(&available[..taken]);
            self.input.consume(taken);
        }
        Some(body)
    }

    /// The next line, without its line ending.
    fn line(&mut self) -> Option<Vec<u8>> {
        let mut line = Vec::new();
        loop {
            let available = self.fill()?;
            let end = available.iter().position(|byte| *byte == b'\n');
            let taken = end.unwrap_or(available.len());
            // The end of an overlong line may still hold the header.
            line.extend_from_slice(&available[..taken]);
            if line.len() > MAX_HEADER {
                line.drain(..line.len() - MAX_HEADER);
            }
            self.input.consume(taken + usize::from(end.is_some()));
            if end.is_some() {
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Some(line);
            }
        }
    }

    /// The buffered bytes, at least one; `None` at the end of the stream.
    fn fill(&mut self) -> Option<&[u8]> {
        loop {
            match self.input.fill_buf() {
                Ok([]) => return None,
                Ok(_) => break,
                Err(error) if may_try_again(&error) => {}
                Err(_) => return None,
            }
        }
        // Called again because the first result's borrow cannot leave the loop; nothing is read twice.
        self.input.fill_buf().ok()
    }
}

/// Decides whether to retry. Waits briefly first if a non-blocking stream had no data, as happens under some parent processes.
fn may_try_again(error: &io::Error) -> bool {
    match error.kind() {
        io::ErrorKind::Interrupted => true,
        io::ErrorKind::WouldBlock => {
            thread::sleep(Duration::from_millis(2));
            true
        }
        _ => false,
    }
}

fn content_length(line: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length";
    let mut windows = line.windows(NAME.len());
    let at = windows.position(|window| window.eq_ignore_ascii_case(NAME))?;
    let rest = std::str::from_utf8(&line[at + NAME.len()..]).ok()?;
    rest.trim_start().strip_prefix(':')?.trim().parse().ok()
}

/// Writes one whole frame, whether or not the stream blocks.
pub(crate) fn write_frame(out: &mut impl Write, body: &[u8]) -> io::Result<()> {
    let header = format!("Content-Length: {}\r\n\r\n", body.len());
    write_all(out, header.as_bytes())?;
    write_all(out, body)
}

fn write_all(out: &mut impl Write, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match out.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(error) if may_try_again(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Flushes the buffer, whether or not the stream blocks.
pub(crate) fn flush(out: &mut impl Write) -> io::Result<()> {
    loop {
        match out.flush() {
            Err(error) if may_try_again(&error) => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies(bytes: &[u8]) -> Vec<String> {
        let mut reader = FrameReader::new(bytes);
        std::iter::from_fn(|| reader.next_body())
            .map(|body| String::from_utf8(body).unwrap())
            .collect()
    }

    #[test]
    fn accepts_headers_in_any_case_and_order() {
        let bytes =
            b"content-type: x\r\ncontent-LENGTH : 2\r\nX-More: 1\r\n\r\n{}Content-Length:3\n\n[1]";
        assert_eq!(bodies(bytes), ["{}", "[1]"]);
    }

    #[test]
    fn skips_stray_bytes() {
        let bytes =
            b"\n\r\n\xff junk\r\nxContent-Length: 2\r\n\r\n{}\n\nContent-Length: 2\r\n\r\n[]";
        assert_eq!(bodies(bytes), ["{}", "[]"]);
    }

    #[test]
    fn wrong_length_loses_one_message() {
        let bytes = b"Content-Length: 2\r\n\r\n{\"a\":1}Content-Length: 2\r\n\r\n{}Content-Length: x\r\n\r\n{}Content-Length: 2\r\n\r\n[]";
        assert_eq!(bodies(bytes), ["{\"", "{}", "[]"]);
        assert_eq!(
            bodies(b"Content-Length: 99999999999\r\n\r\nContent-Length: 2\r\n\r\n[]"),
            ["[]"]
        );
    }

    #[test]
    fn truncated_stream_yields_nothing() {
        assert_eq!(bodies(b"Content-Length: 9\r\n\r\n{}"), Vec::<String>::new());
        assert_eq!(bodies(b"Content-Len"), Vec::<String>::new());
    }
}
