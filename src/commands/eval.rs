//! `dogwatch eval`: evaluates an expression of the rule language over each deployment of a tree.

use std::io::{self, BufWriter, Write as _};

use ::lint::ask::{Answer, ask};

use super::{SEE_TREE, Status, deployment_name, look, nothing_there, position, style};
use crate::args::Eval;
use crate::output::{Harmless, draw};

pub(super) fn run(args: &Eval) -> anyhow::Result<Status> {
    let (project, at) = look(&args.place)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let answers = match ask(&project, &at, &args.expression) {
        Ok(answers) => answers,
        Err(refused) => {
            draw(&refused.diagnostics, &refused.sources, &style(), &mut out)?;
            out.flush()?;
            return Ok(Status::Usage);
        }
    };
    // Without a deployment the expression is evaluated over nothing, but not if a profile was asked for that matches nothing.
    if !args.place.profile.is_empty() && answers.iter().all(|it| it.tree.is_none()) {
        return Ok(nothing_there(&args.place, SEE_TREE));
    }
    let mut out = Harmless(out);
    let several = answers.len() > 1;
    for answer in &answers {
        if several {
            write!(out, "{}: ", name(answer))?;
        }
        write!(out, "{}", answer.value)?;
        if let Some(reason) = &answer.reason {
            write!(out, ": {reason}")?;
        }
        if let (Some(tree), Some(place)) = (&answer.tree, answer.place)
            && let Some(at) = position(|id| tree.source(id), place)
        {
            let words = if answer.value == "missing" {
                "would be written near "
            } else {
                ""
            };
            write!(out, "   # {words}{at}")?;
        }
        writeln!(out)?;
    }
    out.flush()?;
    Ok(Status::Clean)
}

fn name(answer: &Answer) -> String {
    let profile = deployment_name(&answer.deployment, &answer.profile);
    match &answer.tree {
        Some(tree) => match tree.root.file_name() {
            Some(folder) => format!("{} {profile}", folder.to_string_lossy()),
            None => profile.to_owned(),
        },
        None => profile.to_owned(),
    }
}
