//! What is masked in a text on its own, whatever it contains and however large it is.

use source::SourceId;

use super::*;

fn shown(text: &str) -> String {
    crate::shown::excerpt(&masked_yaml(&Document::parse(SourceId(0), text))).into_owned()
}

#[test]
fn masks_secrets_in_very_large_files() {
    let mut text = "smtpPassword: swordfish\nlist:\n".to_owned();
    text.push_str(&"- a\n".repeat(200_001));
    let shown = shown(&text);
    assert!(shown.starts_with("smtpPassword: ****\nlist:\n- a\n"));
    assert!(shown.ends_with("\n- a\n"));
}

#[test]
fn masks_alias_targets_beyond_the_expansion_limit() {
    let mut text = "smtp: &smtp\n  user: swordfish\nsecrets: *smtp\nplain: clear\n".to_owned();
    // As many as Helm accepts: it rejects texts that consist mostly of aliases.
    let aliases = ["*big"; 70].join(", ");
    text.push_str(&format!("big: &big\n{}", "- x\n".repeat(3000)));
    text.push_str(&format!("all: [{aliases}]\n"));
    let shown = shown(&text);
    assert!(!shown.contains("swordfish"));
    assert!(shown.contains("plain: clear"));
}

#[test]
fn masks_the_anchor_behind_a_secret_alias() {
    let text = "extra: &pw swordfish # dogwatch: allow x\nnote: \"see &pw above\"\npassword: *pw\n";
    let shown = shown(text);
    assert!(!shown.contains("swordfish"), "{shown}");
    assert!(shown.contains("note: \"see &pw above\""), "{shown}");
}

#[test]
fn does_not_mask_text_resembling_an_anchor() {
    let text = "password: *pw\nnote: a &pw b\nother: clear\n";
    let shown = shown(text);
    assert!(shown.contains("note: a &pw b\nother: clear"), "{shown}");
}

#[test]
fn masks_aliases_in_secret_environment_variables() {
    let text = "extra: &pw swordfish\nenv:\n- name: SMTP_PASSWORD\n  value: *pw\n";
    assert!(!shown(text).contains("swordfish"));
}

#[test]
fn masks_lists_that_a_helmfile_sets() {
    let text = "set:\n- name: brig.secrets.smtpPassword\n  values: [swordfish, &pw trout]\n- {name: other, values: [clear]}\n";
    let shown = shown(text);
    assert!(
        !shown.contains("swordfish") && !shown.contains("trout"),
        "{shown}"
    );
    assert!(shown.contains("[clear]"), "{shown}");
}

#[test]
fn masks_multiline_secrets_in_broken_yaml() {
    for text in [
        "a: [1\nsmtpPassword: \"trout\nfish \\\" trout\nfish\" # why\nplain: clear\n",
        "a: [1\nx: {y: 1, smtpPassword: 'trout\nfish'}\nplain: clear\n",
    ] {
        let shown = shown(text);
        assert!(
            !shown.contains("trout") && !shown.contains("fish"),
            "{shown}"
        );
        assert!(shown.contains("plain: clear"), "{shown}");
    }
}

#[test]
fn masks_urls_with_passwords_under_any_key() {
    let text = "httpProxy: http://me:swordfish@proxy:3128\n# was: http://me:swordfish@old\nplain: http://proxy\n";
    for text in [text.to_owned(), format!("a: [1\n{text}")] {
        let shown = shown(&text);
        assert!(!shown.contains("swordfish"), "{shown}");
        assert!(shown.contains("plain: http://proxy"), "{shown}");
    }
}

#[test]
fn masks_secrets_in_later_documents() {
    let text = "a: 1\n---\nsmtpPassword: swordfish\nenv: [{name: SMTP_PASSWORD, value: trout}]\nplain: clear\n";
    let shown = shown(text);
    assert!(!shown.contains("swordfish") && !shown.contains("trout"));
    assert!(shown.contains("plain: clear"), "{shown}");
}

#[test]
fn masks_private_keys_in_comments_and_broken_yaml() {
    for text in [
        "tls: |\n    -----BEGIN PRIVATE KEY-----\n  sword\n    fish\n    -----END PRIVATE KEY-----\nplain: clear\n",
        "# -----BEGIN RSA PRIVATE KEY-----\n# sword\n# fish\n# -----END RSA PRIVATE KEY-----\nplain: clear\n",
    ] {
        let shown = shown(text);
        assert!(
            !shown.contains("sword") && !shown.contains("fish"),
            "{shown}"
        );
        assert!(shown.ends_with("plain: clear\n"), "{shown}");
    }
    let shown =
        shown("# -----BEGIN CERTIFICATE-----\n# shown\n# -----END CERTIFICATE-----\na: 1\n");
    assert!(shown.contains("# shown\n"), "{shown}");
}

#[test]
fn masks_passwords_mentioned_in_comments() {
    let text = "# before May the password was sw0rdfish\na: 1 # the old token: sw0rdfish\n# passwords are in the vault\n";
    let shown = shown(text);
    assert!(!shown.contains("sw0rdfish"), "{shown}");
    assert!(shown.contains("# passwords are in the vault"), "{shown}");
}
