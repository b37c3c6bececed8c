//! `dogwatch chart import DIR`: generates a chart's declaration from its own files.

use std::io::{self, Write as _};
use std::path::PathBuf;

use ::lint::chart_import::import;
use ::lint::charts::read_chart_at;
use ::lint::files::{Disk, Files as _, write_atomically};
use anyhow::{Context as _, bail};
use source::SourceId;
use values::chart::disk::ChartOnDisk;

use super::{Status, absolute, cwd, pluralize, print_to_stderr};
use crate::args::{Chart, ChartWhat, ImportChart};

pub(super) fn run(args: &Chart) -> anyhow::Result<Status> {
    match &args.what {
        ChartWhat::Import(args) => import_chart(args),
    }
}

fn import_chart(args: &ImportChart) -> anyhow::Result<Status> {
    let cwd = cwd()?;
    let target = args.output.as_deref().map(|path| absolute(&cwd, path));
    let relative = |path: &PathBuf| {
        let relative = path.strip_prefix(&cwd).unwrap_or(path);
        relative.display().to_string()
    };
    if let Some(path) = &target
        && !args.force
        && Disk.kind(path).is_some()
    {
        bail!("{} already exists; `--force` replaces it", relative(path));
    }
    let mut next = 0;
    let mut register = |_: &str, _: &std::sync::Arc<str>| {
        next += 1;
        SourceId(next)
    };
    let shown = args.chart.display();
    let chart = match read_chart_at(&Disk, &absolute(&cwd, &args.chart), &mut register) {
        Ok(chart) => chart,
        Err(why) => bail!("{shown}: {why}"),
    };
    let text = import(&chart);
    let mut out = io::stdout().lock();
    match &target {
        None => out.write_all(text.as_bytes())?,
        Some(path) => {
            let what = || format!("{} cannot be written", relative(path));
            let folder = path.parent().unwrap_or(&cwd);
            std::fs::create_dir_all(folder).with_context(what)?;
            write_atomically(path, text.as_bytes()).with_context(what)?;
            let charts = pluralize(text.matches("\nchart ").count(), "chart");
            writeln!(out, "{}: {charts}", relative(path))?;
        }
    }
    out.flush()?;
    let mut unknown = false;
    for (file, problem) in &chart.problems {
        print_to_stderr(&format!("{shown}/{file}: {problem}"));
        unknown = true;
    }
    for (chart, dependency) in missing_dependencies(&chart) {
        print_to_stderr(&format!(
            "chart `{dependency}` is not in `charts` of `{chart}`, so it is not declared"
        ));
        unknown = true;
    }
    Ok(if unknown {
        Status::Findings
    } else {
        Status::Clean
    })
}

/// Dependencies that are missing from a chart's folder, each preceded by the name of the chart that needs it.
fn missing_dependencies(chart: &ChartOnDisk) -> Vec<(&str, &str)> {
    let mut open = vec![chart];
    let mut found = Vec::new();
    while let Some(chart) = open.pop() {
        let dependencies = chart.info.dependencies.iter();
        let missing = dependencies.filter(|it| it.chart.is_none());
        found.extend(missing.map(|it| (chart.info.name.as_str(), it.name.as_str())));
        open.extend(chart.subcharts.iter().rev());
    }
    found
}
