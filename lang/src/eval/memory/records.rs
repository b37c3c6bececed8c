//! What is kept of a rule that begins with a `for` over records of the host: what came of each, so that an edit of one file does not
//! have all files read again.

use rustc_hash::FxHashMap;

use super::{Ended, Reasons, add_new, add_reasons, judgement_of, without_place};
use crate::eval::judge::judge_records;
use crate::eval::reads::{Changed, Reads};
use crate::eval::run::Run;
use crate::eval::{Counts, Judgement};
use crate::host::RecordRef;

/// What is known of the records of one rule.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// Those that did not fail.
    entries: FxHashMap<RecordRef, Entry>,
    /// What came of all of them, if none failed, and what was read for it, which records there are included.
    all: Option<(Ended, Reads)>,
}

#[derive(Debug)]
struct Entry {
    reads: Reads,
    used: u64,
    ended: Ended,
}

impl Records {
    /// Judges the records that have to be. `None` if the rule goes over something else, or the work is too much: then it is judged as a
    /// whole.
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
        if let Some((ended, reads)) = &self.all
            && !changed.touches(reads)
        {
            let mut judgement = judgement_of(run, rule, ended.counts, &ended.reasons);
            judgement.undecided = ended.undecided.iter().map(without_place).collect();
            return Some(judgement);
        }
        self.entries
            .retain(|_, entry| !changed.touches(&entry.reads));
        let used = |record| Some(self.entries.get(&record)?.used);
        let (judged, head) = judge_records(run, rule, &used)?;
        let mut judgement = nothing;
        let mut before = std::mem::take(&mut self.entries);
        for (record, judged) in judged {
            let Some(judged) = judged else {
                // One that stands in the list twice has been put back already.
                let entry = before
                    .remove(&record)
                    .or_else(|| self.entries.remove(&record));
                if let Some(entry) = entry {
                    judgement.counts.add(&entry.ended.counts);
                    add_reasons(&mut judgement.reasons, &entry.ended.reasons);
                    let why: Vec<_> = entry.ended.undecided.iter().map(without_place).collect();
                    add_new(&mut judgement.undecided, &why);
                    self.entries.insert(record, entry);
                }
                continue;
            };
            judgement.counts.add(&judged.counts);
            add_reasons(&mut judgement.reasons, &judged.reasons);
            add_new(&mut judgement.undecided, &judged.undecided);
            if judged.verdicts.is_empty() && judged.error.is_none() {
                let ended = Ended::of(judged.counts, &judged.undecided, &judged.reasons);
                let (reads, used) = (judged.reads, judged.used);
                let entry = Entry { reads, used, ended };
                self.entries.insert(record, entry);
            }
            judgement.verdicts.extend(judged.verdicts);
            judgement.error = judgement.error.or(judged.error);
        }
        let holds = judgement.verdicts.is_empty() && judgement.error.is_none();
        self.all = holds.then(|| {
            let mut reads = head;
            let entries = self.entries.values();
            entries.for_each(|entry| reads.extend(&entry.reads));
            let ended = Ended::of(judgement.counts, &judgement.undecided, &judgement.reasons);
            (ended, reads)
        });
        Some(judgement)
    }
}
