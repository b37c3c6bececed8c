//! Reuses results computed for layers before an edit that are still valid.

use std::sync::Arc;

use super::Merged;
use crate::chart::ChartInfo;

/// A chart in a release, with the keys to it.
type Scope = (Vec<String>, Arc<ChartInfo>);

impl Merged {
    /// Takes over from another merge of the same layers the results for layers whose text has not changed.
    pub fn adopt(&self, other: &Self) {
        let releases = self.releases.iter().zip(&other.releases);
        let same_declarations: Vec<bool> = releases
            .map(|(mine, theirs)| {
                let same_declarations = same_secrets(&mine.scopes, &theirs.scopes);
                if let Some(declarations) = theirs.declarations.get().filter(|_| same_declarations)
                {
                    let _ = mine.declarations.set(Arc::clone(declarations));
                }
                same_declarations
            })
            .collect();
        for (mine, theirs) in self.arena.layers.iter().zip(&other.arena.layers) {
            let same = Arc::ptr_eq(&mine.document, &theirs.document)
                && (mine.release, &mine.mount, mine.top())
                    == (theirs.release, &theirs.mount, theirs.top());
            if !same {
                continue;
            }
            if let Some(parents) = theirs.parents.get() {
                let _ = mine.parents.set(Arc::clone(parents));
            }
            let same_declarations = same_declarations
                .get(mine.release as usize)
                .is_some_and(|it| *it);
            if let Some(marks) = theirs.marks.get().filter(|_| same_declarations) {
                let _ = mine.marks.set(Arc::clone(marks));
            }
        }
    }
}

/// True if the charts declare the same secrets.
fn same_secrets(a: &[Scope], b: &[Scope]) -> bool {
    let same = |((mount, a), (other, b)): (&Scope, &Scope)| {
        mount == other
            && (Arc::ptr_eq(a, b) || (&a.secrets, &a.not_secret) == (&b.secrets, &b.not_secret))
    };
    a.len() == b.len() && a.iter().zip(b).all(same)
}
