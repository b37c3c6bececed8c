//! Layers, releases and deployments: what one cluster gets, file by file.

use std::path::PathBuf;
use std::sync::Arc;

use source::{SourceId, Span};

use crate::chart::ChartInfo;
use crate::discover::AbsentLayer;
use crate::path::KeyPath;
use crate::protection::Protection;
use crate::yaml::{Document, NodeId};

/// What a layer holds, in the order in which the roles are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Default values of the chart.
    Chart,
    /// Values of the operator.
    Values,
    /// Secrets of the operator.
    Secrets,
    /// Single values given by `set`.
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

/// One file of a release, read.
#[derive(Debug, Clone)]
pub struct Layer {
    /// The file; for a layer that is no file, the one that states it.
    pub path: PathBuf,
    /// What it holds.
    pub role: Role,
    /// Its text.
    pub source: SourceId,
    /// Its text, parsed. Of an encrypted file or a template, an empty document.
    pub document: Arc<Document>,
    /// The map in the document that holds the values, where that is not the whole document (values inside a manifest).
    pub part: Option<NodeId>,
    /// How much of it can be seen.
    pub protection: Protection,
    /// True for an example file that stands in for a real one.
    pub example: bool,
    /// Helm is handed it as it is, by what decrypts other files: helmfile does so with what is listed under `values`.
    pub as_is: bool,
    /// For a layer whose text is in no file: where it is stated.
    pub origin: Option<Span>,
    /// Does version control keep the file? Asked of secrets that anybody can read; `None` where nothing answers.
    pub tracked: Option<bool>,
}

/// An installed chart.
#[derive(Debug, Clone, Default)]
pub struct Release {
    /// The installed name.
    pub name: String,
    /// The chart's name.
    pub chart: String,
    /// The chart's version, where something says it.
    pub version: Option<String>,
    /// The namespace, where something says it.
    pub namespace: Option<String>,
    /// Where it is stated; `None` for one that was found by name.
    pub origin: Option<Span>,
    /// It stands for values that helmfile itself reads, for its templates, and that no chart is given.
    pub of_environment: bool,
    /// Its folder.
    pub folder: PathBuf,
    /// The operator's layers in the order in which they are merged.
    pub layers: Vec<Layer>,
    /// Layers that should be there and are not.
    pub absent: Vec<AbsentLayer>,
    /// Paths of values that are given on the command line and cannot be seen.
    pub given: Vec<KeyPath>,
    /// The versions of the charts inside its own, by name, where these are said.
    pub inside: Vec<(String, String)>,
    /// The chart itself, where it is on disk; else it is known by its name.
    pub on_disk: Option<Arc<ChartInfo>>,
}

/// The releases that go to one cluster under one profile.
#[derive(Debug, Clone, Default)]
pub struct Deployment {
    /// What messages call it; empty for the unnamed profile.
    pub name: String,
    /// `prod`, `demo`; empty for the unnamed profile.
    pub profile: String,
    /// Its releases.
    pub releases: Vec<Release>,
}
