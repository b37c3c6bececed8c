//! Document URIs and file paths.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use serde_json::Value;
use tower_lsp_server::ls_types::Uri;

/// The longest path that any system allows, in bytes.
const MAX_PATH: usize = 1 << 15;

/// The maximum number of path components; no Linux path has more.
const MAX_DEPTH: usize = 2_048;

/// The path of a `file:` URI, without `.` and `..`. `None` for any other URI, and for a path that no file can have: every folder above a
/// file is searched, so the depth must be bounded.
pub(crate) fn path_of(text: &str) -> Option<PathBuf> {
    let uri = match Uri::from_str(text) {
        Ok(uri) => uri,
        Err(_) => Uri::from_str(&percent_encode(text)).ok()?,
    };
    if !uri.scheme().as_str().eq_ignore_ascii_case("file") {
        return None;
    }
    let path = values::discover::lexically_normal(&uri.to_file_path()?);
    let fits = path.as_os_str().len() <= MAX_PATH && path.iter().count() <= MAX_DEPTH;
    fits.then_some(path)
}

/// The URI of a path.
pub(crate) fn uri_of(path: &Path) -> Option<Uri> {
    Uri::from_file_path(path)
}

/// Members of the protocol's parameters that hold URIs.
const URI_MEMBERS: [&str; 4] = ["uri", "oldUri", "newUri", "scopeUri"];

/// Percent-encodes the URIs in parameters that do not parse. `on_encoded` is called for each of them with the encoded form and the client's
/// original.
pub(crate) fn encode_uris(params: &mut Value, on_encoded: &mut dyn FnMut(&str, &str)) {
    match params {
        Value::Array(items) => items.iter_mut().for_each(|it| encode_uris(it, on_encoded)),
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match member {
                    Value::String(original) if URI_MEMBERS.contains(&name.as_str()) => {
                        if Uri::from_str(original).is_err() {
                            let encoded = percent_encode(original);
                            on_encoded(&encoded, original);
                            *original = encoded;
                        }
                    }
                    _ => encode_uris(member, on_encoded),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Percent-encodes what some clients leave raw: blanks, brackets and non-ASCII letters.
pub(crate) fn percent_encode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len() + 16);
    for (at, &byte) in bytes.iter().enumerate() {
        let is_hex = |ahead: usize| bytes.get(at + ahead).is_some_and(u8::is_ascii_hexdigit);
        let legal = match byte {
            b'%' => is_hex(1) && is_hex(2),
            _ => byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=".contains(&byte),
        };
        if legal {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_round_trip_through_paths() {
        let path = Path::new("/a b/é😀/c%20.yaml");
        let uri = uri_of(path).unwrap();
        assert_eq!(path_of(uri.as_str()).unwrap(), path);
        assert_eq!(path_of("file:///a b/é").unwrap(), Path::new("/a b/é"));
        assert_eq!(path_of("FILE:///a/./b/../c").unwrap(), Path::new("/a/c"));
        assert_eq!(path_of("file:///[a]/5%").unwrap(), Path::new("/[a]/5%"));
    }

    #[test]
    fn rejects_paths_that_are_too_deep_or_long() {
        let below = |folders: usize| format!("file:///{}values.yaml", "d/".repeat(folders));
        assert!(path_of(&below(1_000)).is_some());
        assert_eq!(path_of(&below(3_000)), None);
        assert_eq!(path_of(&format!("file:///{}", "d".repeat(40_000))), None);
    }

    #[test]
    fn rejects_uris_that_are_not_files() {
        for text in [
            "untitled:Untitled-1",
            "dogwatch:///a",
            "",
            "::",
            "http://a/b",
        ] {
            assert_eq!(path_of(text), None, "{text}");
        }
    }
}
