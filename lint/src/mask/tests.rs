//! What is masked in a text on its own, whatever it contains and however large it is.

use source::SourceId;

use super::*;

fn shown(text: &str) -> String {
    crate::shown::excerpt(&masked_yaml(&Document::parse(SourceId(0), text))).into_owned()
}

#[test]
fn a_secret_above_very_many_values_is_masked() {
    let mut text = "smtpPassword: swordfish\nlist:\n".to_owned();
    text.push_str(&"- a\n".repeat(200_001));
    let shown = shown(&text);
    assert!(shown.starts_with("smtpPassword: ****\nlist:\n- a\n"));
    assert!(shown.ends_with("\n- a\n"));
}

#[test]
fn where_more_stands_behind_aliases_than_is_looked_at_all_that_they_lead_to_is_masked() {
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
fn the_value_behind_an_alias_is_masked_whatever_else_calls_it_by_name() {
    let text = "extra: &pw swordfish # dogwatch: allow x\nnote: \"see &pw above\"\npassword: *pw\n";
    let shown = shown(text);
    assert!(!shown.contains("swordfish"), "{shown}");
    assert!(shown.contains("note: \"see &pw above\""), "{shown}");
}

#[test]
fn of_a_text_that_only_looks_like_an_anchor_nothing_is_masked() {
    let text = "password: *pw\nnote: a &pw b\nother: clear\n";
    let shown = shown(text);
    assert!(shown.contains("note: a &pw b\nother: clear"), "{shown}");
}

#[test]
fn an_alias_beside_a_name_that_is_a_secrets_hides_what_it_leads_to() {
    let text = "extra: &pw swordfish\nenv:\n- name: SMTP_PASSWORD\n  value: *pw\n";
    assert!(!shown(text).contains("swordfish"));
}

#[test]
fn a_secret_of_several_lines_is_masked_to_its_end_also_where_a_text_is_broken() {
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
fn an_address_with_a_password_is_masked_whatever_it_is_called() {
    let text = "httpProxy: http://me:swordfish@proxy:3128\n# was: http://me:swordfish@old\nplain: http://proxy\n";
    for text in [text.to_owned(), format!("a: [1\n{text}")] {
        let shown = shown(&text);
        assert!(!shown.contains("swordfish"), "{shown}");
        assert!(shown.contains("plain: http://proxy"), "{shown}");
    }
}

#[test]
fn what_stands_in_a_later_document_is_masked_too() {
    let text = "a: 1\n---\nsmtpPassword: swordfish\nenv: [{name: SMTP_PASSWORD, value: trout}]\nplain: clear\n";
    let shown = shown(text);
    assert!(!shown.contains("swordfish") && !shown.contains("trout"));
    assert!(shown.contains("plain: clear"), "{shown}");
}

#[test]
fn the_lines_of_a_private_key_are_masked_in_comments_and_where_a_text_is_broken() {
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
fn words_of_a_comment_that_speak_of_a_password_are_masked_with_it() {
    let text = "# before May the password was sw0rdfish\na: 1 # the old token: sw0rdfish\n# passwords are in the vault\n";
    let shown = shown(text);
    assert!(!shown.contains("sw0rdfish"), "{shown}");
    assert!(shown.contains("# passwords are in the vault"), "{shown}");
}
