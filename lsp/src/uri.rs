//! Document URIs and file paths.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use serde_json::Value;
use tower_lsp_server::ls_types::Uri;

/// The longest path that any system allows, in bytes.
const MAX_PATH: usize = 1 << 15;

/// The maximum number of path components; no Linux path has more.
const MAX_FOLDERS: usize = 2_048;

/// The path of a `file:` URI, without `.` and `..`. `None` for any other URI, and for a path that no file can have: every folder above a
/// file is searched, so the depth must be bounded.
pub(crate) fn path_of(address: &str) -> Option<PathBuf> {
    let uri = match Uri::from_str(address) {
        Ok(uri) => uri,
        Err(_) => Uri::from_str(&encoded(address)).ok()?,
    };
    if !uri.scheme().as_str().eq_ignore_ascii_case("file") {
        return None;
    }
    let path = values::discover::lexically_normal(&uri.to_file_path()?);
    let fits = path.as_os_str().len() <= MAX_PATH && path.iter().count() <= MAX_FOLDERS;
    fits.then_some(path)
}

/// The URI of a path.
pub(crate) fn uri_of(path: &Path) -> Option<Uri> {
    Uri::from_file_path(path)
}

/// Members of the protocol's parameters that hold URIs.
const ADDRESSES: [&str; 4] = ["uri", "oldUri", "newUri", "scopeUri"];

/// Percent-encodes the URIs in parameters that do not parse. `spelled` is called for each of them with the encoded form and the client's
/// original.
pub(crate) fn tolerate(params: &mut Value, spelled: &mut dyn FnMut(&str, &str)) {
    match params {
        Value::Array(items) => items.iter_mut().for_each(|it| tolerate(it, spelled)),
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match member {
                    Value::String(said) if ADDRESSES.contains(&name.as_str()) => {
                        if Uri::from_str(said).is_err() {
                            let written = encoded(said);
                            spelled(&written, said);
                            *said = written;
                        }
                    }
                    _ => tolerate(member, spelled),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Percent-encodes what some clients leave raw: blanks, brackets and non-ASCII letters.
pub(crate) fn encoded(address: &str) -> String {
    let bytes = address.as_bytes();
    let mut out = String::with_capacity(address.len() + 16);
    for (at, &byte) in bytes.iter().enumerate() {
        let is_hex = |behind: usize| bytes.get(at + behind).is_some_and(u8::is_ascii_hexdigit);
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
    fn addresses_lead_to_paths_and_back() {
        let path = Path::new("/a b/é😀/c%20.yaml");
        let uri = uri_of(path).unwrap();
        assert_eq!(path_of(uri.as_str()).unwrap(), path);
        assert_eq!(path_of("file:///a b/é").unwrap(), Path::new("/a b/é"));
        assert_eq!(path_of("FILE:///a/./b/../c").unwrap(), Path::new("/a/c"));
        assert_eq!(path_of("file:///[a]/5%").unwrap(), Path::new("/[a]/5%"));
    }

    #[test]
    fn what_is_deeper_than_any_folder_has_no_path() {
        let below = |folders: usize| format!("file:///{}values.yaml", "d/".repeat(folders));
        assert!(path_of(&below(1_000)).is_some());
        assert_eq!(path_of(&below(3_000)), None);
        assert_eq!(path_of(&format!("file:///{}", "d".repeat(40_000))), None);
    }

    #[test]
    fn what_is_no_file_has_no_path() {
        for address in [
            "untitled:Untitled-1",
            "dogwatch:///a",
            "",
            "::",
            "http://a/b",
        ] {
            assert_eq!(path_of(address), None, "{address}");
        }
    }
}
