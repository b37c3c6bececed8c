//! `dogwatch eval`: evaluates an expression of the rule language over each deployment of a tree.

use std::io::{self, BufWriter, Write as _};

use ::lint::ask::{Answer, ask};
use ::lint::shown;

use super::{SEE_TREE_HINT, Status, deployment_name, open_tree, report_no_deployment, style};
use crate::args::Eval;
use crate::output::{Sanitizer, draw};

pub(super) fn run(args: &Eval) -> anyhow::Result<Status> {
    let (project, at) = open_tree(&args.place)?;
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
        return Ok(report_no_deployment(&args.place, SEE_TREE_HINT));
    }
    let mut out = Sanitizer(out);
    let several = answers.len() > 1;
    for answer in &answers {
        if several {
            write!(out, "{}: ", answer_name(answer))?;
        }
        write!(out, "{}", answer.value)?;
        if let Some(reason) = &answer.reason {
            write!(out, ": {reason}")?;
        }
        if let (Some(tree), Some(place)) = (&answer.tree, answer.place)
            && let Some(at) = shown::at(tree, place)
        {
            let label = if answer.value == "missing" {
                "would be written near "
            } else {
                ""
            };
            write!(out, "   # {label}{at}")?;
        }
        writeln!(out)?;
    }
    out.flush()?;
    Ok(Status::Clean)
}

fn answer_name(answer: &Answer) -> String {
    let profile = deployment_name(&answer.deployment, &answer.profile);
    match &answer.tree {
        Some(tree) => match tree.root.file_name() {
            Some(folder) => format!("{} {profile}", folder.to_string_lossy()),
            None => profile.to_owned(),
        },
        None => profile.to_owned(),
    }
}
