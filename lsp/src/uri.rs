//! Addresses of documents and paths of files.

use std::path::{Component, Path, PathBuf};
use std::str::FromStr as _;

use tower_lsp_server::ls_types::Uri;

/// The path of a `file:` address, without `.` and `..`; `None` for any other address.
pub(crate) fn path_of(address: &str) -> Option<PathBuf> {
    let uri = match Uri::from_str(address) {
        Ok(uri) => uri,
        Err(_) => Uri::from_str(&encoded(address)).ok()?,
    };
    if !uri.scheme().as_str().eq_ignore_ascii_case("file") {
        return None;
    }
    Some(plain(&uri.to_file_path()?))
}

/// The address of a path.
pub(crate) fn uri_of(path: &Path) -> Option<Uri> {
    Uri::from_file_path(path)
}

/// Some clients leave blanks and letters beyond ASCII as they are.
pub(crate) fn encoded(address: &str) -> String {
    let mut out = String::with_capacity(address.len() + 16);
    for byte in address.bytes() {
        let legal = byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
        if legal {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The path without `.` and `..`, as far as its words go: links are not followed.
pub(crate) fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => out.push(part),
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
