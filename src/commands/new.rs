//! `dogwatch new rule ID`: a rule that holds as it is, to be changed into the one that is wanted.

use std::io::{self, Write as _};
use std::path::PathBuf;

use ::lint::files::{Disk, Files as _, PathKind, write_atomically};
use ::lint::rulebook::RuleBook;
use ::lint::workspace::CONFIG;
use anyhow::{Context as _, bail};
use source::SourceId;

use super::{Status, absolute, cwd};
use crate::args::{New, NewRule, NewWhat};

/// The rule; `ID` stands for its name. Its examples hold and defend each of its clauses.
const RULE: &str = include_str!("new_rule.watch");

pub(super) fn run(args: &New) -> anyhow::Result<Status> {
    match &args.what {
        NewWhat::Rule(args) => rule(args),
    }
}

fn rule(args: &NewRule) -> anyhow::Result<Status> {
    let text = RULE.replace("ID", &args.id);
    if !lang::parse::parse(SourceId(0), &text)
        .diagnostics
        .is_empty()
    {
        bail!(
            "`{}` is no name for a rule: letters, digits and inner `-`, such as `replicas-in-prod`",
            args.id
        );
    }
    if RuleBook::standard().rule(&args.id).is_some() {
        bail!(
            "`{0}` is a rule that is built in; `dogwatch explain {0}` shows it",
            args.id
        );
    }
    let cwd = cwd()?;
    let folder = match &args.rules {
        Some(folder) => absolute(&cwd, folder),
        None => {
            let mut above = cwd.ancestors();
            let root = above.find(|it| Disk.kind(&it.join(CONFIG)) == Some(PathKind::File));
            root.unwrap_or(&cwd).join("rules")
        }
    };
    let path = folder.join(format!("{}.watch", args.id));
    let shown = path
        .strip_prefix(&cwd)
        .map_or_else(|_| path.clone(), PathBuf::from);
    if Disk.kind(&path).is_some() {
        bail!("{} is there already", shown.display());
    }
    let what = || format!("{} cannot be written", shown.display());
    std::fs::create_dir_all(&folder).with_context(what)?;
    write_atomically(&path, text.as_bytes()).with_context(what)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}", shown.display())?;
    writeln!(out, "next: change it, then `dogwatch test {}`", args.id)?;
    Ok(Status::Clean)
}
