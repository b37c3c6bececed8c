//! `dogwatch why PATH`: shows where a value comes from, like `git blame`.

use std::io::{self, BufWriter, Write};

use ::lint::shown::At;
use ::lint::why::{Chain, Link, Verdict, meant, why};
use ::values::path::KeyPath;
use anyhow::anyhow;
use serde_json::{Value, json};

use super::{
    SEE_TREE_HINT, Status, deployment_name, did_you_mean, open_tree, print_to_stderr,
    report_no_deployment,
};
use crate::args::{TextOrJson, Why};
use crate::output::Sanitizer;

pub(super) fn run(args: &Why) -> anyhow::Result<Status> {
    let readings = readings(&args.path)?;
    let (project, at) = open_tree(&args.place)?;
    let (mut trees, mut suggestion) = (Vec::new(), None);
    let mut deployments = 0;
    for (_, tree) in project.trees_containing(&at) {
        deployments += tree.deployments.len();
        let mut answers = readings.iter().map(|path| why(&tree, path));
        let answer = answers.find(|chains| chains.iter().any(answered));
        let chains = answer.unwrap_or_else(|| {
            suggestion = suggestion.take().or_else(|| meant(&tree, &readings[0]));
            why(&tree, &readings[0])
        });
        let name = project.settings().show(&tree.root);
        trees.push((name.display().to_string(), chains));
    }
    if deployments == 0 {
        return Ok(report_no_deployment(&args.place, SEE_TREE_HINT));
    }
    let mut chains = trees.iter().flat_map(|(_, chains)| chains);
    let any = chains.any(answered);
    let mut out = BufWriter::new(io::stdout().lock());
    match args.format {
        TextOrJson::Json => {
            let chains: Vec<Value> = trees
                .iter()
                .flat_map(|(tree, chains)| chains.iter().map(move |chain| chain_json(tree, chain)))
                .collect();
            let whole = json!({
                "version": 1, "path": args.path, "chains": chains, "similar": suggestion,
            });
            serde_json::to_writer_pretty(&mut out, &whole)?;
            writeln!(out)?;
        }
        TextOrJson::Text => {
            let several = trees.len() > 1;
            let mut first = true;
            for (tree, chains) in &trees {
                // With several trees, leave out those without an answer.
                let shown = chains
                    .iter()
                    .filter(|chain| answered(chain) || !any && !several);
                for chain in shown {
                    if !std::mem::take(&mut first) {
                        writeln!(out)?;
                    }
                    write_chain(several.then_some(tree), chain, &mut Sanitizer(&mut out))?;
                }
            }
        }
    }
    out.flush()?;
    if any {
        return Ok(Status::Clean);
    }
    let hint = did_you_mean(suggestion);
    print_to_stderr(&format!("nothing sets `{}`{hint}", args.path));
    Ok(Status::Findings)
}

/// The paths that a text may mean: this command prints keys with escapes, findings print them as they are.
fn readings(text: &str) -> anyhow::Result<Vec<KeyPath>> {
    let no_path = |why: &str| {
        anyhow!("`{text}` is not a valid path{why}; write it like `brig.config.smtp.host`")
    };
    match (KeyPath::parse(text), KeyPath::parse_unescaped(text)) {
        (Ok(path), _) if path.0.is_empty() => Err(no_path("")),
        (Ok(escaped), Ok(unescaped)) if escaped != unescaped => Ok(vec![escaped, unescaped]),
        (Ok(path), _) | (Err(_), Ok(path)) => Ok(vec![path]),
        (Err(why), Err(_)) => Err(no_path(&format!(": {why}"))),
    }
}

/// True if there is something to show for a release.
fn answered(chain: &Chain) -> bool {
    chain.verdict.is_set() || !chain.links.is_empty()
}

fn write_chain(tree: Option<&String>, chain: &Chain, out: &mut dyn Write) -> io::Result<()> {
    let deployment = deployment_name(&chain.deployment, &chain.profile);
    write!(out, "{} in {} of {deployment}", chain.path, chain.release)?;
    match tree {
        Some(tree) => writeln!(out, " ({tree})")?,
        None => writeln!(out)?,
    }
    let verdict = match &chain.verdict {
        Verdict::Value(text) => text.clone(),
        Verdict::Unknown { why, present: true } => format!("unknown: {why}"),
        Verdict::Unknown {
            why,
            present: false,
        } => format!("unknown, possibly unset: {why}"),
        Verdict::Removed => "unset: a null removes it".to_owned(),
        Verdict::Blocked { by } => format!("unset: `{by}` is not a map"),
        Verdict::Missing => "unset: no layer sets it".to_owned(),
    };
    writeln!(out, "  = {verdict}")?;
    for note in &chain.notes {
        writeln!(out, "  note: {note}")?;
    }
    let rows: Vec<[String; 3]> = chain.links.iter().map(link_row).collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let (places, values) = (width(0), width(1));
    for (row, link) in rows.iter().zip(&chain.links) {
        let [place, value, words] = row;
        let role = link.role.as_str();
        writeln!(out, "  {role:7}  {place:places$}  {value:values$}  {words}")?;
    }
    Ok(())
}

fn link_row(link: &Link) -> [String; 3] {
    let place = match &link.at {
        Some(at) => at.to_string(),
        None => link.file.display().to_string(),
    };
    let value = link.value.clone().unwrap_or_else(|| "?".to_owned());
    [place, value, link.words.clone()]
}

fn chain_json(tree: &str, chain: &Chain) -> Value {
    let value = match &chain.verdict {
        Verdict::Value(text) => Some(text),
        _ => None,
    };
    let reason = match &chain.verdict {
        Verdict::Unknown { why, .. } => Some(*why),
        _ => None,
    };
    let links: Vec<Value> = chain
        .links
        .iter()
        .map(|link| {
            json!({
                "layer": link.role.as_str(), "file": link.file.to_string_lossy(),
                "line": link.at.as_ref().and_then(At::line),
                "column": link.at.as_ref().and_then(At::column),
                "value": link.value, "fate": link.fate.as_str(), "why": link.words,
            })
        })
        .collect();
    json!({
        "tree": tree, "deployment": chain.deployment, "profile": chain.profile,
        "release": chain.release, "path": chain.path, "result": chain.verdict.as_str(),
        "value": value, "unknown": reason, "notes": chain.notes, "chain": links,
    })
}
