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

/// So many bytes are looked over at once.
const SURVEYED: usize = 1024;

/// Looks over the whole text once. The characters Helm refuses are those of go-yaml's reader (`readerc.go`): C0, DEL and
/// C1 without tab, line breaks and U+0085, and U+FFFE and U+FFFF.
pub(super) fn survey(text: &[u8]) -> Survey {
    let mut survey = Survey::default();
    for (piece, bytes) in text.chunks(SURVEYED).enumerate() {
        // Branchless, so that sixteen bytes are looked at in one go.
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
    /// Looks at each byte of a piece of the text.
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

/// Each byte of a word.
const fn everywhere(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The highest bit of each byte of a word that is less than `limit`. Above the lowest such byte others may be marked too.
const fn below(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(everywhere(limit)) & !word & everywhere(0x80)
}

/// The next eight bytes, the first lowest.
#[inline(always)]
fn word(text: &[u8], at: usize) -> Option<u64> {
    let chunk = text.get(at..)?.first_chunk::<8>()?;
    Some(u64::from_le_bytes(*chunk))
}

/// Where the next byte is that ends plain text or is below a blank; the end of the text if there is none.
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

/// Where the next byte of a class is; the end of the text if there is none.
#[inline(always)]
pub(super) fn class_stop(text: &[u8], at: usize, class: u8) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let run = rest
        .iter()
        .position(|byte| CLASS[*byte as usize] & class != 0);
    at + run.unwrap_or(rest.len())
}

/// Where the next byte is that is no blank; the end of the text if there is none. A tab is no blank here.
#[inline(always)]
pub(super) fn behind_blanks(text: &[u8], mut at: usize) -> usize {
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
