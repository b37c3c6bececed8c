//! Finds the nodes along a path.

use source::secret::{HiddenText, hidden_text};

use super::expected::Expected;
use super::page::Page;
use super::refused::Refused;
use crate::path::{KeyPath, PathStep};
use crate::yaml::{Kind, NodeId, Style};

/// The longest path, in steps.
const MAX_STEPS: usize = 256;

/// One step of a path that exists.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site {
    /// The map or list.
    pub(super) parent: NodeId,
    /// The key, for a map.
    pub(super) key: Option<NodeId>,
    /// The index among the parent's own entries in source order, or among its items.
    pub(super) index: usize,
    /// The value.
    pub(super) node: NodeId,
}

/// The part of a path that exists.
pub(super) struct Located<'p> {
    /// The steps that exist.
    pub(super) sites: Vec<Site>,
    /// The node they lead to; `None` for a text without content.
    pub(super) node: Option<NodeId>,
    /// The steps that do not exist.
    pub(super) missing: &'p [PathStep],
}

/// The first `count` steps of a path.
pub(super) fn prefix(path: &KeyPath, count: usize) -> KeyPath {
    KeyPath(path.0[..count.min(path.0.len())].to_vec())
}

impl<'d> Page<'d> {
    /// Follows a path as far as it exists. Refuses anything behind an alias, in an anchored value or from a merge key, because other places
    /// would change too.
    pub(super) fn locate<'p>(self, path: &'p KeyPath) -> Result<Located<'p>, Refused> {
        if path.0.len() > MAX_STEPS {
            return Err(Refused::TooDeep);
        }
        let mut sites = Vec::with_capacity(path.0.len());
        let Some(mut here) = self.document.root() else {
            if self.document.is_damaged() {
                return Err(Refused::Damaged);
            }
            return Ok(Located {
                sites,
                node: None,
                missing: &path.0,
            });
        };
        let mut flow = false;
        for (depth, step) in path.0.iter().enumerate() {
            let so_far = || prefix(path, depth);
            self.check_container(here, &mut flow, so_far)?;
            let found = match step {
                PathStep::Key(key) => match self.document.kind(here) {
                    Kind::Map => self.entry(here, key, || prefix(path, depth + 1))?,
                    Kind::Null => None,
                    Kind::Error => return Err(Refused::Damaged),
                    Kind::Bool | Kind::Number | Kind::String | Kind::List => {
                        return Err(Refused::NotAMap(so_far()));
                    }
                },
                PathStep::Index(index) => match self.document.kind(here) {
                    Kind::List => {
                        let count = self.document.items(here).count();
                        if *index > count {
                            return Err(Refused::NotThere(prefix(path, depth + 1)));
                        }
                        let item = self.document.items(here).nth(*index);
                        item.map(|node| Site {
                            parent: here,
                            key: None,
                            index: *index,
                            node,
                        })
                    }
                    Kind::Null if *index == 0 => None,
                    Kind::Null => return Err(Refused::NotThere(prefix(path, depth + 1))),
                    Kind::Error => return Err(Refused::Damaged),
                    Kind::Bool | Kind::Number | Kind::String | Kind::Map => {
                        return Err(Refused::NotAList(so_far()));
                    }
                },
            };
            let Some(site) = found else {
                return Ok(Located {
                    sites,
                    node: Some(here),
                    missing: &path.0[depth..],
                });
            };
            sites.push(site);
            here = site.node;
        }
        Ok(Located {
            sites,
            node: Some(here),
            missing: &[],
        })
    }

    /// Follows a path to its end.
    pub(super) fn locate_all(self, path: &KeyPath) -> Result<Vec<Site>, Refused> {
        let located = self.locate(path)?;
        if located.missing.is_empty() {
            Ok(located.sites)
        } else {
            Err(Refused::NotThere(path.clone()))
        }
    }

    fn check_container(
        self,
        node: NodeId,
        flow: &mut bool,
        path: impl Fn() -> KeyPath,
    ) -> Result<(), Refused> {
        if self.is_alias(node) {
            return Err(Refused::Alias(path()));
        }
        if self.document.has_properties(node) {
            return Err(Refused::AnchorOrTag(path()));
        }
        if self.document.has_damage(node) {
            return Err(Refused::Damaged);
        }
        if !matches!(self.document.kind(node), Kind::Map | Kind::List) {
            return Ok(());
        }
        if self.document.style(node) == Style::Flow {
            *flow = true;
            if self.document.raw(node).starts_with("{{") {
                return Err(Refused::Hidden(path()));
            }
            if self.has_merge(node) {
                return Err(Refused::MergeKey(path()));
            }
        } else if *flow {
            // `[a: 1]`: a map without braces in a flow list.
            return Err(Refused::OddStyle(path()));
        }
        Ok(())
    }

    fn entry(
        self,
        map: NodeId,
        key: &str,
        path: impl Fn() -> KeyPath,
    ) -> Result<Option<Site>, Refused> {
        let own = self.own_entries(map);
        let at = |(found, _): &(NodeId, NodeId)| self.document.key_text(*found) == key;
        let Some(index) = own.iter().position(at) else {
            // The key exists, but is not written here.
            return match self.document.get(map, key) {
                Some(_) if self.has_merge(map) => Err(Refused::MergeKey(path())),
                Some(_) => Err(Refused::OddStyle(path())),
                None => Ok(None),
            };
        };
        let (key, node) = own[index];
        let duplicates = self.document.duplicate_keys();
        let is_here = |it: NodeId| it == key || self.is_own(map, it);
        if duplicates
            .iter()
            .any(|(a, b)| (*a == key || *b == key) && is_here(*a) && is_here(*b))
        {
            return Err(Refused::DuplicateKey(path()));
        }
        if self.after_colon(key).is_none() && self.document.style(map) == Style::Block {
            return Err(Refused::OddStyle(path()));
        }
        if self.is_alias(key) || self.document.has_properties(key) {
            return Err(Refused::AnchorOrTag(path()));
        }
        Ok(Some(Site {
            parent: map,
            key: Some(key),
            index,
            node,
        }))
    }

    /// Refuses to replace a value that stands for another one, or that others refer to.
    pub(super) fn check_value(self, node: NodeId, path: &KeyPath) -> Result<(), Refused> {
        if self.is_alias(node) {
            return Err(Refused::Alias(path.clone()));
        }
        if self.document.has_properties(node) {
            return Err(Refused::AnchorOrTag(path.clone()));
        }
        if self.document.has_damage(node) {
            return Err(Refused::Damaged);
        }
        match self.document.kind(node) {
            Kind::Error => Err(Refused::Damaged),
            Kind::Map if self.document.raw(node).starts_with("{{") => {
                Err(Refused::Hidden(path.clone()))
            }
            Kind::String => match hidden_text(&self.document.text_of(node)) {
                Some(HiddenText::Encrypted(_)) => Err(Refused::Encrypted),
                Some(HiddenText::Reference | HiddenText::Template) => {
                    Err(Refused::Hidden(path.clone()))
                }
                None => Ok(()),
            },
            Kind::Null | Kind::Bool | Kind::Number | Kind::Map | Kind::List => Ok(()),
        }
    }

    /// True if a step of the path leads into brackets.
    pub(super) fn in_flow(self, sites: &[Site]) -> bool {
        sites
            .iter()
            .any(|site| self.document.style(site.parent) == Style::Flow)
    }

    /// The offset after which the value of a step is written: after the colon or the dash.
    pub(super) fn head(self, site: &Site, path: &KeyPath) -> Result<usize, Refused> {
        let head = match site.key {
            Some(key) => self.after_colon(key),
            None => self
                .dashes(site.parent)
                .and_then(|dashes| Some(dashes.get(site.index)? + 1)),
        };
        head.ok_or_else(|| Refused::OddStyle(path.clone()))
    }

    /// The whole tree with `end` at the end of the path.
    pub(super) fn rebuilt(self, sites: &[Site], end: Expected<'d>) -> Expected<'d> {
        let mut inner = end;
        for site in sites.iter().rev() {
            let mut children = Expected::children(self.document, site.parent);
            children.replace(site, inner);
            inner = children;
        }
        inner
    }
}
