//! Kubernetes manifests and schemas in files that are named like values, and releases that values state: neither is followed, and
//! both are reported.

use source::secret::is_plaintext_secret;
use source::{Diagnostic, Severity, Span};
use values::protection::Protection;
use values::secret::{definite_manifest_secrets, is_definite_secret, manifest_secrets};
use values::yaml::{Document, Kind, NodeId};

use crate::document::ReadFile;
use crate::statements::NOT_FOLLOWED;

/// The code for a manifest in place of a layer.
const NOT_LINTED: &str = "manifest-not-linted";

/// The chart that creates Argo CD applications from its values.
const ARGO_APPS: &str = "argocd-apps";

/// The `kind` of a manifest; `None` if the text has no `apiVersion`, `kind` and `metadata` at its top, which Kubernetes requires
/// of every object.
pub(crate) fn kind(document: &Document) -> Option<NodeId> {
    kind_of(document, document.root()?)
}

fn kind_of(document: &Document, root: NodeId) -> Option<NodeId> {
    text(document, root, "apiVersion")?;
    map(document, root, "metadata")?;
    text(document, root, "kind")
}

/// The values of each `Secret` in a file: all of them are confidential.
pub(crate) fn secrets(document: &Document) -> Vec<NodeId> {
    let entries = document.roots().flat_map(|root| entries(document, root));
    entries.map(|(_, value)| value).collect()
}

/// The entries of a `Secret`.
fn entries(document: &Document, root: NodeId) -> Vec<(NodeId, NodeId)> {
    let kind = kind_of(document, root);
    if kind.is_none_or(|it| document.text_of(it) != "Secret") {
        return Vec::new();
    }
    let blocks = ["data", "stringData"].map(|key| map(document, root, key));
    let blocks = blocks.into_iter().flatten();
    blocks.flat_map(|it| document.pairs(it)).collect()
}

/// Reports a plaintext `Secret`, or one that kustomize generates, in a file that is not a layer.
pub(super) fn plain_secret(file: &ReadFile) -> Option<Diagnostic> {
    let document = &file.document;
    let clear = matches!(file.protection, Protection::Clear) && !is_ytt(&file.source.text);
    let mut roots = document.roots().filter(|_| clear);
    roots.find_map(|root| {
        let entries = entries(document, root);
        let held = definite_manifest_secrets(document, &entries)
            .next()
            .is_some();
        let kind = kind_of(document, root).filter(|_| held);
        let kind = kind.map(|at| in_plain_text(document, at));
        kind.or_else(|| generated(document, root))
    })
}

/// A secret among the `literals` from which kustomize generates a `Secret`.
fn generated(document: &Document, root: NodeId) -> Option<Diagnostic> {
    let generators = document.get(root, "secretGenerator")?;
    let literals = document.items(generators);
    let literals = literals.filter_map(|it| document.get(it, "literals"));
    let mut literals = literals.flat_map(|it| document.items(it));
    let at = literals.find(|literal| {
        let text = document.text_of(*literal);
        let entry = text.split_once('=');
        entry.is_some_and(|(key, value)| is_definite_secret(key, value.trim_matches(['"', '\''])))
    })?;
    let message = "`secretGenerator` contains a plaintext secret";
    let help = "keep it in an encrypted file, or create it in the cluster from a secrets store";
    Some(Diagnostic::new(NOT_LINTED, Severity::Error, document.span(at), message).with_help(help))
}

fn in_plain_text(document: &Document, at: NodeId) -> Diagnostic {
    let message =
        "plaintext Kubernetes `Secret`; it contains no chart values, so no rule applies to it";
    let help = "encrypt it in the repository, or create it in the cluster from a secrets store";
    Diagnostic::new(NOT_LINTED, Severity::Error, document.span(at), message).with_help(help)
}

/// The `$schema` key of a JSON schema: `secrets.yaml` may be the schema of another file.
fn schema(document: &Document) -> Option<NodeId> {
    let at = text(document, document.root()?, "$schema")?;
    document
        .text_of(at)
        .contains("json-schema.org")
        .then_some(at)
}

/// True for a text that ytt renders; its templates are comments.
fn is_ytt(text: &str) -> bool {
    let mut marks = memchr::memmem::find_iter(text.as_bytes(), b"#@");
    marks.any(|at| {
        text[..at]
            .lines()
            .next_back()
            .unwrap_or_default()
            .trim()
            .is_empty()
    })
}

/// What is reported about a manifest or a schema in place of a layer.
pub(super) enum ManifestReport {
    /// A note at its kind.
    Note(Diagnostic),
    /// A properly sealed secret, listed without a note: dozens of notes would hide the others.
    Sealed(String),
}

/// Reports a file that is a manifest or a schema; `None` if it is neither.
pub(super) fn report_manifest(file: &ReadFile) -> Option<ManifestReport> {
    let document = &file.document;
    let message = |what: &str| format!("{what} instead of chart values, so no rule applies to it");
    let note = |at: NodeId, message: String| {
        let span = document.span(at);
        ManifestReport::Note(Diagnostic::new(NOT_LINTED, Severity::Info, span, message))
    };
    if let Some(at) = schema(document) {
        return Some(note(at, message("a JSON schema")));
    }
    let at = kind(document)?;
    let name = document.text_of(at);
    let entries = document
        .root()
        .map_or_else(Vec::new, |root| entries(document, root));
    // A placeholder is not a secret yet.
    let filled_in = |value: NodeId| is_plaintext_secret(&document.text_of(value));
    let clear = matches!(file.protection, Protection::Clear);
    let rendered = clear && is_ytt(&file.source.text);
    if clear && !rendered && manifest_secrets(document, &entries).any(filled_in) {
        return Some(ManifestReport::Note(in_plain_text(document, at)));
    }
    let message = message(&format!("a Kubernetes manifest (`{name}`)"));
    // `SealedSecret`, `ExternalSecret`.
    let elsewhere = name.ends_with("Secret") && name != "Secret";
    if elsewhere || name == "Secret" && !clear {
        return Some(ManifestReport::Sealed(message));
    }
    Some(note(at, message))
}

/// Reports that what values for `argocd-apps` install is not followed, be they for that chart or for one that contains it.
pub(super) fn applications(
    chart: &str,
    document: &Document,
    top: Option<NodeId>,
) -> Vec<Diagnostic> {
    let Some(top) = top.or(document.root()) else {
        return Vec::new();
    };
    let own = (chart == ARGO_APPS).then_some(top);
    let inside = map(document, top, ARGO_APPS);
    let tops = own.into_iter().chain(inside);
    let entries = tops.flat_map(|top| {
        let keys = ["applications", "applicationsets"];
        keys.map(|key| Some((key, document.get(top, key)?)))
    });
    let has_entries = |node: NodeId| {
        document.pairs(node).next().is_some() || document.items(node).next().is_some()
    };
    let entries = entries.flatten().filter(|(_, node)| has_entries(*node));
    let note = |(key, node): (&str, NodeId)| {
        let message = format!("the releases created by `{key}` are not followed");
        let at = document.span(node);
        let at = Span::new(at.source, at.start, at.start);
        Diagnostic::new(NOT_FOLLOWED, Severity::Info, at, message)
    };
    entries.map(note).collect()
}

fn map(document: &Document, node: NodeId, key: &str) -> Option<NodeId> {
    document
        .get(node, key)
        .filter(|it| document.kind(*it) == Kind::Map)
}

fn text(document: &Document, node: NodeId, key: &str) -> Option<NodeId> {
    document
        .get(node, key)
        .filter(|it| document.kind(*it) == Kind::String)
}
