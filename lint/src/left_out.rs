//! Why files take no part whose names look like those of layers, and what would make them take part.

use values::discover::{DiscoverOptions, IgnoreReason, Ignored, profile_of_variant};

use crate::config::Config;
use crate::workspace::{CONFIG, TreeRef};

/// The reason as people read it; and the profile that has to be stated for the file to be judged, if that is all.
pub(crate) fn why(
    ignored: &Ignored,
    config: &Config,
    trees: &[TreeRef],
    options: &DiscoverOptions,
) -> (String, Option<String>) {
    let why = ignored.why.as_str();
    let profile = profile_for(ignored, config, trees, options);
    let words = match &profile {
        Some(profile) => format!(
            "{why}; it is judged if `{CONFIG}` states the profile: `profiles: {{{profile}: }}`"
        ),
        None => why.to_owned(),
    };
    (words, profile)
}

/// The profile that has to be stated for a variant to be judged; `None` where that is not enough, for something else states the releases.
fn profile_for(
    ignored: &Ignored,
    config: &Config,
    trees: &[TreeRef],
    options: &DiscoverOptions,
) -> Option<String> {
    let by_helmfile = |tree: &TreeRef| {
        let helmfile = !tree.plan.helmfiles.is_empty() && !tree.statements.is_empty();
        helmfile && ignored.path.starts_with(&tree.plan.root)
    };
    let by_name = config.deployments.is_none() && !trees.iter().any(by_helmfile);
    if ignored.why != IgnoreReason::Variant || !by_name {
        return None;
    }
    let name = ignored.path.file_name()?.to_str()?;
    let profile = profile_of_variant(name, &options.profiles, &options.known_charts)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let word = profile.starts_with(|c: char| c.is_ascii_alphabetic()) && profile.chars().all(plain);
    word.then_some(profile)
}
