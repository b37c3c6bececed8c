//! What a text reveals about the secret it is or holds: how it is kept, whether its value is visible, what shape it has.
//!
//! Pure functions over a text. Masking, rules and the value model share them, so they agree. Key names are not considered here.

mod class;
mod comments;
mod hidden;
mod tokens;

pub use class::{
    SecretClass, classify, is_placeholder, is_plaintext_reference, is_plaintext_secret, is_weak,
};
pub use comments::{CommentedSecret, commented_secrets, may_be_commented_secret};
pub use hidden::{
    Encryption, HiddenText, OTHER_PREFIXES, hidden_text, may_hide, whole_file_encryption,
};
pub use tokens::{
    TokenShape, has_token, is_credential, is_filled, is_random, mentions_private_key, token_shape,
};
