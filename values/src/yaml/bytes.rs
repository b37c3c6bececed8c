//! Classes of bytes, for the loops that decide the speed.

/// Ends a run of plain text anywhere, or is looked at before it goes on: `:` and `#`, line breaks, the end.
pub(super) const PLAIN: u8 = 1;
/// Ends it between brackets.
pub(super) const FLOW: u8 = 2;
/// Starts the encoding of a line break that only YAML 1.1 knows: U+0085, U+2028, U+2029.
pub(super) const ODD: u8 = 4;
/// May stand in the name of an anchor.
pub(super) const NAME: u8 = 8;
/// May stand in a tag.
pub(super) const TAG: u8 = 16;

/// Starts plain text wherever it stands, and nothing else.
pub(super) const FIRST: u8 = 32;
/// May start plain text that is no string: a number, a boolean, null.
pub(super) const TYPED: u8 = 64;
/// A token starts here: no blank, no line break, no comment.
pub(super) const TOKEN: u8 = 128;

pub(super) static CLASS: [u8; 256] = table();

const fn table() -> [u8; 256] {
    let mut table = [0u8; 256];
    set(&mut table, b"\0\n\r:#", PLAIN | FLOW);
    set(&mut table, b",?[]{}", FLOW);
    set(&mut table, b"\xC2\xE2", ODD);
    set(&mut table, b"-_", NAME | TAG);
    set(&mut table, b";/?:@&=+$.,!~*'()[]%", TAG);
    set(&mut table, b"_/($+;<=^~\\", FIRST);
    set(&mut table, b"yYnNtTfFoO~+-.0123456789", TYPED);
    let mut byte = 0;
    while byte < 256 {
        if (byte as u8).is_ascii_alphanumeric() {
            table[byte] |= NAME | TAG | FIRST;
        }
        // Bytes that start an odd line break are looked at more closely.
        if byte > b'#' as usize && table[byte] & ODD == 0
            || byte == b'!' as usize
            || byte == b'"' as usize
        {
            table[byte] |= TOKEN;
        }
        byte += 1;
    }
    table
}

const fn set(table: &mut [u8; 256], bytes: &[u8], class: u8) {
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize] |= class;
        at += 1;
    }
}

/// What a text holds that the fast loops do not look for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Survey {
    /// A control character, at this offset.
    pub(super) control: Option<usize>,
    /// Line breaks that only YAML 1.1 knows, or a carriage return on its own.
    pub(super) odd_breaks: bool,
}

/// Looks over the whole text once. The characters Helm refuses are those of go-yaml's reader (`readerc.go`): C0, DEL and
/// C1 without tab, line breaks and U+0085, and U+FFFE and U+FFFF.
pub(super) fn survey(text: &[u8]) -> Survey {
    let mut suspicious = false;
    for chunk in text.chunks(4096) {
        suspicious |= chunk.iter().fold(false, |found, &byte| {
            let control = byte < 0x20 && byte != b'\t' && byte != b'\n';
            found | control | (byte == 0x7f) | (byte == 0xC2) | (byte == 0xE2) | (byte == 0xEF)
        });
    }
    let mut survey = Survey::default();
    if !suspicious {
        return survey;
    }
    for (at, &byte) in text.iter().enumerate() {
        let next = |by: usize| text.get(at + by).copied().unwrap_or(0);
        let control = match byte {
            b'\t' | b'\n' => false,
            b'\r' => {
                survey.odd_breaks |= next(1) != b'\n';
                false
            }
            0..0x20 | 0x7f => true,
            0xC2 if next(1) == 0x85 => {
                survey.odd_breaks = true;
                false
            }
            0xC2 => next(1) < 0xA0,
            0xE2 if next(1) == 0x80 && matches!(next(2), 0xA8 | 0xA9) => {
                survey.odd_breaks = true;
                false
            }
            0xEF => next(1) == 0xBF && matches!(next(2), 0xBE | 0xBF),
            _ => false,
        };
        if control && survey.control.is_none() {
            survey.control = Some(at);
        }
    }
    survey
}
