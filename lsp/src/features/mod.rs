//! The editor features, one file each: stateless functions of a tree, a rule book and a place.

pub(crate) mod code_action;
pub(crate) mod code_lens;
pub(crate) mod declared;
pub(crate) mod effective;
pub(crate) mod folding;
pub(crate) mod host_keys;
pub(crate) mod inlay_hint;
pub(crate) mod keywords;
pub(crate) mod layers;
pub(crate) mod node_at;
pub(crate) mod rule_completion;
pub(crate) mod rule_hover;
pub(crate) mod rule_names;
pub(crate) mod rule_places;
pub(crate) mod rule_rename;
pub(crate) mod rule_symbols;
pub(crate) mod selection;
pub(crate) mod semantic_tokens;
pub(crate) mod signature;
pub(crate) mod symbols;
pub(crate) mod values_completion;
pub(crate) mod values_hover;
pub(crate) mod values_places;
