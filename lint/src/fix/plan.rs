//! Turns a repair into text edits.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use source::{Applicability, Edit, Fix, SourceId};
use values::edit::{self, Change};
use values::yaml::Document;

use super::{Refused, Repair, Step};
use crate::finding::Finding;
use crate::mask;
use crate::tree::Tree;

/// The edits that implement a repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What it does, as an editor's menu shows it.
    pub title: String,
    /// Whether it may be applied without confirmation.
    pub applicability: Applicability,
    /// The files that change; never empty. A file that receives a value comes before the one that gives it up.
    pub files: Vec<FilePlan>,
}

/// The edits of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePlan {
    /// The file, absolute.
    pub path: PathBuf,
    /// The id of its text, in the project's numbering.
    pub source: SourceId,
    /// The text that the edits apply to: the real one.
    pub text: Arc<str>,
    /// Sorted and non-overlapping.
    pub edits: Vec<Edit>,
}

impl Plan {
    /// The same as a fix, with all edits in one list.
    pub fn to_fix(&self) -> Fix {
        let mut edits: Vec<Edit> = self.files.iter().flat_map(|it| it.edits.clone()).collect();
        edits.sort();
        Fix {
            title: self.title.clone(),
            applicability: self.applicability,
            edits,
        }
    }
}

/// Returns the parsed text of a file.
pub(crate) type Documents<'a> = dyn Fn(&Path) -> Option<Arc<Document>> + 'a;

/// Plans the edits that implement a repair.
pub(crate) fn plan(repair: &Repair, documents: &Documents<'_>) -> Result<Plan, Refused> {
    let steps = repair.steps.as_ref().map_err(Clone::clone)?;
    let files = plan_steps(steps, documents)?;
    if files.is_empty() {
        return Err(Refused::NoHelp);
    }
    Ok(Plan {
        title: repair.title.clone(),
        applicability: repair.applicability,
        files,
    })
}

/// Plans the edits for several steps, made one after the other.
pub(crate) fn plan_steps(
    steps: &[Step],
    documents: &Documents<'_>,
) -> Result<Vec<FilePlan>, Refused> {
    let open = |path: &Path| {
        let document = documents(path);
        document.ok_or_else(|| Refused::Unreadable(path.to_owned()))
    };
    let mut files = Vec::new();
    let mut changes: Vec<(&Path, Vec<Change>)> = Vec::new();
    for step in steps {
        match step {
            Step::Change { file, change } => {
                match changes.iter_mut().find(|(path, _)| path == file) {
                    Some((_, all)) => all.push(change.clone()),
                    None => changes.push((file, vec![change.clone()])),
                }
            }
            Step::Move {
                from,
                from_path,
                to,
                to_path,
            } => {
                // Its edits apply to the two texts as they are, so no other step may change them.
                if steps.len() > 1 {
                    return Err(Refused::NotWritable);
                }
                let (giving, taking) = (open(from)?, open(to)?);
                let edits = edit::move_value((&giving, None, from_path), (&taking, None, to_path));
                let edits = edits.map_err(|why| Refused::Edit {
                    file: from.clone(),
                    why,
                })?;
                for (path, document) in [(to, taking), (from, giving)] {
                    let source = document.source();
                    let mine = edits.iter().filter(|edit| edit.span.source == source);
                    files.push(file_plan(path, &document, mine.cloned().collect()));
                }
            }
        }
    }
    for (path, changes) in changes {
        let document = open(path)?;
        let edits = edit::plan_all(&document, None, &changes).map_err(|why| Refused::Edit {
            file: path.to_owned(),
            why,
        })?;
        files.push(file_plan(path, &document, edits));
    }
    files.retain(|file| !file.edits.is_empty());
    Ok(files)
}

fn file_plan(path: &Path, document: &Document, edits: Vec<Edit>) -> FilePlan {
    FilePlan {
        path: path.to_owned(),
        source: document.source(),
        text: document.shared_text(),
        edits,
    }
}

/// Plans the repairs of findings for a report. Those whose edits contain a secret are left out: it must not end up in a report.
pub(crate) fn add_report_fixes(tree: &Tree, findings: &mut [Finding]) {
    let documents = |path: &Path| {
        let file = tree.files.get(path)?;
        Some(Arc::clone(&file.document))
    };
    // Cached, as finding the secrets scans the whole file, and many findings share one.
    let secrets: Mutex<FxHashMap<SourceId, Arc<[String]>>> = Mutex::default();
    let secrets_of = |file: &FilePlan| {
        let mut known = secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = known.entry(file.source).or_insert_with(|| {
            let secrets = mask::secrets(tree, file.source, &file.text).into_iter();
            secrets
                .filter(|secret| secret.len() >= MIN_SECRET_LEN)
                .collect()
        });
        Arc::clone(mine)
    };
    findings.par_iter_mut().for_each(|finding| {
        let may_show = finding.repairs.iter().filter(|repair| !repair.secret);
        let plans = may_show.filter_map(|repair| plan(repair, &documents).ok());
        let shown = plans.filter(|plan| !shows_secret(plan, secrets_of));
        let fixes = shown.map(|plan| plan.to_fix());
        finding.diagnostic.fixes.extend(fixes);
    });
}

/// A secret shorter than this may occur in an edit by chance.
const MIN_SECRET_LEN: usize = 4;

/// True if the text to be written contains a secret of a changed file. A list that is reformatted is written with all its
/// contents.
fn shows_secret(plan: &Plan, secrets_of: impl Fn(&FilePlan) -> Arc<[String]>) -> bool {
    plan.files.iter().any(|file| {
        let inserts = file.edits.iter().map(|edit| edit.insert.as_str());
        let inserts: Vec<&str> = inserts
            .filter(|text| text.len() >= MIN_SECRET_LEN)
            .collect();
        if inserts.is_empty() {
            return false;
        }
        let leaks = |secret: &String| inserts.iter().any(|text| text.contains(secret.as_str()));
        let mut all = plan.files.iter();
        all.any(|other| secrets_of(other).iter().any(leaks))
    })
}
