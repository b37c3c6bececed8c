//! Layers, releases and deployments: what is installed in a cluster, file by file.

use std::path::PathBuf;
use std::sync::Arc;

use source::{SourceId, Span};

use crate::chart::ChartInfo;
use crate::discover::AbsentLayer;
use crate::path::KeyPath;
use crate::protection::Protection;
use crate::yaml::{Document, NodeId};

/// What a layer holds, in merge order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The chart's default values.
    Chart,
    /// The operator's values.
    Values,
    /// The operator's secrets.
    Secrets,
    /// Single values passed with `set`.
    Set,
}

impl Role {
    /// The word the rule language uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chart => "chart",
            Self::Values => "values",
            Self::Secrets => "secrets",
            Self::Set => "set",
        }
    }
}

/// One file of a release, parsed.
#[derive(Debug, Clone)]
pub struct Layer {
    /// The file; for a layer that is not a file, the file that states it.
    pub path: PathBuf,
    /// What it holds.
    pub role: Role,
    /// Its text.
    pub source: SourceId,
    /// Its text, parsed. An empty document for an encrypted file or a template.
    pub document: Arc<Document>,
    /// The map that holds the values, if that is not the whole document (values inside a manifest).
    pub part: Option<NodeId>,
    /// How much of it is visible.
    pub protection: Protection,
    /// True for an example file used in place of a real one.
    pub example: bool,
    /// True if it is passed to Helm without decryption by a tool that decrypts other files, as helmfile does with files under `values`.
    pub as_is: bool,
    /// For a layer whose text is not a file: where it is stated.
    pub origin: Option<Span>,
    /// Whether the file is under version control. Determined for plaintext secrets; `None` if unknown.
    pub tracked: Option<bool>,
}

/// An installed chart.
#[derive(Debug, Clone, Default)]
pub struct Release {
    /// The installed name.
    pub name: String,
    /// The chart's name.
    pub chart: String,
    /// The chart's version, if stated; for a range, the newest that it allows (`4.x`), if it has an end.
    pub version: Option<String>,
    /// The namespace, if stated.
    pub namespace: Option<String>,
    /// Where it is stated; `None` for a release found by name.
    pub origin: Option<Span>,
    /// True if it stands for values that helmfile reads for its own templates, which are not passed to any chart.
    pub is_environment: bool,
    /// Its folder.
    pub folder: PathBuf,
    /// The operator's layers in merge order.
    pub layers: Vec<Layer>,
    /// Layers that should exist but do not.
    pub absent: Vec<AbsentLayer>,
    /// Paths of values passed on the command line, which are not visible.
    pub given: Vec<KeyPath>,
    /// The versions of the charts inside its own, by name, where stated.
    pub inside: Vec<(String, String)>,
    /// The chart itself, if it is on disk; otherwise it is known by name.
    pub on_disk: Option<Arc<ChartInfo>>,
}

/// The releases installed in one cluster under one profile.
#[derive(Debug, Clone, Default)]
pub struct Deployment {
    /// Its name in messages; empty for the unnamed profile.
    pub name: String,
    /// `prod`, `demo`; empty for the unnamed profile.
    pub profile: String,
    /// Its releases.
    pub releases: Vec<Release>,
}
