//! Which repairs are made together, and whether they did what they promised.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use source::apply_edits;

use super::plan::{Documents, Plan, plan_steps};
use super::{Refused, Repair, Step};
use crate::finding::Finding;

/// What makes two findings of two moments the same: the tree, the deployment, the rule and the fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    tree: usize,
    deployment: String,
    profile: String,
    code: String,
    fingerprint: String,
}

impl Key {
    pub(super) fn of(tree: usize, finding: &Finding) -> Self {
        Self {
            tree,
            deployment: finding.deployment.clone(),
            profile: finding.profile.clone(),
            code: finding.diagnostic.code.as_str().to_owned(),
            fingerprint: finding.fingerprint.clone(),
        }
    }
}

/// A repair that can be made.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) key: Key,
    pub(super) finding: Finding,
    pub(super) file: Option<PathBuf>,
    pub(super) repair: Repair,
    pub(super) plan: Plan,
}

impl Candidate {
    /// What it is recognised by when it is planned again.
    pub(super) fn name(&self) -> (Key, String) {
        (self.key.clone(), self.repair.title.clone())
    }

    /// The bytes of its only file that it changes.
    fn extent(&self) -> Option<(&PathBuf, Range<usize>)> {
        let [file] = self.plan.files.as_slice() else {
            return None;
        };
        let start = file.edits.first()?.span.range().start;
        let end = file.edits.last()?.span.range().end;
        Some((&file.path, start..end))
    }
}

/// The repairs that can be made together: of one file each, and in parts of it that do not touch. They come in such an order
/// that none moves what a later one is about: from the end of a file to its beginning.
pub(super) fn choose(candidates: &[Candidate]) -> Vec<&Candidate> {
    let mut chosen: Vec<(&Candidate, &PathBuf, Range<usize>)> = Vec::new();
    for candidate in candidates {
        let Some((file, extent)) = candidate.extent() else {
            continue;
        };
        let apart = chosen.iter().all(|(_, other, range)| {
            *other != file || extent.end < range.start || range.end < extent.start
        });
        if apart {
            chosen.push((candidate, file, extent));
        }
    }
    if chosen.is_empty() {
        return candidates.first().into_iter().collect();
    }
    chosen.sort_by(|(_, a, x), (_, b, y)| (a, y.start).cmp(&(b, x.start)));
    chosen.into_iter().map(|(it, ..)| it).collect()
}

/// Texts as some repairs would make them.
#[derive(Debug)]
pub(super) struct Trial {
    pub(super) files: Vec<TrialFile>,
}

#[derive(Debug)]
pub(super) struct TrialFile {
    pub(super) path: PathBuf,
    pub(super) before: Arc<str>,
    pub(super) after: Arc<str>,
    pub(super) receives: bool,
}

impl Trial {
    pub(super) fn of(batch: &[&Candidate], documents: &Documents<'_>) -> Result<Self, Refused> {
        let mut steps: Vec<Step> = Vec::new();
        for candidate in batch {
            let mine = candidate.repair.steps.as_ref().map_err(Clone::clone)?;
            steps.extend(mine.iter().cloned());
        }
        let receives = |path: &PathBuf| {
            let mut steps = steps.iter();
            steps.any(|step| matches!(step, Step::Move { to, .. } if to == path))
        };
        let mut files = Vec::new();
        for file in plan_steps(&steps, documents)? {
            let after = apply_edits(&file.text, file.source, &file.edits);
            let after = after.map_err(|_| Refused::NotWritable)?;
            files.push(TrialFile {
                receives: receives(&file.path),
                path: file.path,
                before: file.text,
                after: after.into(),
            });
        }
        Ok(Self { files })
    }
}

type Keyed = (Key, Finding, Option<PathBuf>);

/// Are the targets gone, and is nothing new found?
pub(super) fn compare(before: &[Keyed], after: &[Keyed], targets: &[&Key]) -> Result<(), Refused> {
    let count = |all: &[Keyed]| {
        let mut counts: BTreeMap<Key, usize> = BTreeMap::new();
        for (key, ..) in all {
            *counts.entry(key.clone()).or_default() += 1;
        }
        counts
    };
    let (old, new) = (count(before), count(after));
    let of = |counts: &BTreeMap<Key, usize>, key: &Key| counts.get(key).copied().unwrap_or(0);
    for target in targets {
        let wanted = targets.iter().filter(|it| *it == target).count();
        if of(&new, target) + wanted > of(&old, target) {
            return Err(Refused::NoHelp);
        }
    }
    // A finding whose item was written differently has another fingerprint; it was there before, and is none of the targets.
    let mut gone: Vec<&Keyed> = before
        .iter()
        .filter(|(key, ..)| of(&new, key) < of(&old, key) && !targets.contains(&key))
        .collect();
    for it in after {
        let (key, finding, file) = it;
        if of(&new, key) <= of(&old, key) {
            continue;
        }
        let known = gone.iter().position(|(other, was, there)| {
            (&other.code, other.tree, &other.deployment) == (&key.code, key.tree, &key.deployment)
                && was.requirement == finding.requirement
                && there == file
        });
        match known {
            Some(at) => {
                gone.swap_remove(at);
            }
            None => {
                return Err(Refused::Brings {
                    rule: key.code.clone(),
                    message: finding.diagnostic.message.clone(),
                });
            }
        }
    }
    Ok(())
}
