//! Byte classes for the performance-critical loops.

/// Ends a run of plain text, or needs a closer look: `:` and `#`, line breaks, the end.
pub(super) const PLAIN: u8 = 1;
/// Ends a run of plain text inside brackets.
pub(super) const FLOW: u8 = 2;
/// Starts the encoding of a YAML 1.1 line break: U+0085, U+2028, U+2029.
pub(super) const ODD: u8 = 4;
/// Allowed in the name of an anchor.
pub(super) const NAME: u8 = 8;
/// Allowed in a tag.
pub(super) const TAG: u8 = 16;

/// Always starts plain text.
pub(super) const FIRST: u8 = 32;
/// May start plain text that is not a string: a number, a boolean, null.
pub(super) const TYPED: u8 = 64;
/// Starts a token: not a blank, line break or comment.
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
        // Bytes that may start a YAML 1.1 line break need a closer look.
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

/// What a text contains that the fast loops do not check for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Survey {
    /// The offset of the first control character.
    pub(super) control: Option<usize>,
    /// True if there are YAML 1.1 line breaks or lone carriage returns.
    pub(super) odd_breaks: bool,
}

/// Bytes surveyed at once.
const SURVEYED: usize = 1024;

/// Scans the whole text once. Helm rejects the control characters of go-yaml's reader (`readerc.go`): C0, DEL and C1 except tab, line
/// breaks and U+0085, plus U+FFFE and U+FFFF.
pub(super) fn survey(text: &[u8]) -> Survey {
    let mut survey = Survey::default();
    for (piece, bytes) in text.chunks(SURVEYED).enumerate() {
        // Branchless, so it vectorizes to sixteen bytes at a time.
        let usual = bytes.iter().fold(true, |usual, &byte| {
            let printable = byte.wrapping_sub(b' ') < 0x7f - b' ';
            usual & (printable | (byte == b'\n') | (byte == b'\t'))
        });
        if !usual {
            survey.look(text, piece * SURVEYED, bytes.len());
        }
    }
    survey
}

impl Survey {
    /// Checks each byte of a piece of the text.
    fn look(&mut self, text: &[u8], start: usize, length: usize) {
        for at in start..start + length {
            self.look_at(text, at);
        }
    }

    fn look_at(&mut self, text: &[u8], at: usize) {
        let next = |by: usize| text.get(at + by).copied().unwrap_or(0);
        let byte = next(0);
        let control = match byte {
            b'\t' | b'\n' => false,
            b'\r' => {
                self.odd_breaks |= next(1) != b'\n';
                false
            }
            0..0x20 | 0x7f => true,
            0xC2 if next(1) == 0x85 => {
                self.odd_breaks = true;
                false
            }
            0xC2 => next(1) < 0xA0,
            0xE2 if next(1) == 0x80 && matches!(next(2), 0xA8 | 0xA9) => {
                self.odd_breaks = true;
                false
            }
            0xEF => next(1) == 0xBF && matches!(next(2), 0xBE | 0xBF),
            _ => false,
        };
        if control && self.control.is_none() {
            self.control = Some(at);
        }
    }
}

/// A word with this value in every byte.
const fn everywhere(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Sets the highest bit of each byte of a word that is less than `limit`. Bytes above the lowest such byte may be marked wrongly.
const fn below(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(everywhere(limit)) & !word & everywhere(0x80)
}

/// The next eight bytes in little-endian order.
#[inline(always)]
fn word(text: &[u8], at: usize) -> Option<u64> {
    let chunk = text.get(at..)?.first_chunk::<8>()?;
    Some(u64::from_le_bytes(*chunk))
}

/// The offset of the next `:`, `#` or byte below a space; the end of the text if there is none.
#[inline(always)]
pub(super) fn plain_stop(text: &[u8], mut at: usize) -> usize {
    while let Some(word) = word(text, at) {
        let colons = below(word ^ everywhere(b':'), 1);
        let hashes = below(word ^ everywhere(b'#'), 1);
        let found = below(word, b' ') | colons | hashes;
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    class_stop(text, at, PLAIN)
}

/// The offset of the next byte of a class; the end of the text if there is none.
#[inline(always)]
pub(super) fn class_stop(text: &[u8], at: usize, class: u8) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let run = rest
        .iter()
        .position(|byte| CLASS[*byte as usize] & class != 0);
    at + run.unwrap_or(rest.len())
}

/// The offset of the next byte other than a space; the end of the text if there is none.
#[inline(always)]
pub(super) fn skip_blanks(text: &[u8], mut at: usize) -> usize {
    while let Some(word) = word(text, at) {
        let other = word ^ everywhere(b' ');
        if other != 0 {
            return at + other.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while text.get(at) == Some(&b' ') {
        at += 1;
    }
    at
}
