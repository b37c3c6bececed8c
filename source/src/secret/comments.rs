//! Credentials in comments.
//!
//! INVARIANT: only shapes that nothing else has count, and only if they look generated: comments are full of examples, and a key name
//! beside a word says little there.

use super::tokens::{TokenShape, is_filled, token_shape};

/// The number of lines of a private key that are searched for its body.
const KEY_LINES: usize = 4;

/// A credential in a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommentedSecret {
    /// The index of the line that contains it; of a private key, the first one.
    pub line: usize,
    /// What it is.
    pub shape: TokenShape,
}

/// The credentials in a comment, given its lines from their `#` on; at most one for each line.
pub fn commented_secrets(lines: &[&str]) -> Vec<CommentedSecret> {
    let mut found = Vec::new();
    let mut in_key = false;
    let has_key = |lines: &[&str]| lines.iter().any(|line| words(line).any(is_aws_secret_key));
    for (at, line) in lines.iter().enumerate() {
        if in_key {
            in_key = !line.contains("-----END");
            continue;
        }
        let shape = if begins_private_key(line) {
            in_key = !line.contains("-----END");
            has_body(&lines[at..]).then_some(TokenShape::PrivateKey)
        } else {
            let mut tokens = words(line).filter(|it| is_generated(it));
            tokens.find_map(|word| match token_shape(word)? {
                // An identifier, unless the key that belongs to it is there as well.
                TokenShape::AwsKeyId => {
                    let near = &lines[at.saturating_sub(2)..lines.len().min(at + 3)];
                    has_key(near).then_some(TokenShape::AwsKeyId)
                }
                // Often part of an explanation.
                TokenShape::UrlPassword | TokenShape::Authorization => None,
                shape => Some(shape),
            })
        };
        found.extend(shape.map(|shape| CommentedSecret { line: at, shape }));
    }
    found
}

/// True if a line of a comment contains a part of what [`commented_secrets`] finds, other than the body of a private key.
pub fn may_be_commented_secret(line: &str) -> bool {
    let mut tokens = words(line).filter(|it| is_generated(it));
    tokens.any(|word| token_shape(word).is_some() || is_aws_secret_key(word))
}

/// The words of a comment, without what may surround a token.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let between = |c: char| c.is_whitespace() || "\"'`,;=#()[]{}<>|".contains(c);
    line.split(between)
        .map(|word| word.trim_end_matches(['.', ':']))
        .filter(|word| word.len() >= 16)
}

/// False for what only shows the form of a token: `glpat-xxxxxxxxxxxxxxxxxxxx`, `ghp_your_token_goes_here`, `AKIAIOSFODNN7EXAMPLE`.
fn is_generated(word: &str) -> bool {
    let mut kinds: Vec<u8> = word.bytes().filter(u8::is_ascii_alphanumeric).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let lower = word.to_ascii_lowercase();
    let stands_for = ["example", "xxxx", "your", "12345678", "abcdef", "redacted"];
    kinds.len() >= 8
        && word.bytes().any(|it| it.is_ascii_digit())
        && !stands_for.iter().any(|it| lower.contains(it))
}

/// True for text with the length, the characters and the mix of an AWS secret access key.
fn is_aws_secret_key(word: &str) -> bool {
    let has = |test: fn(&u8) -> bool| word.as_bytes().iter().any(test);
    word.len() == 40
        && word
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'/' || it == b'+')
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && is_generated(word)
}

fn begins_private_key(line: &str) -> bool {
    let label = line
        .split_once("-----BEGIN ")
        .and_then(|(_, it)| it.split_once("-----"));
    label.is_some_and(|(label, _)| {
        label.ends_with("PRIVATE KEY") || label.ends_with("KEY BLOCK") && label.contains("PRIVATE")
    })
}

/// True if one of the first lines of a private key is part of its body, not dots or a note that stands for it.
fn has_body(lines: &[&str]) -> bool {
    let mut body = lines.iter().take(KEY_LINES).flat_map(|line| {
        let after = line.rsplit_once("-----").map_or(*line, |(_, it)| it);
        let before_end = line.split("-----END").next().unwrap_or_default();
        let inside = before_end.split("PRIVATE KEY-----").nth(1);
        [after, inside.unwrap_or_default()]
    });
    body.any(|text| {
        let text = text.trim_start_matches('#').trim();
        text.len() >= 32
            && is_filled(text)
            && is_generated(text)
            && text
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || b"+/=\\".contains(&it))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes(comment: &str) -> Vec<(usize, TokenShape)> {
        let lines: Vec<&str> = comment.lines().collect();
        let found = commented_secrets(&lines).into_iter();
        found.map(|it| (it.line, it.shape)).collect()
    }

    const BODY: &str = "MC4CAQAwBQYDK2VwBCIEIA7t2QmV9zP4sK1hXb6RcUeYw0LdJfNgZo3TqSvIpM8x";

    #[test]
    fn finds_what_can_only_be_a_credential() {
        let github = format!("# old: ghp_{}", "8fKq2ZbT6wXy1LmN4vRs7HdJc0PaEuGi93Qo");
        assert_eq!(shapes(&github), [(0, TokenShape::GithubToken)]);
        let key = format!(
            "# tlsKey: |\n#   -----BEGIN PRIVATE KEY-----\n#   {BODY}\n#   -----END PRIVATE KEY-----\n# after"
        );
        assert_eq!(shapes(&key), [(1, TokenShape::PrivateKey)]);
        let one_line = format!(
            "# key: \"-----BEGIN EC PRIVATE KEY-----\\n{BODY}\\n-----END EC PRIVATE KEY-----\""
        );
        assert_eq!(shapes(&one_line), [(0, TokenShape::PrivateKey)]);
        let jwt =
            "# token=eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ3aXJlLTkxIn0.q7Zt2VbX8mKp4LsR1wYcU6dHfJ0Na3Eo";
        assert_eq!(shapes(jwt), [(0, TokenShape::Jwt)]);
        let id = format!("# awsKeyId: AKIA{}", "4QW7ZTRB2MKXHN6P");
        assert_eq!(shapes(&id), []);
        let pair = format!("{id}\n# awsSecretKey: q7Zt2VbX8mKp4LsR1wYcU6dHfJ0Na3Eo/+ZkT5Wv");
        assert_eq!(shapes(&pair), [(0, TokenShape::AwsKeyId)]);
    }

    #[test]
    fn passes_over_examples_and_identifiers() {
        for comment in [
            "# awsKeyId: AKIAIOSFODNN7EXAMPLE\n# awsSecretKey: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "# token: glpat-xxxxxxxxxxxxxxxxxxxx",
            "# token: ghp_your_personal_token_of_2024",
            "# -----BEGIN PRIVATE KEY-----\n# ....\n# -----END PRIVATE KEY-----",
            "# -----BEGIN PRIVATE KEY-----\n# <the key, as created by openssl genpkey>\n# -----END PRIVATE KEY-----",
            "# the file starts with -----BEGIN PRIVATE KEY-----",
            "# httpProxy: http://user:password@proxy:8080",
            "# password: change-me",
            "# sha256: 7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069",
            "#ENC[AES256_GCM,data:q7Zt2VbX8mKp4LsR1wYc=,iv:q7Zt2VbX8mKp4LsR1wYcU6dHfJ0Na3Eo,tag:q7Zt2VbX8mKp,type:comment]",
        ] {
            assert_eq!(shapes(comment), [], "{comment}");
        }
    }
}
