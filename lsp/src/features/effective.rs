//! The effective values of the releases that a file belongs to, as YAML with the origin of each value in a comment.

use std::fmt::Write as _;

use lint::effective::Writer;
use rustc_hash::FxHashSet;
use values::merged::View;

use super::layers::FileLayer;

/// The text for all releases in which the file is a layer. Secrets are redacted.
pub(crate) fn text(file_layers: &[FileLayer<'_>]) -> String {
    let mut out = String::new();
    let mut seen = FxHashSet::default();
    for file_layer in file_layers {
        let merged = file_layer.merged();
        let release = file_layer.release();
        if !seen.insert((std::ptr::from_ref(merged), release)) {
            continue;
        }
        if !out.is_empty() {
            out.push_str("---\n");
        }
        let info = &merged.deployment().releases[release];
        let _ = writeln!(
            out,
            "# effective values of the release {} (chart {})",
            info.name, info.chart
        );
        if !file_layer.profile().is_empty() {
            let _ = writeln!(out, "# profile: {}", file_layer.profile());
        }
        let writer = Writer {
            tree: file_layer.tree,
            merged,
            with_origin: true,
        };
        let start = out.len();
        if let Err(error) = writer.yaml(merged.root(release, View::Effective), &mut out) {
            out.truncate(start);
            let _ = writeln!(out, "# {error}");
        }
    }
    out
}
