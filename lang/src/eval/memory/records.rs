//! Keeps the result for each record of a rule that starts with a `for` over host records, so that an edit of one file
//! does not require reading all files again.

use rustc_hash::FxHashMap;

use super::{
    Outcomes, PathResolver, Reasons, add_new_reasons, add_reasons, judgement_of, store_verdicts,
    without_place,
};
use crate::eval::judge::judge_records;
use crate::eval::reads::{Changed, Part, Reads};
use crate::eval::run::Run;
use crate::eval::{Counts, Judgement};
use crate::host::RecordRef;

/// The results for the records of one rule.
#[derive(Debug, Default)]
pub(super) struct Records {
    entries: FxHashMap<RecordRef, Entry>,
    /// The number of entries that read each part.
    readers: FxHashMap<Part, usize>,
    /// The reads that determined which records there are.
    list_reads: Reads,
    /// The sum over all records, if each result is known.
    all: Option<CachedTotals>,
}

/// The result for one record.
#[derive(Debug)]
struct Entry {
    reads: Reads,
    used: u64,
    outcomes: Outcomes,
}

/// The sum over all records.
#[derive(Debug)]
struct CachedTotals {
    /// Without verdicts.
    outcomes: Outcomes,
    /// The records with verdicts, repeated if they occur in the list repeatedly.
    with_verdicts: Vec<RecordRef>,
}

impl Records {
    /// Evaluates the records that need it. `None` if the rule iterates over something else or needs too much work: it
    /// is then evaluated as a whole.
    pub(super) fn judge<'h>(
        &mut self,
        run: &Run<'h>,
        rule: usize,
        changed: &Changed,
    ) -> Option<Judgement<'h>> {
        let nothing = judgement_of(run, rule, Counts::default(), &Reasons::new());
        if nothing.off {
            return Some(nothing);
        }
        let resolver = PathResolver::new(run.host);
        if let Some(CachedTotals {
            outcomes,
            with_verdicts,
        }) = &self.all
            && !self.is_affected(changed)
        {
            let mut judgement = judgement_of(run, rule, outcomes.counts, &outcomes.reasons);
            judgement.undecided = outcomes.undecided.iter().map(without_place).collect();
            for record in with_verdicts {
                let stored = &self.entries.get(record)?.outcomes.verdicts;
                judgement.verdicts.extend(resolver.restore(stored)?);
            }
            return Some(judgement);
        }
        self.remove_affected(changed);
        let used = |record| Some(self.entries.get(&record)?.used);
        let (judged, list_reads) = judge_records(run, rule, &used)?;
        self.list_reads = list_reads;
        let mut judgement = nothing;
        let mut with_verdicts = Vec::new();
        let mut before = std::mem::take(&mut self.entries);
        let mut all_kept = true;
        for (record, judged) in judged {
            let Some(mut judged) = judged else {
                // A record that occurs in the list twice has already been put back.
                let entry = before
                    .remove(&record)
                    .or_else(|| self.entries.remove(&record));
                if let Some(entry) = entry {
                    judgement.counts.add(&entry.outcomes.counts);
                    add_reasons(&mut judgement.reasons, &entry.outcomes.reasons);
                    let why: Vec<_> = entry.outcomes.undecided.iter().map(without_place).collect();
                    add_new_reasons(&mut judgement.undecided, &why);
                    if !entry.outcomes.verdicts.is_empty() {
                        judgement
                            .verdicts
                            .extend(resolver.restore(&entry.outcomes.verdicts)?);
                        with_verdicts.push(record);
                    }
                    self.entries.insert(record, entry);
                }
                continue;
            };
            judgement.counts.add(&judged.counts);
            add_reasons(&mut judgement.reasons, &judged.reasons);
            add_new_reasons(&mut judgement.undecided, &judged.undecided);
            match store_verdicts(run, &judged.verdicts, &judged.error, &mut judged.reads) {
                Some(stored) => {
                    if !stored.is_empty() {
                        with_verdicts.push(record);
                    }
                    let outcomes = Outcomes::of(judged.counts, &judged.undecided, &judged.reasons);
                    let (reads, used) = (judged.reads, judged.used);
                    let outcomes = outcomes.with_verdicts(stored);
                    let entry = Entry {
                        reads,
                        used,
                        outcomes,
                    };
                    self.insert(record, entry);
                }
                None => all_kept = false,
            }
            judgement.verdicts.extend(judged.verdicts);
            judgement.error = judgement.error.or(judged.error);
        }
        // Records that are no longer in the list.
        let removed = before.values();
        removed.for_each(|entry| drop_readers(&mut self.readers, &entry.reads));
        self.all = all_kept.then(|| CachedTotals {
            outcomes: Outcomes::of(judgement.counts, &judgement.undecided, &judgement.reasons),
            with_verdicts,
        });
        Some(judgement)
    }

    fn is_affected(&self, changed: &Changed) -> bool {
        changed.touches(&self.list_reads)
            || changed.touches_any(
                |part| self.readers.contains_key(&part),
                || self.readers.keys(),
            )
    }

    /// Forgets the records that a change may affect.
    fn remove_affected(&mut self, changed: &Changed) {
        let readers = &mut self.readers;
        self.entries.retain(|_, entry| {
            let stays = !changed.touches(&entry.reads);
            if !stays {
                drop_readers(readers, &entry.reads);
            }
            stays
        });
    }

    fn insert(&mut self, record: RecordRef, entry: Entry) {
        for part in entry.reads.parts() {
            *self.readers.entry(*part).or_default() += 1;
        }
        if let Some(before) = self.entries.insert(record, entry) {
            drop_readers(&mut self.readers, &before.reads);
        }
    }
}

/// Removes the reads of one entry.
fn drop_readers(readers: &mut FxHashMap<Part, usize>, reads: &Reads) {
    for part in reads.parts() {
        if let Some(count) = readers.get_mut(part) {
            *count -= 1;
            if *count == 0 {
                readers.remove(part);
            }
        }
    }
}
