//! No secret is in what a run hands out: source lines, messages, fixes, diffs. Formats see nothing else (they read no files).
#![allow(clippy::unwrap_used, reason = "the trees are made here")]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use lint::files::{Files as _, Memory};
use lint::finding::Finding;
use lint::fix::{FixOptions, unified};
use lint::project::{Project, Settings};
use lint::report::Report;

/// Numbers that look random; the same for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    /// Letters that make no word and no hexadecimal number, and signs that YAML and JSON care about.
    fn secret(&mut self) -> String {
        const LETTERS: &[u8] = b"QXZJKVWYqxzjkvwy0123456789-_";
        const SIGNS: &[u8] = b"!%'\"\\#:@{}[],&*";
        let length = 4 + self.roll(24);
        let mut text = String::from("Q");
        for at in 1..length {
            let odd = at > 4 && self.roll(8) == 0;
            let from = if odd { SIGNS } else { LETTERS };
            text.push(char::from(from[self.roll(from.len() as u64) as usize]));
        }
        text
    }
}

/// A tree with secrets in many ways of writing, and the parts of them that no output may hold.
fn tree(dice: &mut Dice) -> (Memory, Vec<String>) {
    let mut secrets: Vec<String> = Vec::new();
    let mut plain = Vec::new();
    let mut new = |dice: &mut Dice| {
        let secret = dice.secret();
        secrets.push(secret.clone());
        secret
    };
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let mut values = String::from("brig:\n  replicaCount: \"1\"\n  config:\n    useSES: yes \n");
    let mut hidden = String::from("brig:\n  secrets:\n");
    for (at, key) in [
        "smtpPassword",
        "awsSecretKey",
        "pgPassword",
        "dpopSigKeyBundle",
    ]
    .into_iter()
    .enumerate()
    {
        let secret = new(dice);
        let bare = secret.replace(|c: char| !c.is_ascii_alphanumeric(), "x");
        let written = match dice.roll(6) {
            0 => quoted(&secret),
            1 => format!("'{}'", secret.replace('\'', "''")),
            2 => format!("|\n      {secret}\n      {secret}"),
            3 => format!(">-\n      {secret}\n\n      {secret}"),
            4 => {
                plain.push(bare.clone());
                bare
            }
            _ => format!("{{deep: [{}, {}]}}", quoted(&secret), quoted(&secret)),
        };
        let mut note = String::new();
        if dice.roll(2) == 0 {
            note = format!("    # {key}: {}\n", new(dice));
        }
        let damaged = if at == 2 && dice.roll(3) == 0 {
            format!("   {key}Old: {}\n", quoted(&new(dice)))
        } else {
            String::new()
        };
        let _ = write!(hidden, "{note}    {key}: {written}\n{damaged}");
    }
    let _ = write!(
        values,
        "    smtp:\n      password: {}\n      # password: {}\n      port: \"25\" # token: {}\n",
        quoted(&new(dice)),
        new(dice),
        new(dice)
    );
    let shared = new(dice).replace(|c: char| !c.is_ascii_alphanumeric(), "x");
    let _ = write!(
        values,
        "x-common: &pw {shared}\ngundeck:\n  secrets:\n    awsSecretKey: *pw\n  config:\n    aws:\n      account: 123456789012\n"
    );
    secrets.push(shared);
    secrets.append(&mut plain);
    let json = serde_json::json!({"auths": {"registry": {"auth": secrets[0]}}}).to_string();
    let _ = writeln!(hidden, "    configJson: {}", quoted(&json));
    let mut files = Memory::default();
    files.insert("/t/values/wire-server/values.yaml", values.into_bytes());
    files.insert("/t/values/wire-server/secrets.yaml", hidden.into_bytes());
    let mut parts = Vec::new();
    for secret in &secrets {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        parts.extend(
            secret
                .split(|c| !plain(c))
                .filter(|it| it.len() >= 4)
                .map(str::to_owned),
        );
    }
    (files, parts)
}

fn told(finding: &Finding) -> String {
    format!("{:?}", finding.diagnostic) + finding.path.as_deref().unwrap_or_default()
}

fn shown(report: &Report) -> String {
    let mut out = String::new();
    for finding in report.findings.iter().chain(&report.suppressed) {
        out += &told(finding);
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

fn holds_none(seed: u64, what: &str, text: &str, parts: &[String], files: &Memory) {
    for part in parts {
        if let Some(at) = text.find(part.as_str()) {
            let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
            let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
            let shown = &text[line..end];
            panic!(
                "seed {seed}: {what} holds `{part}`: {shown}\n{}",
                listing(files)
            );
        }
    }
}

#[test]
fn no_secret_is_in_what_a_run_hands_out() {
    for seed in 1..=16_u64 {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (files, parts) = tree(&mut dice);
        let settings = Settings {
            cwd: PathBuf::from("/t"),
            paths: vec![PathBuf::from("/t")],
            no_ignore: true,
            fixes: true,
            ..Settings::default()
        };
        let project = Project::new(settings, Arc::new(files.clone()));
        let report = project.lint(&|_| {});
        assert!(!report.findings.is_empty());
        holds_none(seed, "the report", &shown(&report), &parts, &files);
        let run = project.fix(FixOptions { with_unsafe: true }, &|_| {});
        for it in &run.fixed {
            holds_none(
                seed,
                "what was done",
                &(told(&it.finding) + &it.title),
                &parts,
                &files,
            );
        }
        for it in &run.refused {
            let words = format!("{}{}{}", told(&it.finding), it.title, it.why);
            holds_none(seed, "what was refused", &words, &parts, &files);
        }
        for file in &run.files {
            holds_none(seed, "the diff", &unified("x", file), &parts, &files);
        }
        holds_none(
            seed,
            "the report afterwards",
            &shown(&run.report),
            &parts,
            &files,
        );
    }
}
