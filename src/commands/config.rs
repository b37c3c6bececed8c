//! `dogwatch config PATH`: the settings that apply to a file, and where each one comes from.

use std::io::{self, BufWriter, Write};

use ::lint::config::{Applied, Part, Setting, SettingOrigin, applied};
use anyhow::Context as _;
use serde_json::{Value, json};

use super::{
    Status, deployment_name, pluralize, print_notes, print_to_stderr, project,
    report_missing_paths, report_unknown_profiles, settings,
};
use crate::args::{Config, PathArgs, TextOrJson};
use crate::output::{display_path as slashes, sanitize};

pub(super) fn run(args: &Config) -> anyhow::Result<Status> {
    let mut settings = settings(&PathArgs {
        paths: vec![args.path.clone()],
        rules: args.rules.clone(),
        no_ignore: args.no_ignore,
    })?;
    settings.profiles.clone_from(&args.profile);
    settings.no_baseline = args.no_baseline;
    let path = settings.paths.first().cloned().unwrap_or_default();
    let project = project(settings);
    print_notes(&project);
    if report_missing_paths(&project) || report_unknown_profiles(&project) {
        return Ok(Status::Usage);
    }
    let found = applied(&project, &path, args.fail_on).context("nothing here")?;
    let shown = slashes(&project.settings().show(&path));
    let mut out = BufWriter::new(io::stdout().lock());
    match args.format {
        TextOrJson::Text => write_text(&shown, &found, &mut out)?,
        TextOrJson::Json => {
            serde_json::to_writer_pretty(&mut out, &config_json(&shown, &found))?;
            writeln!(out)?;
        }
    }
    out.flush()?;
    if found.mistakes > 0 {
        let mistakes = pluralize(found.mistakes, "error");
        print_to_stderr(&format!(
            "the configuration has {mistakes}, shown by `dogwatch lint`; invalid settings are ignored"
        ));
        return Ok(Status::Usage);
    }
    Ok(Status::Clean)
}

fn write_text(path: &str, found: &Applied, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", sanitize(path))?;
    if let Some(why) = &found.outside {
        writeln!(out, "  not linted: {}", sanitize(why))?;
    }
    match &found.config {
        Some(config) => writeln!(out, "  configured by {}", sanitize(&slashes(config)))?,
        None => writeln!(
            out,
            "  no dogwatch.yaml here or in a parent folder: `dogwatch init` creates one"
        )?,
    }
    writeln!(out)?;
    write_settings("", &found.settings, out)?;
    for part in &found.parts {
        writeln!(out, "\n{}", sanitize(&part_title(part)))?;
        write_settings("  ", &part.settings, out)?;
    }
    Ok(())
}

/// `wire-server in prod: layer 2 of 3 (secrets)`
fn part_title(part: &Part) -> String {
    let deployment = deployment_name(&part.deployment, &part.profile);
    let layers: Vec<String> = part
        .layers
        .iter()
        .map(|(at, role)| format!("layer {at} of {} ({role})", part.of))
        .collect();
    match layers.as_slice() {
        [] => format!("{} in {deployment}", part.release),
        layers => format!("{} in {deployment}: {}", part.release, layers.join(", ")),
    }
}

fn write_settings(indent: &str, settings: &[Setting], out: &mut dyn Write) -> io::Result<()> {
    /// Longer values do not widen the column; they only push their own line to the right.
    const MAX_WIDTH: usize = 48;
    let width = |text: &dyn Fn(&Setting) -> usize| {
        let widths = settings.iter().map(text).filter(|it| *it <= MAX_WIDTH);
        widths.max().unwrap_or(0)
    };
    let names = width(&|it| it.name.chars().count());
    let values = width(&|it| it.value.chars().count());
    for it in settings {
        writeln!(
            out,
            "{indent}{:names$}  {:values$}  {}",
            sanitize(&it.name),
            sanitize(&it.value),
            sanitize(&display_source(&it.origin))
        )?;
    }
    Ok(())
}

fn display_source(source: &SettingOrigin) -> String {
    match source {
        SettingOrigin::Default => "default".to_owned(),
        SettingOrigin::CommandLine => "command line".to_owned(),
        SettingOrigin::File(file, Some(line)) => format!("{}:{line}", slashes(file)),
        SettingOrigin::File(file, None) => slashes(file),
    }
}

fn config_json(path: &str, found: &Applied) -> Value {
    let parts: Vec<Value> = found
        .parts
        .iter()
        .map(|part| {
            let layers: Vec<Value> = part
                .layers
                .iter()
                .map(|(at, role)| json!({"position": at, "layer": role}))
                .collect();
            json!({
                "deployment": part.deployment, "profile": part.profile, "release": part.release,
                "layers": layers, "of": part.of, "settings": settings_json(&part.settings),
            })
        })
        .collect();
    json!({
        "version": 1, "path": path, "config": found.config.as_deref().map(slashes),
        "takes_no_part": found.outside, "settings": settings_json(&found.settings), "releases": parts,
    })
}

fn settings_json(settings: &[Setting]) -> Vec<Value> {
    settings
        .iter()
        .map(|it| {
            let (from, file, line) = match &it.origin {
                SettingOrigin::Default => ("default", None, None),
                SettingOrigin::CommandLine => ("command line", None, None),
                SettingOrigin::File(file, line) => ("file", Some(slashes(file)), *line),
            };
            json!({"name": it.name, "value": it.value, "from": from, "file": file, "line": line})
        })
        .collect()
}
