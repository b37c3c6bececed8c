//! Serialization of trees: a program with built-in rules parses them when it is built, not each time it starts.
//!
//! INVARIANT: bytes are read by the program they were written for; this is not a storage format.

use super::ast::File;

/// Serializes a tree.
pub fn pack(file: &File) -> Vec<u8> {
    // Serializing to memory does not fail; if it did, the text would be parsed instead.
    postcard::to_allocvec(file).unwrap_or_default()
}

/// Deserializes a tree from [`pack`]; `None` if the bytes are invalid.
pub fn unpack(bytes: &[u8]) -> Option<File> {
    postcard::from_bytes(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;
    use source::SourceId;

    #[test]
    fn syntax_tree_round_trips() {
        let text = "## Why.\nrule a {\n  severity warning, off in demo\n  for x at brig.{k: /a+/}.*\n  require x is set and 1.5 < 2\n    say \"{x} is ü\"\n}\n";
        let file = parse(SourceId(3), text).file;
        assert!(!file.items.is_empty());
        assert_eq!(unpack(&pack(&file)), Some(file));
    }

    #[test]
    fn invalid_bytes_are_rejected() {
        assert_eq!(unpack(&[7, 1, 255, 255]), None);
        assert_eq!(unpack(&[]), None);
    }
}
