//! What a secret is kept as is told twice: by the language, for rules, and by the model of values, for longer texts. The crates keep
//! the two apart, so this holds them together.
#![allow(clippy::unwrap_used, reason = "a folder can be made")]

use std::path::Path;
use std::sync::Arc;

use lint::ask::ask;
use lint::files::Disk;
use lint::project::{Project, Settings};
use proptest::prelude::*;
use values::secret::{SecretClass, SecretContext, classify};

/// What people write, and pieces of it. `${name}` in small letters inside a longer text is text to the model, as mails have it, and to rules,
/// which ask of secrets only, what puts one in.
const PIECES: &[&str] = &[
    "your",
    "password",
    "api_key",
    "here",
    "change",
    "me",
    "-",
    "_",
    " ",
    "<",
    ">",
    "...",
    "x",
    "xxx",
    "todo",
    "dummy",
    "insert",
    "secret",
    "guest",
    "minio123",
    "__",
    "DB",
    "ENC[AES256_GCM,data:",
    "]",
    "{{",
    "}}",
    "${DB_PW}",
    "$(",
    ")",
    "#",
    "a1",
    "/",
];

/// References begin a text; behind other text what is put in is a part, and rules leave that undecided.
const STARTS: &[&str] = &["", "", "ref+vault://", "ref+echo://", "op://", "vault:"];

fn word(class: SecretClass) -> &'static str {
    match class {
        SecretClass::Empty => "empty",
        SecretClass::Encrypted(_) => "encrypted",
        SecretClass::Reference => "reference",
        SecretClass::Template => "template",
        SecretClass::Weak => "weak",
        SecretClass::Placeholder => "placeholder",
        SecretClass::Plain | SecretClass::Benign => "plain",
    }
}

/// What `secret-class` says of each.
fn by_rules(texts: &[String]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        cwd: folder.path().to_owned(),
        paths: vec![folder.path().to_owned()],
        ..Settings::default()
    };
    let project = Project::new(settings, Arc::new(Disk));
    let quoted: Vec<String> = texts.iter().map(|text| format!("'{text}'")).collect();
    let expression = format!("[secret-class(it) for it in [{}]]", quoted.join(", "));
    let answers = ask(&project, Path::new(""), &expression);
    let answers = answers.unwrap_or_else(|it| panic!("{:?}", it.diagnostics));
    answers[0].value.clone()
}

fn by_values(texts: &[String]) -> String {
    let class = |text: &String| word(classify(text, &SecretContext::default()));
    format!("{:?}", texts.iter().map(class).collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn rules_and_longer_texts_tell_the_same_of_a_secret(
        texts in prop::collection::vec((prop::sample::select(STARTS), prop::collection::vec(prop::sample::select(PIECES), 1..5)), 200)
    ) {
        let texts: Vec<String> = texts.iter().map(|(start, it)| format!("{start}{}", it.concat())).collect();
        let (rules, values) = (by_rules(&texts), by_values(&texts));
        if rules != values {
            let pairs = rules.split(", ").zip(values.split(", ")).zip(&texts);
            let apart: Vec<_> = pairs.filter(|((a, b), _)| a.trim_matches(['[', ']']) != b.trim_matches(['[', ']'])).collect();
            prop_assert!(false, "{apart:?}");
        }
    }
}
