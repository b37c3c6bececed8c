//! The positions of findings: the language's places as spans of texts, with their path and release.

use lang::host::{Place, RecordRef};
use source::Span;
use values::layer::Role;
use values::merged::{Insertion, LayerId, NodeRef, View};
use values::path::{KeyPath, PathStep, Step};

use crate::host::{TreeHost, merged_node};
use crate::schema::kind;
use crate::shown::is_hidden;

/// A place with its position in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Located {
    /// The bytes; `None` in a deployment without files.
    pub(crate) span: Option<Span>,
    /// The release.
    pub(crate) release: Option<usize>,
    /// The path of the value, in the usual notation.
    pub(crate) path: Option<String>,
    /// A path that still identifies the value after list items have moved.
    pub(crate) identity: String,
    /// A file that should contain the value but does not exist.
    pub(crate) missing_file: Option<std::path::PathBuf>,
}

impl TreeHost<'_> {
    /// Resolves a place.
    pub(crate) fn locate(&self, place: &Place) -> Located {
        match place {
            Place::Node(node) => self.locate_node(merged_node(*node), false),
            Place::Key(node) => self.locate_node(merged_node(*node), true),
            Place::Absent(gap) => self.locate_absent(merged_node(gap.parent), &gap.keys),
            Place::NoComponent(gap) => self.locate_component(&gap.component, &gap.keys),
            Place::Record(record) => self.locate_record(*record),
        }
    }

    /// The bytes of a place that the operator wrote; `None` for a value set by the chart itself.
    pub(crate) fn locate_written(&self, place: &Place) -> Option<Span> {
        if let Place::Node(node) | Place::Key(node) = place
            && self.merged.role(merged_node(*node)) == Role::Chart
        {
            return None;
        }
        self.locate(place).span
    }

    fn locate_node(&self, node: NodeRef, key: bool) -> Located {
        let release = self.merged.release_of(node);
        // A value set by the chart itself is reported where the operator would override it.
        let place = match self.merged.role(node) {
            Role::Chart => None,
            // The values of a release as a whole have no key: their position is that of the release.
            _ if self.is_whole_release(node) => None,
            Role::Values | Role::Secrets | Role::Set => self.merged.place(node),
        };
        let span = match place {
            Some(place) if key => Some(place.key.unwrap_or(place.value)),
            Some(place) => Some(place.narrow(self.merged.is_collection(node))),
            None if self.is_whole_release(node) => self.merged.release_span(release),
            None => {
                let insertion = self.insertion_at(release, &self.merged.path(node));
                self.pointed_at(&insertion)
                    .or(self.merged.release_span(release))
            }
        };
        let path = self.path_text(node, &[]);
        Located {
            span,
            release: Some(release),
            identity: self.identity(node),
            path: Some(path).filter(|path| !path.is_empty()),
            missing_file: None,
        }
    }

    /// True for the combined value of all layers of a release.
    fn is_whole_release(&self, node: NodeRef) -> bool {
        node.view() != View::Written && self.merged.path(node).0.is_empty()
    }

    fn locate_absent(&self, parent: NodeRef, keys: &[String]) -> Located {
        let release = self.merged.release_of(parent);
        let insertion = self.insertion(parent, keys);
        let path = self.path_text(parent, keys);
        // A key missing from a written layer is reported there, not in the layer that would be chosen for it.
        let own = (parent.view() == View::Written)
            .then(|| self.merged.place(parent))
            .flatten();
        let span = match own {
            Some(place) => Some(place.key.unwrap_or(place.value)),
            None => self
                .pointed_at(&insertion)
                .or(self.merged.release_span(release)),
        };
        Located {
            span,
            release: Some(release),
            identity: path.clone(),
            path: Some(path),
            missing_file: insertion.missing_file,
        }
    }

    /// Where keys below a value would be inserted.
    pub(crate) fn insertion(&self, parent: NodeRef, keys: &[String]) -> Insertion {
        let release = self.merged.release_of(parent);
        let mut path = self.merged.path(parent);
        path.0.extend(keys.iter().cloned().map(PathStep::Key));
        self.insertion_at(release, &path)
    }

    /// Where an insertion is shown: at the key that it goes below, or at the first key of a layer that has none of its parents.
    fn pointed_at(&self, insertion: &Insertion) -> Option<Span> {
        let first = || {
            let layer = insertion.layer?;
            let document = self.merged.document(layer);
            let (key, _) = document.pairs(self.merged.layer_top(layer)?).next()?;
            Some(document.span(key))
        };
        match insertion.parent {
            Some(_) if insertion.depth == 0 => first().or(insertion.place),
            _ => insertion.place,
        }
    }

    pub(crate) fn insertion_at(&self, release: usize, path: &KeyPath) -> Insertion {
        let steps = path.steps();
        // Keys beside secrets, such as the username of a password, belong in the same file.
        let beside = steps.contains(&Step::Key("secrets"));
        let role = if beside || self.merged.is_secret_path(release, &steps) {
            Role::Secrets
        } else {
            Role::Values
        };
        self.merged.insertion(release, &steps, role)
    }

    /// The release that has a component, or would have it, and the keys that lead to it. Covers components that are disabled, and
    /// those known to be part of an installed umbrella chart.
    pub(crate) fn component_site(&self, component: &str) -> Option<(usize, Vec<String>)> {
        let mut components = self.merged.components().iter();
        let known = components.find(|it| it.name == component || it.chart == component);
        if let Some(known) = known {
            return Some((known.release, known.path.clone()));
        }
        let set = self.knowledge.set();
        let umbrella = set.named(component).flat_map(|chart| &chart.umbrellas);
        let umbrellas: Vec<&str> = umbrella.map(|it| it.name.as_str()).collect();
        let mut releases = self.merged.deployment().releases.iter();
        let at = releases.position(|release| umbrellas.contains(&release.chart.as_str()))?;
        Some((at, vec![component.to_owned()]))
    }

    fn locate_component(&self, component: &str, keys: &[String]) -> Located {
        let mut path = component.to_owned();
        for key in keys {
            path.push('.');
            path.push_str(key);
        }
        let Some((release, mut below)) = self.component_site(component) else {
            return Located {
                span: self.first_place(),
                release: None,
                identity: path.clone(),
                path: Some(path),
                missing_file: None,
            };
        };
        below.extend_from_slice(keys);
        let insertion = self.insertion_at(release, &KeyPath::of_keys(&below));
        Located {
            span: self
                .pointed_at(&insertion)
                .or(self.merged.release_span(release)),
            release: Some(release),
            identity: path.clone(),
            path: Some(path),
            missing_file: insertion.missing_file,
        }
    }

    fn locate_record(&self, record: RecordRef) -> Located {
        let id = record.id as usize;
        let nowhere = |release: Option<usize>, span| Located {
            span,
            release,
            identity: String::new(),
            path: None,
            missing_file: None,
        };
        match record.kind {
            kind::RELEASE => nowhere(Some(id), self.merged.release_span(id)),
            kind::COMPONENT => {
                let component = &self.merged.components()[id];
                let release = component.release;
                if component.path.is_empty() {
                    return nowhere(Some(release), self.merged.release_span(release));
                }
                let root = self.merged.component_root(id, View::User).found();
                match root.or(component.decided_by) {
                    Some(node) => self.locate_node(node, root.is_some()),
                    None => self.locate_component(&component.name, &[]),
                }
            }
            kind::LAYER => {
                let layer = LayerId(record.id);
                let release = self.merged.layer_release(layer);
                nowhere(Some(release), Some(self.merged.first_line(layer)))
            }
            kind::DUPLICATE_KEY => match self.duplicate_at(id) {
                Some(node) => self.locate_node(node, true),
                None => nowhere(None, self.first_place()),
            },
            kind::SCHEMA_VIOLATION => self.locate(&self.violated(id)),
            kind::COMMENTED_SECRET => match self.commented_at(id) {
                Some(comment) => {
                    let release = self.merged.layer_release(comment.layer);
                    nowhere(Some(release), Some(comment.span))
                }
                None => nowhere(None, self.first_place()),
            },
            _ => nowhere(None, self.first_place()),
        }
    }

    /// The position of a finding about the whole deployment: the umbrella chart's first layer, otherwise that of the first
    /// release.
    fn first_place(&self) -> Option<Span> {
        let releases = 0..self.merged.deployment().releases.len();
        let mut components = self.merged.components().iter();
        let umbrella = components
            .find(|it| !it.path.is_empty())
            .map(|it| it.release);
        umbrella
            .into_iter()
            .chain(releases)
            .find_map(|release| self.merged.release_span(release))
    }

    /// The path, with each list position replaced by something that identifies the item: its `name`, or its text unless that is
    /// hidden.
    fn identity(&self, node: NodeRef) -> String {
        let path = self.merged.path(node);
        if !path.0.iter().any(|step| matches!(step, PathStep::Index(_))) {
            return self.path_text(node, &[]);
        }
        let mut items = self.items_to(node, &path).into_iter();
        self.path_with(node, &[], |_| items.next().unwrap_or_default())
    }

    /// What identifies the list items on the way to a value, outermost first.
    fn items_to(&self, node: NodeRef, path: &KeyPath) -> Vec<String> {
        // Walking down the path is cheaper than walking up, but may lead to a different value.
        let root = || self.merged.root(self.merged.release_of(node), node.view());
        let mut at = (node.view() != View::Written).then(root);
        let mut items = Vec::new();
        for step in &path.0 {
            at = at.and_then(|at| match step {
                PathStep::Key(key) => self.merged.get(at, key).found(),
                PathStep::Index(index) => self.merged.item(at, *index),
            });
            if let (Some(item), PathStep::Index(_)) = (at, step) {
                items.push(item);
            }
        }
        if at != Some(node) {
            items.clear();
            let mut current = Some(node);
            while let Some(at) = current {
                if let Some(PathStep::Index(_)) = self.merged.key(at) {
                    items.push(at);
                }
                current = self.merged.parent(at);
            }
            items.reverse();
        }
        items.iter().map(|item| self.item_identity(*item)).collect()
    }

    fn item_identity(&self, item: NodeRef) -> String {
        if self.is_marked(item) {
            return String::new();
        }
        let named = self.merged.get(item, "name").found();
        let label = named.unwrap_or(item);
        if self.merged.is_collection(label) || is_hidden(self.merged, label) {
            return String::new();
        }
        self.merged.text(label).into_owned()
    }
}
