//! What a text reveals about the secret it is or holds: how it is kept, whether its value is visible, what shape it has.
//!
//! Pure functions over a text. Masking, rules and the value model share them, so they agree. Key names are not considered here.

mod class;
mod hidden;
mod tokens;

pub use class::{
    SecretClass, classify, is_in_the_clear, is_open_reference, is_placeholder, is_weak,
};
pub use hidden::{
    Encryption, HiddenText, OTHER_PREFIXES, hidden_text, may_hide, whole_file_encryption,
};
pub use tokens::{
    TokenShape, has_token, is_filled, is_hidden_text, is_random, names_private_key, token_shape,
};
