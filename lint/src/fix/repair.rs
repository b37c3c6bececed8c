//! Turns the fixes that a rule proposes into file changes: which layer, which path, which value.

use std::path::PathBuf;

use lang::eval::{Action, ProposedFix, Verdict};
use lang::host::Place;
use lang::value::{Data, Value};
use source::Applicability;
use values::edit::{Change, NewValue};
use values::layer::Role;
use values::merged::{self, LayerId, NodeRef, Shape, View};
use values::path::{KeyPath, PathStep};
use values::protection::Protection;

use super::{Refused, Repair, Step};
use crate::host::{Texts, TreeHost, merged_node};

/// The deepest nesting of a value to write.
const MAX_DEPTH: usize = 32;

/// The most values searched for secrets.
const MAX_NODES: usize = 10_000;

/// Where something is written, or is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Site {
    layer: LayerId,
    /// From the top of the release.
    path: KeyPath,
}

/// The repairs that a rule proposes for a verdict, best first.
pub(crate) fn repairs(host: &TreeHost<'_>, verdict: &Verdict<'_>) -> Vec<Repair> {
    let proposed = verdict.fixes.iter();
    proposed.map(|fix| repair(host, fix)).collect()
}

fn repair(host: &TreeHost<'_>, fix: &ProposedFix<'_>) -> Repair {
    let mut builder = RepairBuilder {
        host,
        secret: false,
        ambiguous: false,
    };
    let steps = builder.steps(&fix.action);
    Repair {
        title: fix.title.clone(),
        applicability: if fix.safe && !builder.ambiguous {
            Applicability::Safe
        } else {
            Applicability::Unsafe
        },
        steps,
        secret: builder.secret,
    }
}

struct RepairBuilder<'m, 'a> {
    host: &'m TreeHost<'a>,
    secret: bool,
    /// Set when several equal items are removed and the position does not say which one is meant.
    ambiguous: bool,
}

impl RepairBuilder<'_, '_> {
    fn steps(&mut self, action: &Action<'_>) -> Result<Vec<Step>, Refused> {
        match action {
            Action::Set(place, value) => {
                let value = self.new_value(value, 0)?;
                let site = self.site(place)?;
                Ok(vec![
                    self.change(&site, |path| Change::Set { path, value })?,
                ])
            }
            Action::Quote(place) => {
                let (node, site) = self.existing(place)?;
                self.secret |= self.host.merged.is_secret(node);
                Ok(vec![self.change(&site, |path| Change::Quote { path })?])
            }
            Action::Rename(place, key) => self.rename(place, key),
            Action::Move(from, to) => self.relocate(from, to),
            Action::Delete(place) => {
                if let Some(steps) = self.delete_overridden_duplicate(place)? {
                    return Ok(steps);
                }
                let (_, site) = self.existing(place)?;
                let sites = self.all_sites(place, site);
                let delete = |path| Change::Delete { path, prune: false };
                sites.iter().map(|site| self.change(site, delete)).collect()
            }
            Action::Append(place, items) => self.append(place, items),
            Action::Remove(place, items) => self.remove(place, items),
        }
    }

    fn rename(&mut self, place: &Place, key: &str) -> Result<Vec<Step>, Refused> {
        let (node, site) = self.existing(place)?;
        let mut renamed = self.host.merged.path(node);
        if let Some(last) = renamed.0.last_mut() {
            *last = PathStep::Key(key.to_owned());
        }
        self.ensure_secrets_stay_hidden(node, &renamed)?;
        // Only the key is written, not its value.
        self.secret = false;
        let sites = self.all_sites(place, site);
        let rename = |path| Change::Rename {
            path,
            key: key.to_owned(),
        };
        sites.iter().map(|site| self.change(site, rename)).collect()
    }

    fn relocate(&mut self, from: &Place, to: &Place) -> Result<Vec<Step>, Refused> {
        let (node, source) = self.existing(from)?;
        let target = self.site(to)?;
        self.ensure_secrets_stay_hidden(node, &target.path)?;
        let merged = self.host.merged;
        let seen = |layer| merged.layer_role(layer) != Role::Secrets;
        if seen(target.layer) && !seen(source.layer) && self.secret {
            return Err(Refused::Secret);
        }
        let sites = self.all_sites(from, source);
        let mut steps = Vec::with_capacity(sites.len());
        for source in sites {
            let mut target = target.clone();
            // A value stays in its file unless it has to move to a file with another role.
            if merged.layer_role(source.layer) == merged.layer_role(target.layer) {
                target.layer = source.layer;
            }
            let (from, from_path) = self.file(&source)?;
            let (to, to_path) = self.file(&target)?;
            steps.push(if from == to {
                let change = match sibling_key(&from_path, &to_path) {
                    // It keeps its position among its siblings.
                    Some(key) => Change::Rename {
                        path: from_path,
                        key,
                    },
                    None => Change::Move {
                        from: from_path,
                        to: to_path,
                    },
                };
                Step::Change { file: from, change }
            } else {
                Step::Move {
                    from,
                    from_path,
                    to,
                    to_path,
                }
            });
        }
        Ok(steps)
    }

    fn append(&mut self, place: &Place, items: &[Value<'_>]) -> Result<Vec<Step>, Refused> {
        let new = items.iter().map(|item| self.new_value(item, 0));
        let new = new.collect::<Result<Vec<_>, _>>()?;
        let site = self.site(place)?;
        // A list replaces that of a lower layer, so the chart's items must be written too.
        if let Some(list) = self.chart_value(place) {
            let NewValue::List(mut all) = self.value_of_node(list, 0)? else {
                return Err(Refused::NotWritable);
            };
            all.extend(new);
            let value = NewValue::List(all);
            return Ok(vec![
                self.change(&site, |path| Change::Set { path, value })?,
            ]);
        }
        let items = new;
        Ok(vec![
            self.change(&site, |path| Change::Append { path, items })?,
        ])
    }

    fn remove(&mut self, place: &Place, items: &[Value<'_>]) -> Result<Vec<Step>, Refused> {
        let (node, site) = self.existing(place)?;
        let nodes = self.host.merged.items(node);
        let have = nodes.iter().map(|item| self.value_of_node(*item, 0));
        let have = have.collect::<Result<Vec<_>, _>>()?;
        let mut removed = Vec::new();
        for item in items {
            removed.extend(self.positions(item, &nodes, &have)?);
        }
        if self.chart_value(place).is_some() {
            let kept = have.into_iter().enumerate();
            let kept = kept.filter(|(at, _)| !removed.contains(at));
            let value = NewValue::List(kept.map(|(_, item)| item).collect());
            return Ok(vec![
                self.change(&site, |path| Change::Set { path, value })?,
            ]);
        }
        let items = removed;
        Ok(vec![
            self.change(&site, |path| Change::Remove { path, items })?,
        ])
    }

    /// The positions of a value in a list: of the very item if it is from this list, otherwise of every equal item.
    fn positions(
        &mut self,
        item: &Value<'_>,
        nodes: &[NodeRef],
        have: &[NewValue],
    ) -> Result<Vec<usize>, Refused> {
        let value = self.new_value(item, 0)?;
        if let Some(Place::Node(node)) = &item.place
            && let Some(at) = nodes.iter().position(|it| *it == merged_node(*node))
            && have[at] == value
        {
            return Ok(vec![at]);
        }
        let equal = have.iter().enumerate().filter(|(_, it)| **it == value);
        let equal: Vec<usize> = equal.map(|(at, _)| at).collect();
        self.ambiguous |= equal.len() > 1;
        Ok(equal)
    }

    /// For a duplicate key, deletes the one that is overridden: it has no path of its own.
    fn delete_overridden_duplicate(&self, place: &Place) -> Result<Option<Vec<Step>>, Refused> {
        let (Place::Node(node) | Place::Key(node)) = place else {
            return Ok(None);
        };
        let Some(later) = self.host.replaced_by(merged_node(*node)) else {
            return Ok(None);
        };
        let merged = self.host.merged;
        let site = Site {
            layer: merged.layer_of(later).ok_or(Refused::NoLayer)?,
            path: merged.path(later),
        };
        let step = self.change(&site, |path| Change::DeleteEarlier { path })?;
        Ok(Some(vec![step]))
    }

    /// A value that is set by the chart itself.
    fn chart_value(&self, place: &Place) -> Option<NodeRef> {
        let (Place::Node(node) | Place::Key(node)) = place else {
            return None;
        };
        let node = merged_node(*node);
        (self.host.merged.role(node) == Role::Chart).then_some(node)
    }

    /// Where a value is written. For a value that the chart sets, this is where the operator would override it.
    fn existing(&self, place: &Place) -> Result<(NodeRef, Site), Refused> {
        match place {
            Place::Node(node) | Place::Key(node) => Ok((merged_node(*node), self.site(place)?)),
            Place::Absent(_) | Place::NoComponent(_) | Place::Record(_) => Err(Refused::NoLayer),
        }
    }

    fn site(&self, place: &Place) -> Result<Site, Refused> {
        let merged = self.host.merged;
        match place {
            Place::Node(node) | Place::Key(node) => {
                let node = merged_node(*node);
                let path = merged.path(node);
                match (merged.role(node), merged.layer_of(node)) {
                    (Role::Values | Role::Secrets | Role::Set, Some(layer)) => {
                        Ok(Site { layer, path })
                    }
                    _ => self.absent_site(merged.release_of(node), path),
                }
            }
            Place::Absent(gap) => {
                let parent = merged_node(gap.parent);
                let mut path = merged.path(parent);
                path.0.extend(gap.keys.iter().cloned().map(PathStep::Key));
                match merged.layer_of(parent) {
                    Some(layer) if parent.view() == View::Written => Ok(Site { layer, path }),
                    _ => self.absent_site(merged.release_of(parent), path),
                }
            }
            Place::NoComponent(gap) => {
                let found = self.host.component_site(&gap.component);
                let (release, mut below) = found.ok_or(Refused::NoLayer)?;
                below.extend_from_slice(&gap.keys);
                self.absent_site(release, KeyPath::of_keys(&below))
            }
            Place::Record(_) => Err(Refused::NoLayer),
        }
    }

    fn absent_site(&self, release: usize, path: KeyPath) -> Result<Site, Refused> {
        let merged = self.host.merged;
        let insertion = self.host.insertion_at(release, &path);
        if let Some(file) = insertion.missing_file {
            return Err(Refused::NoFile(file));
        }
        let layer = insertion.layer.ok_or(Refused::NoLayer)?;
        let secret = merged.is_secret_path(release, &path.steps());
        if secret && merged.layer_role(layer) != Role::Secrets {
            return Err(Refused::Secret);
        }
        Ok(Site { layer, path })
    }

    /// The same key in every layer of the operator, if the rule asks about their combined value: deleting it from only one layer
    /// would expose the next one.
    fn all_sites(&self, place: &Place, site: Site) -> Vec<Site> {
        let (Place::Node(node) | Place::Key(node)) = place else {
            return vec![site];
        };
        let (node, merged) = (merged_node(*node), self.host.merged);
        let keys = site.path.0.iter();
        let mut keys = keys.map(|step| matches!(step, PathStep::Key(_)));
        if node.view() == View::Written || !keys.all(|it| it) {
            return vec![site];
        }
        let steps = site.path.steps();
        let history = merged.history(merged.release_of(node), &steps).into_iter();
        let written = history
            .filter(|it| it.depth == steps.len() && merged.layer_role(it.layer) != Role::Chart);
        let sites: Vec<Site> = written
            .map(|it| Site {
                layer: it.layer,
                path: site.path.clone(),
            })
            .collect();
        if sites.contains(&site) {
            sites
        } else {
            vec![site]
        }
    }

    fn change(&self, site: &Site, change: impl FnOnce(KeyPath) -> Change) -> Result<Step, Refused> {
        let (file, path) = self.file(site)?;
        let change = change(path);
        Ok(Step::Change { file, change })
    }

    /// The file of a site and the path in it.
    fn file(&self, site: &Site) -> Result<(PathBuf, KeyPath), Refused> {
        let layer = self.host.merged.layer(site.layer);
        let layer = layer.ok_or(Refused::NoLayer)?;
        let file = layer.path.clone();
        if layer.origin.is_some() || layer.role == Role::Set {
            return Err(Refused::Stated(file));
        }
        match layer.protection {
            Protection::Clear => {}
            Protection::Template => return Err(Refused::Stated(file)),
            Protection::Sops(_) | Protection::Opaque(_) => return Err(Refused::Encrypted(file)),
        }
        let mut path = match layer.part {
            None => KeyPath::default(),
            Some(part) => match values::edit::path_to(&layer.document, part) {
                Ok(base) => base,
                Err(why) => return Err(Refused::Edit { file, why }),
            },
        };
        path.0.extend(site.path.0.iter().cloned());
        Ok((file, path))
    }

    /// Ensures that each secret below a value is still recognized as one at its new path, so that it stays hidden.
    fn ensure_secrets_stay_hidden(&mut self, node: NodeRef, new: &KeyPath) -> Result<(), Refused> {
        let merged = self.host.merged;
        let release = merged.release_of(node);
        let old = merged.path(node).0.len();
        let mut open = vec![node];
        let mut seen = 0;
        while let Some(node) = open.pop() {
            seen += 1;
            if seen > MAX_NODES {
                return Err(Refused::Secret);
            }
            let mut entries = Vec::new();
            let _ = merged.entries(node, &mut entries);
            open.extend(entries.into_iter().map(|(_, value)| value));
            open.extend(merged.items(node));
            if merged.is_collection(node) || !merged.is_secret(node) {
                continue;
            }
            self.secret = true;
            let path = merged.path(node);
            let mut there = new.clone();
            there.0.extend(path.0.iter().skip(old).cloned());
            if !merged.is_secret_path(release, &there.steps()) {
                return Err(Refused::Secret);
            }
        }
        Ok(())
    }

    fn new_value(&self, value: &Value<'_>, depth: usize) -> Result<NewValue, Refused> {
        if value.secret {
            return Err(Refused::Secret);
        }
        if depth > MAX_DEPTH {
            return Err(Refused::NotWritable);
        }
        Ok(match &value.data {
            Data::Null => NewValue::Null,
            Data::Bool(value) => NewValue::Bool(*value),
            Data::Number(value) => NewValue::Number(*value),
            Data::String(text) => NewValue::Text(text.clone().into_owned()),
            Data::List(list) => {
                let items = list.items.iter();
                let items = items.map(|item| self.new_value(item, depth + 1));
                NewValue::List(items.collect::<Result<_, _>>()?)
            }
            Data::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| {
                    Ok((key.clone().into_owned(), self.new_value(value, depth + 1)?))
                });
                NewValue::Map(entries.collect::<Result<_, _>>()?)
            }
            Data::HostList(node) if Texts::behind(*node).is_some() => {
                return Err(Refused::NotWritable);
            }
            Data::HostList(node) | Data::HostMap(node) => {
                self.value_of_node(merged_node(*node), depth)?
            }
            Data::Regex(_) | Data::Record(_) | Data::Absent(_) => return Err(Refused::NotWritable),
        })
    }

    fn value_of_node(&self, node: NodeRef, depth: usize) -> Result<NewValue, Refused> {
        let merged = self.host.merged;
        if depth > MAX_DEPTH {
            return Err(Refused::NotWritable);
        }
        if !merged.is_collection(node) && merged.is_secret(node) {
            return Err(Refused::Secret);
        }
        Ok(match merged.shape(node) {
            Shape::Null => NewValue::Null,
            Shape::Bool(value) => NewValue::Bool(value),
            Shape::Number(value) => NewValue::Number(value),
            Shape::String => NewValue::Text(merged.text(node).into_owned()),
            Shape::List => {
                let items = merged.items(node).into_iter();
                let items = items.map(|item| self.value_of_node(item, depth + 1));
                NewValue::List(items.collect::<Result<_, _>>()?)
            }
            Shape::Map => {
                let mut entries = Vec::new();
                if merged.entries(node, &mut entries).is_some() {
                    return Err(Refused::NotWritable);
                }
                let entries = entries.into_iter();
                let entries = entries.map(|(key, value)| {
                    Ok((key.into_owned(), self.value_of_node(value, depth + 1)?))
                });
                NewValue::Map(entries.collect::<Result<_, _>>()?)
            }
            Shape::Unknown(merged::Unknown { .. }) => return Err(Refused::NotWritable),
        })
    }
}

/// The last key of `other`, if both paths lead into the same map.
fn sibling_key(one: &KeyPath, other: &KeyPath) -> Option<String> {
    let ((_, map), (PathStep::Key(key), other_map)) = (one.0.split_last()?, other.0.split_last()?)
    else {
        return None;
    };
    (map == other_map).then(|| key.clone())
}
