//! `dogwatch new rule ID`: creates a working rule to start from.

use std::io::{self, Write as _};
use std::path::PathBuf;

use ::lint::files::{Disk, Files as _, PathKind, write_atomically};
use ::lint::rulebook::RuleBook;
use ::lint::workspace::CONFIG;
use anyhow::{Context as _, bail};
use source::SourceId;

use super::{Status, absolute, cwd};
use crate::args::{New, NewRule, NewWhat};

/// The template; `ID` stands for the rule's name. Its examples hold and cover each of its clauses.
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
            "`{}` is not a valid rule name: use letters, digits and inner `-`, for example `replicas-in-prod`",
            args.id
        );
    }
    if RuleBook::standard().rule(&args.id).is_some() {
        bail!(
            "`{0}` is a built-in rule; `dogwatch explain {0}` shows it",
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
        bail!("{} already exists", shown.display());
    }
    let what = || format!("{} cannot be written", shown.display());
    std::fs::create_dir_all(&folder).with_context(what)?;
    write_atomically(&path, text.as_bytes()).with_context(what)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}", shown.display())?;
    writeln!(out, "next: edit it, then run `dogwatch test {}`", args.id)?;
    Ok(Status::Clean)
}
