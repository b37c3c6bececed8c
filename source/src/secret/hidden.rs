//! Texts that stand for a value we cannot see: ciphertext, a vault reference, a template.

use memchr::memmem;

/// The tool or format that encrypts a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encryption {
    /// sops: `ENC[AES256_GCM,…]` per value.
    Sops,
    /// Ansible vault: `$ANSIBLE_VAULT;1.1;…`.
    AnsibleVault,
    /// age.
    Age,
    /// PGP message.
    Pgp,
    /// git-crypt: a binary file.
    GitCrypt,
}

impl Encryption {
    /// The name shown to people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sops => "sops",
            Self::AnsibleVault => "ansible-vault",
            Self::Age => "age",
            Self::Pgp => "PGP",
            Self::GitCrypt => "git-crypt",
        }
    }
}

/// Why a text does not show its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HiddenText {
    /// Ciphertext.
    Encrypted(Encryption),
    /// A reference that a tool resolves before the text is used: vals (`ref+vault://…`), Argo CD Vault Plugin
    /// (`<path:…>`), 1Password (`op://…`), bank-vaults (`vault:…#…`).
    Reference,
    /// A template: `{{ … }}`, or an environment variable as `${NAME}` or `$A_NAME`.
    Template,
}

/// How a scalar's text hides its value; `None` if the text is the value.
///
/// A `${name}` counts only if the name is spelled like an environment variable or it is the whole text: mail templates are full of
/// lower-case `${key}`, which is part of the value.
pub fn hidden_text(text: &str) -> Option<HiddenText> {
    let trimmed = text.trim_start();
    // Nearly every scalar of a values file returns here.
    if !may_hide(trimmed) && !OTHER_PREFIXES.iter().any(|mark| trimmed.starts_with(mark)) {
        return None;
    }
    if let Some(encryption) = encrypted_text(trimmed) {
        return Some(HiddenText::Encrypted(encryption));
    }
    if is_reference(trimmed) {
        return Some(HiddenText::Reference);
    }
    is_template(trimmed).then_some(HiddenText::Template)
}

/// True if a text has one of the bytes that every hidden form needs, except the forms that begin with one of [`OTHER_PREFIXES`].
pub fn may_hide(text: &str) -> bool {
    text.bytes()
        .any(|byte| matches!(byte, b'[' | b'{' | b':' | b';' | b'+'))
}

/// Prefixes of hidden forms that need not contain any of the bytes of [`may_hide`].
pub const OTHER_PREFIXES: &[&str] = &["-----BEGIN", "age-encryption.org", "$"];

fn encrypted_text(text: &str) -> Option<Encryption> {
    if text.starts_with("ENC[") {
        return Some(Encryption::Sops);
    }
    whole_text_marker(text)
}

fn whole_text_marker(text: &str) -> Option<Encryption> {
    if text.starts_with("$ANSIBLE_VAULT;") {
        Some(Encryption::AnsibleVault)
    } else if text.starts_with("-----BEGIN AGE ENCRYPTED FILE-")
        || text.starts_with("age-encryption.org/v1")
    {
        Some(Encryption::Age)
    } else if text.starts_with("-----BEGIN PGP MESSAGE-") {
        Some(Encryption::Pgp)
    } else {
        None
    }
}

/// Detects a file encrypted as a whole by its first bytes. Such a file is not YAML, whatever it looks like.
pub fn whole_file_encryption(bytes: &[u8]) -> Option<Encryption> {
    if bytes.starts_with(b"\0GITCRYPT\0") {
        return Some(Encryption::GitCrypt);
    }
    let head = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let head = &head[..head.len().min(256)];
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or(""),
    };
    whole_text_marker(text.trim_start())
}

fn is_reference(text: &str) -> bool {
    text.starts_with("secretref+")
        || text
            .strip_prefix("op://")
            .is_some_and(|it| !it.trim().is_empty())
        || names_vault_key(text)
        || text.starts_with(">>vault:")
        || has_angled_reference(text)
        || has_vals_reference(text)
}

/// `<path:…>`, `<vault:…>`, `<secret:…>` anywhere in a text, as used by Argo CD plugins.
fn has_angled_reference(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_reference = |rest: &str| {
        let name = ["path:", "vault:", "secret:"].iter();
        let name = name.filter_map(|it| rest.strip_prefix(it)).next();
        name.is_some_and(|it| it.starts_with(|c: char| !c.is_whitespace() && c != '>'))
    };
    memchr::memchr_iter(b'<', bytes).any(|at| is_reference(&text[at + 1..]))
}

/// `vault:path#key`
fn names_vault_key(text: &str) -> bool {
    let rest = text.strip_prefix("vault:").unwrap_or_default().as_bytes();
    rest.windows(3).any(|around| around[1] == b'#')
}

/// `ref+provider://` anywhere: vals also resolves references inside a longer text.
fn has_vals_reference(text: &str) -> bool {
    vals_provider(text).is_some()
}

/// The longest provider name considered, in bytes.
const MAX_PROVIDER: usize = 32;

/// The longest variable with its default considered, in bytes.
const MAX_VARIABLE: usize = 1024;

/// The first `count` bytes of a text, or up to three fewer so as not to split a character. Bounds the work of searches that start at many
/// places of a long text.
fn first_bytes(text: &str, count: usize) -> &str {
    let end = (0..=count.min(text.len())).rev();
    let mut ends = end.take(4).filter(|at| text.is_char_boundary(*at));
    &text[..ends.next().unwrap_or(0)]
}

/// The provider of the first vals reference in the text: `vault` of `ref+vault://…`.
pub(super) fn vals_provider(text: &str) -> Option<&str> {
    memmem::find_iter(text.as_bytes(), b"ref+").find_map(|at| {
        let rest = first_bytes(text.get(at + 4..)?, MAX_PROVIDER + 3);
        let (provider, _) = rest.split_once("://")?;
        let named = !provider.is_empty()
            && provider.len() <= MAX_PROVIDER
            && provider
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        named.then_some(provider)
    })
}

fn is_template(text: &str) -> bool {
    // Kubernetes references between variables: `$(NAME)`.
    let variable = text.strip_prefix("$(").and_then(|it| it.strip_suffix(')'));
    if variable.is_some_and(|name| {
        let mut bytes = name.bytes();
        !name.is_empty() && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    }) {
        return true;
    }
    // Dex and Grafana configuration: `$DEX_SECRET`, `$__env{NAME}`.
    if let Some(name) = text.strip_prefix('$').map(str::trim_end) {
        let upper = name.bytes().any(|byte| byte.is_ascii_uppercase());
        let variable =
            |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        let grafana = ["__env{", "__file{", "__vault{"];
        let named = upper && name.contains('_') && name.bytes().all(variable);
        if named || name.ends_with('}') && grafana.iter().any(|it| name.starts_with(it)) {
            return true;
        }
    }
    let open = memmem::find(text.as_bytes(), b"{{");
    if open.is_some_and(|open| memmem::find(&text.as_bytes()[open + 2..], b"}}").is_some()) {
        return true;
    }
    memmem::find_iter(text.as_bytes(), b"${").any(|at| {
        let rest = text.get(at + 2..).unwrap_or_default();
        let Some((name, _)) = first_bytes(rest, MAX_VARIABLE).split_once('}') else {
            return false;
        };
        let after = &rest[name.len() + 1..];
        let whole = at == 0 && after.trim_end().is_empty();
        let name = name.split([':', '-', '=']).next().unwrap_or(name);
        let word = !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        word && (whole || !name.bytes().any(|byte| byte.is_ascii_lowercase()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detects_hidden_texts() {
        use HiddenText::{Encrypted, Reference, Template};
        let cases = [
            (
                "ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]",
                Some(Encrypted(Encryption::Sops)),
            ),
            (
                "$ANSIBLE_VAULT;1.1;AES256\n6162",
                Some(Encrypted(Encryption::AnsibleVault)),
            ),
            (
                "-----BEGIN PGP MESSAGE-----\nx",
                Some(Encrypted(Encryption::Pgp)),
            ),
            (
                "age-encryption.org/v1\n-> X25519",
                Some(Encrypted(Encryption::Age)),
            ),
            ("ref+vault://kv/wire#/smtp", Some(Reference)),
            ("http://ref+awsssm://host:80", Some(Reference)),
            ("secretref+vault://x", Some(Reference)),
            ("<path:kv/data/x#key>", Some(Reference)),
            ("https://x.<secret:domain>/", Some(Reference)),
            ("<vault:kv/data/x~key>", Some(Reference)),
            ("<secret: of yours>", None),
            ("<secret:>", None),
            ("op://vault/item/field", Some(Reference)),
            ("vault:secret/data/x#key", Some(Reference)),
            ("{{ .Values.x }}", Some(Template)),
            ("https://${DOMAIN}/x", Some(Template)),
            ("${DOMAIN:-x}", Some(Template)),
            ("${key}", Some(Template)),
            ("{{ ${DOMAIN}", Some(Template)),
            ("{{ x", None),
            ("$(DB_PASSWORD)", Some(Template)),
            ("$OIDC_CLIENT_SECRET", Some(Template)),
            ("$__env{GF_SECRET}", Some(Template)),
            ("$__file{/etc/secrets/pw}", Some(Template)),
            ("$ECRET", None),
            ("$2a$10$abcdef", None),
            ("$apr1_x", None),
            ("$(date +%s)", None),
            ("x=$(A)", None),
            ("https://x/verify?key=${key}&code=${code}", None),
            ("vault:8200", None),
            ("vault:#x", None),
            ("vault:hunter2#", None),
            ("a ref+ b", None),
            ("preference+x", None),
            ("{{ open", None),
            ("plain", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(hidden_text(text), expected, "{text}");
        }
    }

    #[test]
    fn detects_whole_file_encryption_by_first_bytes() {
        assert_eq!(
            whole_file_encryption(b"\0GITCRYPT\0\xff\xfe"),
            Some(Encryption::GitCrypt)
        );
        assert_eq!(
            whole_file_encryption(b"$ANSIBLE_VAULT;1.1;AES256\n"),
            Some(Encryption::AnsibleVault)
        );
        assert_eq!(
            whole_file_encryption(b"age-encryption.org/v1\n-> X\n\xff\xff"),
            Some(Encryption::Age)
        );
        assert_eq!(whole_file_encryption(b"a: ENC[x]\n"), None);
    }
}
