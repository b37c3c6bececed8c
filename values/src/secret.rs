//! Which values are secret, and in what state a secret is: encrypted, a reference, a placeholder, plain.
//!
//! Pure functions over a text or a path. Masking, rules and the model itself ask here, so that they agree.

mod classify;
mod hidden;
mod manifest;
mod maybe;
mod paths;
mod settings;
mod shapes;

pub use classify::{SecretClass, SecretContext, classify, is_in_the_clear};
pub use hidden::{Encryption, HiddenText, hidden_text, whole_file_encryption};
pub(crate) use hidden::{LONE_MARKS, SET_ELSEWHERE, SET_ITEM, may_hide};
pub use manifest::{held_in_manifest, is_surely_secret, surely_held_in_manifest};
pub(crate) use maybe::{MayName, is_handed_on, is_made_by_chance, is_named};
pub use maybe::{may_be_secret, may_name_secret};
pub(crate) use paths::{Names, calls_itself};
pub use paths::{Sensitivity, declared_sensitivity, is_secret_key, is_secret_path, sensitivity};
pub use settings::secret_setting;
pub use shapes::{TokenShape, is_hidden_text, is_secret_text, token_shape};
