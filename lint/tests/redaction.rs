//! No secret appears in what a run returns: source lines, messages, fixes, diffs. Output formats see nothing else, as they read
//! no files.
#![allow(clippy::unwrap_used, reason = "the trees are generated here")]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use lint::files::{Files as _, Memory};
use lint::finding::Finding;
use lint::fix::{FixOptions, unified};
use lint::project::{Project, Settings};
use lint::report::Report;
use lint::trace::{About, trace};

#[path = "redaction/tree.rs"]
mod generated;

use generated::{Dice, tree};

fn render_finding(finding: &Finding) -> String {
    format!("{:?}", finding.diagnostic) + finding.path.as_deref().unwrap_or_default()
}

fn render_report(report: &Report) -> String {
    let mut out = String::new();
    for finding in report.findings.iter().chain(&report.suppressed) {
        out += &render_finding(finding);
        out.push('\n');
    }
    for file in 0..report.files.len() {
        let source = report.sources.get(source::SourceId(file as u32));
        if source.path.extension().is_some_and(|it| it == "yaml") {
            out += &source.text;
        }
    }
    let _ = write!(out, "{:?}", report.summary);
    out
}

fn listing(files: &Memory) -> String {
    let texts = files.paths().map(|path| {
        let bytes = files.read(path).unwrap();
        format!("{}:\n{}", path.display(), String::from_utf8_lossy(&bytes))
    });
    texts.collect()
}

fn assert_no_secrets(seed: u64, what: &str, text: &str, parts: &[String], files: &Memory) {
    for part in parts {
        if let Some(at) = text.find(part.as_str()) {
            let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
            let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
            let context = &text[line..end];
            panic!(
                "seed {seed}: {what} contains `{part}`: {context}\n{}",
                listing(files)
            );
        }
    }
}

/// A tree generated from a seed: its files, the parts of its secrets, and a project over it.
fn setup(seed: u64, fixes: bool) -> (Memory, Vec<String>, Project) {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let (files, parts) = tree(&mut dice);
    let settings = Settings {
        cwd: PathBuf::from("/t"),
        paths: vec![PathBuf::from("/t")],
        no_ignore: true,
        fixes,
        ..Settings::default()
    };
    let project = Project::new(settings, Arc::new(files.clone()));
    (files, parts, project)
}

#[test]
fn run_output_contains_no_secrets() {
    for seed in 1..=16_u64 {
        let (files, parts, project) = setup(seed, true);
        let report = project.lint(&|_| {});
        assert!(!report.findings.is_empty());
        assert_no_secrets(seed, "the report", &render_report(&report), &parts, &files);
        let run = project.fix(FixOptions { with_unsafe: true }, &|_| {});
        for it in &run.fixed {
            assert_no_secrets(
                seed,
                "the applied fixes",
                &(render_finding(&it.finding) + &it.title),
                &parts,
                &files,
            );
        }
        for it in &run.refused {
            let words = format!("{}{}{}", render_finding(&it.finding), it.title, it.why);
            assert_no_secrets(seed, "the refused fixes", &words, &parts, &files);
        }
        for file in &run.files {
            assert_no_secrets(seed, "the diff", &unified("x", file), &parts, &files);
        }
        assert_no_secrets(
            seed,
            "the report afterwards",
            &render_report(&run.report),
            &parts,
            &files,
        );
    }
}

/// Helm reads only the first document of a file, so values in the others do not belong to the layer.
#[test]
fn reports_mask_secrets_in_later_documents() {
    let mut files = Memory::default();
    let brig = "replicaCount: 1\n--- {secrets: {smtpPassword: swordfish}}\n";
    files.insert("/t/values/brig/values.yaml", brig.as_bytes());
    let secret = "replicaCount: 1\n---\nwhat: trout\n";
    files.insert("/t/values/brig/secrets.yaml", secret.as_bytes());
    let settings = Settings {
        paths: vec![PathBuf::from("/t")],
        ..Settings::default()
    };
    let report = Project::new(settings, Arc::new(files)).lint(&|_| {});
    let text = render_report(&report);
    assert!(text.contains("replicaCount: 1"), "{text}");
    assert!(!text.contains("swordfish") && !text.contains("trout"));
}

/// The values in a proof are computed during evaluation, where most are read without checking whether they are secret.
#[test]
fn proofs_contain_no_secrets() {
    for seed in 1..=3_u64 {
        let (files, parts, project) = setup(seed, false);
        let mut steps = 0;
        for tree in project.trees() {
            for (rule, info) in tree.book.program.rules().iter().enumerate() {
                for proof in trace(&tree, project.settings(), rule, &About::Everything) {
                    let what = format!("the proof of {}", info.id);
                    assert_no_secrets(seed, &what, &format!("{proof:?}"), &parts, &files);
                    steps += proof.clauses.iter().map(|it| it.steps.len()).sum::<usize>();
                }
            }
        }
        assert!(steps > 1_000, "{steps} steps");
    }
}
