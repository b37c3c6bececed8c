//! A tree in which the text of one file changed, as with every keystroke. Only what depends on that text is recomputed.
//!
//! INVARIANT: the result is what [`Tree::load`] would return, or `None`. Anything uncertain is left to `load`.

use std::path::Path;
use std::sync::Arc;

use source::SourceId;
use values::layer::{Layer, Role};
use values::protection::Protection;

use super::{Tree, clusters, manifests, merged};
use crate::document::ReadFile;
use crate::workspace::Scope;

impl Tree {
    /// The tree with a new text for one of its files; `None` if more than that may depend on the text.
    pub(crate) fn reread(&self, scope: &Scope, path: &Path, file: &Arc<ReadFile>) -> Option<Self> {
        let old = self.files.get(path)?;
        let id = file.id;
        let alone = old.id == id
            && old.problem.is_none()
            && file.problem.is_none()
            && !self.statements.contains_key(&id)
            && !self.is_left_out(id)
            && !self.chart_texts.contains_key(&id)
            // Notes about the file may change or move.
            && !self.notes.iter().any(|it| it.primary.span.source == id)
            && [old, file].iter().all(|it| manifests::kind(&it.document).is_none())
            && !self
                .origins
                .values()
                .any(|origin| origin.whole.source == id)
            && Arc::ptr_eq(&self.book, &scope.book)
            && Arc::ptr_eq(&self.knowledge, &scope.knowledge);
        if !alone {
            return None;
        }
        let clear = |file: &ReadFile| matches!(file.protection, Protection::Clear);
        let fits = |layer: &Layer| {
            // Whether version control tracks a file only matters for plaintext secrets.
            layer.part.is_none() && (layer.role != Role::Secrets || clear(old) == clear(file))
        };
        let mut deployments = Vec::with_capacity(self.deployments.len());
        for before in &self.deployments {
            let mut deployment = before.merged.deployment().clone();
            let releases = deployment.releases.iter_mut();
            let layers = releases.flat_map(|it| {
                let chart = &it.chart;
                it.layers.iter_mut().map(move |layer| (chart, layer))
            });
            for (chart, layer) in layers.filter(|(_, layer)| layer.source == id) {
                let notes = manifests::applications(chart, &file.document, None);
                if !fits(layer) || !notes.is_empty() {
                    return None;
                }
                layer.document = Arc::clone(&file.document);
                layer.protection = file.protection.clone();
            }
            let facts = scope.config.facts_of(&deployment.profile);
            let key = scope.knowledge.key_of(&deployment, &facts);
            if key != before.key {
                return None;
            }
            let on_disk = before.charts.clone();
            deployments.push(merged(self, scope, deployment, key, &facts, on_disk));
        }
        let mut files = self.files.clone();
        files.insert(path.to_owned(), Arc::clone(file));
        let mut by_id = self.by_id.clone();
        by_id.insert(id, file.source.clone());
        let mut numbered = self.numbered.clone();
        numbered.insert(id, Arc::clone(file));
        let mut tree = Self {
            root: self.root.clone(),
            book: Arc::clone(&self.book),
            knowledge: Arc::clone(&self.knowledge),
            files,
            inline: self.inline.clone(),
            deployments,
            clusters: Vec::new(),
            left_out: self.left_out.clone(),
            aside: self.aside.clone(),
            notes: self.notes.clone(),
            skipped: self.skipped.clone(),
            charts: self.charts.clone(),
            chart_texts: self.chart_texts.clone(),
            statements: self.statements.clone(),
            by_id,
            numbered,
            origins: self.origins.clone(),
            base: self.base.clone(),
            cwd: self.cwd.clone(),
        };
        let clusters = clusters(&tree, scope);
        tree.share(clusters);
        Some(tree)
    }

    /// True for a file that no release reads.
    fn is_left_out(&self, id: SourceId) -> bool {
        let known = self.file_of(id);
        if known.is_some_and(|file| self.aside.contains(&file.path)) {
            return true;
        }
        let left_out = self.left_out.iter().map(|it| &it.merged);
        left_out.into_iter().any(|merged| {
            let mut layers = merged.all_layers();
            layers.any(|layer| merged.layer_source(layer) == id)
        })
    }
}
