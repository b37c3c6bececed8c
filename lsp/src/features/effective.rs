//! The effective values of the releases that a file belongs to, as YAML with the origin of each value in a comment.

use std::fmt::Write as _;

use lint::effective::Writer;
use rustc_hash::FxHashSet;
use values::merged::View;

use super::layers::Here;

/// The text for all releases in which the file is a layer. Secrets are redacted.
pub(crate) fn text(everywhere: &[Here<'_>]) -> String {
    let mut out = String::new();
    let mut seen = FxHashSet::default();
    for here in everywhere {
        let merged = here.merged();
        let release = here.release();
        if !seen.insert((std::ptr::from_ref(merged), release)) {
            continue;
        }
        if !out.is_empty() {
            out.push_str("---\n");
        }
        let told = &merged.deployment().releases[release];
        let _ = writeln!(
            out,
            "# effective values of the release {} (chart {})",
            told.name, told.chart
        );
        if !here.profile().is_empty() {
            let _ = writeln!(out, "# profile: {}", here.profile());
        }
        let writer = Writer {
            tree: here.tree,
            merged,
            with_origin: true,
        };
        let whole = out.len();
        if let Err(error) = writer.yaml(merged.root(release, View::Effective), &mut out) {
            out.truncate(whole);
            let _ = writeln!(out, "# {error}");
        }
    }
    out
}
