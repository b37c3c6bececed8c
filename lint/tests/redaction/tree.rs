//! Trees with random secrets written in many ways, which neither the library nor the command may reveal.

use std::fmt::Write as _;

use lint::files::Memory;

/// A pseudorandom number generator with a fixed seed.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    /// Letters that form neither a word nor a hexadecimal number, from one or several scripts, and characters that are special in
    /// YAML and JSON.
    fn secret(&mut self) -> String {
        const LETTERS: &[char] = &[
            'Q', 'X', 'Z', 'J', 'K', 'V', 'W', 'Y', 'q', 'x', 'z', 'j', 'k', 'v', 'w', 'y', '0',
            '1', '2', '3', '4', '5', '6', '7', '8', '9', '-', '_',
        ];
        const FOREIGN: &[char] = &[
            'ä', 'ß', 'Ж', 'щ', 'λ', '漢', '字', '€', '😀', '🔑', 'Q', 'z',
        ];
        const SIGNS: &[char] = &[
            '!', '%', '\'', '"', '\\', '#', ':', '@', '{', '}', '[', ']', ',', '&', '*',
        ];
        let length = 4 + self.roll(24);
        let letters = if self.roll(3) == 0 { FOREIGN } else { LETTERS };
        let mut text = String::from("Q");
        for at in 1..length {
            let odd = at > 4 && self.roll(8) == 0;
            let from = if odd { SIGNS } else { letters };
            text.push(from[self.roll(from.len() as u64) as usize]);
        }
        text
    }
}

/// True for a character that every way of writing a secret leaves unchanged.
fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_') || !c.is_ascii()
}

/// A tree with secrets written in many ways, and the parts of them that no output may contain.
pub(crate) fn tree(dice: &mut Dice) -> (Memory, Vec<String>) {
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
        let bare = secret.replace(|c: char| !c.is_alphanumeric(), "x");
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
    let shared = new(dice).replace(|c: char| !c.is_alphanumeric(), "x");
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
    if dice.roll(3) == 0 {
        let set = dice.secret();
        let config = format!(
            "deployments:\n  main:\n    releases:\n      wire-server:\n        values: [values/wire-server/values.yaml]\n        secrets: [values/wire-server/secrets.yaml]\n        set: {{\"brig.secrets.rabbitmq.password\": {}}}\n",
            quoted(&set)
        );
        files.insert("/t/dogwatch.yaml", config.into_bytes());
        secrets.push(set);
    }
    let mut parts = Vec::new();
    for secret in &secrets {
        parts.extend(
            secret
                .split(|c| !is_letter(c))
                .filter(|it| it.chars().count() >= 4)
                .map(str::to_owned),
        );
    }
    (files, parts)
}
