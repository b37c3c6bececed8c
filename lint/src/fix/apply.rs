//! Selects which repairs are made together, and checks that they had the intended effect.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use source::{Severity, apply_edits};

use super::plan::{Documents, Plan, plan_steps};
use super::{Refused, Repair, Step};
use crate::finding::Finding;

/// Identifies the same finding at two points in time: by tree, deployment, rule and fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FindingKey {
    tree: usize,
    deployment: String,
    profile: String,
    code: String,
    fingerprint: String,
}

impl FindingKey {
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
    pub(super) key: FindingKey,
    pub(super) finding: Finding,
    pub(super) file: Option<PathBuf>,
    pub(super) repair: Repair,
    pub(super) plan: Plan,
}

impl Candidate {
    /// Identifies it when it is planned again.
    pub(super) fn name(&self) -> (FindingKey, String) {
        (self.key.clone(), self.repair.title.clone())
    }

    /// Its file and the range of bytes it changes; `None` if it changes several files.
    fn extent(&self) -> Option<(&PathBuf, Range<usize>)> {
        let [file] = self.plan.files.as_slice() else {
            return None;
        };
        let start = file.edits.first()?.span.range().start;
        let end = file.edits.last()?.span.range().end;
        Some((&file.path, start..end))
    }
}

/// The repairs that can be made together: each changes a single file, in parts that do not touch. They are ordered from the end
/// of a file to its beginning, so that none shifts the target of a later one.
pub(super) fn choose(candidates: &[Candidate]) -> Vec<&Candidate> {
    let mut chosen: Vec<(&Candidate, &PathBuf, Range<usize>)> = Vec::new();
    // The start and end of the chosen parts of each file. They do not overlap, so only the last one that starts before the end of
    // another can touch it.
    let mut taken: BTreeMap<&PathBuf, BTreeMap<usize, usize>> = BTreeMap::new();
    for candidate in candidates {
        let Some((file, extent)) = candidate.extent() else {
            continue;
        };
        let taken = taken.entry(file).or_default();
        let near = taken.range(..=extent.end).next_back();
        if near.is_none_or(|(_, end)| *end < extent.start) {
            taken.insert(extent.start, extent.end);
            chosen.push((candidate, file, extent));
        }
    }
    if chosen.is_empty() {
        return candidates.first().into_iter().collect();
    }
    chosen.sort_by(|(_, a, x), (_, b, y)| (a, y.start).cmp(&(b, x.start)));
    chosen.into_iter().map(|(it, ..)| it).collect()
}

/// The texts that a batch of repairs would produce.
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

/// A finding with its key and file.
pub(super) struct Keyed<'f> {
    pub(super) key: FindingKey,
    pub(super) finding: &'f Finding,
    pub(super) file: Option<&'f Path>,
}

impl Keyed<'_> {
    /// What stays the same if the item found is written differently.
    fn loose_key(&self) -> (&str, usize, &str, usize, Option<&Path>) {
        (
            &self.key.code,
            self.key.tree,
            &self.key.deployment,
            self.finding.requirement,
            self.file,
        )
    }
}

/// The number of occurrences of each item.
fn counts<T: Ord>(all: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    for it in all {
        *counts.entry(it).or_default() += 1;
    }
    counts
}

/// Checks that the targets are gone and that there is no new finding, except an info in place of something worse.
pub(super) fn compare(
    before: &[Keyed<'_>],
    after: &[Keyed<'_>],
    targets: &[&FindingKey],
) -> Result<(), Refused> {
    let keys = |all: &'_ [Keyed<'_>]| counts(all.iter().map(|it| it.key.clone()));
    let (old, new) = (keys(before), keys(after));
    let of = |counts: &BTreeMap<FindingKey, usize>, key: &FindingKey| {
        counts.get(key).copied().unwrap_or(0)
    };
    for (target, wanted) in counts(targets.iter()) {
        if of(&new, target) + wanted > of(&old, target) {
            return Err(Refused::NoHelp);
        }
    }
    // A finding whose item is now written differently has a new fingerprint; it is matched with one that was there before and is
    // not a target.
    let targets: BTreeSet<&FindingKey> = targets.iter().copied().collect();
    let is_info = |it: &Keyed<'_>| it.finding.diagnostic.severity == Severity::Info;
    let takes_infos = !before
        .iter()
        .any(|it| targets.contains(&it.key) && is_info(it));
    let resolved = before
        .iter()
        .filter(|it| of(&new, &it.key) < of(&old, &it.key) && !targets.contains(&it.key));
    let mut resolved = counts(resolved.map(Keyed::loose_key));
    for it in after {
        if of(&new, &it.key) <= of(&old, &it.key) || takes_infos && is_info(it) {
            continue;
        }
        match resolved.get_mut(&it.loose_key()) {
            Some(left) if *left > 0 => *left -= 1,
            _ => {
                return Err(Refused::Brings {
                    rule: it.key.code.clone(),
                    message: it.finding.diagnostic.message.clone(),
                });
            }
        }
    }
    Ok(())
}
