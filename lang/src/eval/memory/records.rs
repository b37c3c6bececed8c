//! Keeps the result for each record of a rule that starts with a `for` over host records, so that an edit of one file
//! does not require reading all files again.

use rustc_hash::FxHashMap;

use super::{Ended, Reasons, Ways, add_new, add_reasons, judgement_of, keep, without_place};
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
    head: Reads,
    /// The sum over all records, if each result is known.
    all: Option<All>,
}

/// The result for one record.
#[derive(Debug)]
struct Entry {
    reads: Reads,
    used: u64,
    ended: Ended,
}

/// The sum over all records.
#[derive(Debug)]
struct All {
    /// Without verdicts.
    ended: Ended,
    /// The records with verdicts, repeated if they occur in the list repeatedly.
    telling: Vec<RecordRef>,
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
        let ways = Ways::new(run.host);
        if let Some(All { ended, telling }) = &self.all
            && !self.is_touched(changed)
        {
            let mut judgement = judgement_of(run, rule, ended.counts, &ended.reasons);
            judgement.undecided = ended.undecided.iter().map(without_place).collect();
            for record in telling {
                let kept = &self.entries.get(record)?.ended.verdicts;
                judgement.verdicts.extend(ways.recall(kept)?);
            }
            return Some(judgement);
        }
        self.forget(changed);
        let used = |record| Some(self.entries.get(&record)?.used);
        let (judged, head) = judge_records(run, rule, &used)?;
        self.head = head;
        let mut judgement = nothing;
        let mut telling = Vec::new();
        let mut before = std::mem::take(&mut self.entries);
        let mut all_kept = true;
        for (record, judged) in judged {
            let Some(mut judged) = judged else {
                // A record that occurs in the list twice has already been put back.
                let entry = before
                    .remove(&record)
                    .or_else(|| self.entries.remove(&record));
                if let Some(entry) = entry {
                    judgement.counts.add(&entry.ended.counts);
                    add_reasons(&mut judgement.reasons, &entry.ended.reasons);
                    let why: Vec<_> = entry.ended.undecided.iter().map(without_place).collect();
                    add_new(&mut judgement.undecided, &why);
                    if !entry.ended.verdicts.is_empty() {
                        judgement
                            .verdicts
                            .extend(ways.recall(&entry.ended.verdicts)?);
                        telling.push(record);
                    }
                    self.entries.insert(record, entry);
                }
                continue;
            };
            judgement.counts.add(&judged.counts);
            add_reasons(&mut judgement.reasons, &judged.reasons);
            add_new(&mut judgement.undecided, &judged.undecided);
            match keep(run, &judged.verdicts, &judged.error, &mut judged.reads) {
                Some(kept) => {
                    if !kept.is_empty() {
                        telling.push(record);
                    }
                    let ended = Ended::of(judged.counts, &judged.undecided, &judged.reasons);
                    let (reads, used) = (judged.reads, judged.used);
                    let ended = ended.telling(kept);
                    let entry = Entry { reads, used, ended };
                    self.put(record, entry);
                }
                None => all_kept = false,
            }
            judgement.verdicts.extend(judged.verdicts);
            judgement.error = judgement.error.or(judged.error);
        }
        // Records that are no longer in the list.
        let gone = before.values();
        gone.for_each(|entry| drop_readers(&mut self.readers, &entry.reads));
        self.all = all_kept.then(|| All {
            ended: Ended::of(judgement.counts, &judgement.undecided, &judgement.reasons),
            telling,
        });
        Some(judgement)
    }

    fn is_touched(&self, changed: &Changed) -> bool {
        changed.touches(&self.head)
            || changed.touches_any(
                |part| self.readers.contains_key(&part),
                || self.readers.keys(),
            )
    }

    /// Forgets the records that a change may affect.
    fn forget(&mut self, changed: &Changed) {
        let readers = &mut self.readers;
        self.entries.retain(|_, entry| {
            let stays = !changed.touches(&entry.reads);
            if !stays {
                drop_readers(readers, &entry.reads);
            }
            stays
        });
    }

    fn put(&mut self, record: RecordRef, entry: Entry) {
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
