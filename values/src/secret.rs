//! Which values are secret, judged by their path and text, and why a value is not visible. What a text alone reveals is in
//! [`source::secret`].
//!
//! Pure functions over a text or a path. Masking, rules and the model share them, so they agree.

mod manifest;
mod maybe;
mod paths;
mod settings;
mod unseen;

pub use manifest::{definite_manifest_secrets, is_definite_secret, manifest_secrets};
pub(crate) use maybe::{
    PossibleSecretName, is_random_secret, may_be_secret_by_path, passes_secret,
};
pub use maybe::{may_be_secret, may_name_secret};
pub(crate) use paths::{Names, repeats_key};
pub use paths::{Sensitivity, declared_sensitivity, is_secret_key, is_secret_path, sensitivity};
pub use settings::{is_secret_text, secret_setting};
pub use unseen::HiddenReason;
pub(crate) use unseen::{SET_ELSEWHERE, SET_ITEM, unseen};
