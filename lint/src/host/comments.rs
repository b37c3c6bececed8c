//! Credentials in the comments of a deployment's files.

use source::Span;
use source::secret::{TokenShape, commented_secrets};
use values::layer::Role;
use values::merged::LayerId;
use values::yaml::Document;

use super::TreeHost;

/// A credential in a comment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Commented {
    pub(crate) layer: LayerId,
    /// The comment, up to the end of its line.
    pub(crate) span: Span,
    shape: TokenShape,
}

impl Commented {
    /// What the comment contains, in words.
    pub(super) fn what(self) -> &'static str {
        match self.shape {
            TokenShape::PrivateKey => "a private key",
            TokenShape::AwsKeyId => "an AWS key pair",
            TokenShape::Jwt => "a JSON Web Token",
            _ => "an access token",
        }
    }
}

impl TreeHost<'_> {
    /// The credentials in comments of the operator's files.
    pub(super) fn commented(&self) -> &[Commented] {
        let layers = self.merged.all_layers();
        let own = layers.filter(|layer| self.merged.layer_role(*layer) != Role::Chart);
        let own: Vec<LayerId> = own.collect();
        // A comment belongs to no value, so whole texts are read.
        own.iter().for_each(|layer| self.note_layer(*layer));
        self.commented.get_or_init(|| {
            own.into_iter()
                .flat_map(|layer| {
                    let found = in_comments(self.merged.document(layer));
                    found
                        .into_iter()
                        .map(move |(span, shape)| Commented { layer, span, shape })
                })
                .collect()
        })
    }

    pub(crate) fn commented_at(&self, id: usize) -> Option<Commented> {
        self.commented().get(id).copied()
    }
}

/// The comments of a document that contain a credential. Comments on consecutive lines are one text: a private key has several.
fn in_comments(document: &Document) -> Vec<(Span, TokenShape)> {
    let text = document.text();
    let mut found = Vec::new();
    let mut lines: Vec<&str> = Vec::new();
    let mut spans: Vec<Span> = Vec::new();
    let mut examine = |lines: &mut Vec<&str>, spans: &mut Vec<Span>| {
        let secrets = commented_secrets(lines).into_iter();
        found.extend(secrets.map(|secret| (spans[secret.line], secret.shape)));
        lines.clear();
        spans.clear();
    };
    for comment in document.comments() {
        let continues = spans.last().is_some_and(|last| {
            let between = text.get(last.end as usize..comment.start as usize);
            between.is_some_and(|it| it.trim().is_empty() && it.matches('\n').count() == 1)
        });
        if !continues {
            examine(&mut lines, &mut spans);
        }
        lines.push(text.get(comment.range()).unwrap_or_default().trim_end());
        spans.push(comment);
    }
    examine(&mut lines, &mut spans);
    found
}
