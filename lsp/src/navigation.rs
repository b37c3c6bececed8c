//! Definitions, references, highlights and renaming, converted for the client.

use std::path::PathBuf;

use lint::config::Config;
use lint::project::scope_of;
use source::Span;
use tower_lsp_server::jsonrpc::{Error, Result};
use tower_lsp_server::ls_types as lsp;
use values::yaml::NodeId;

use crate::features::layers::FileLayer;
use crate::features::rule_names::{RuleText, is_name};
use crate::features::rule_rename::Renaming;
use crate::features::{node_at, values_places};
use crate::session::Session;

impl Session {
    pub(crate) fn goto_definition(
        &mut self,
        params: lsp::GotoDefinitionParams,
    ) -> Result<Option<lsp::GotoDefinitionResponse>> {
        let at = params.text_document_position_params;
        let uri = at.text_document.uri.clone();
        let Some(offset) = self.offset(&at) else {
            return Ok(None);
        };
        let mut found = if self.is_rule_file(&uri) {
            self.rule_locations(&uri, |rule| rule.definition(offset))
        } else {
            self.values_locations(&uri, offset, values_places::definition)
        };
        found.extend(self.rules_of_findings(&uri, offset));
        Ok((!found.is_empty()).then_some(lsp::GotoDefinitionResponse::Array(found)))
    }

    /// The locations of spans found in a rule file.
    fn rule_locations(
        &self,
        uri: &lsp::Uri,
        spans: impl FnOnce(&RuleText<'_>) -> Vec<Span>,
    ) -> Vec<lsp::Location> {
        let places = self.with_rule_file(uri, |rule| {
            let places = spans(rule).into_iter();
            let places = places.filter_map(|span| self.location_in_book(rule.book, span));
            places.collect()
        });
        places.unwrap_or_default()
    }

    /// The locations of places found for the node at an offset of a values file; empty for other files.
    fn values_locations(
        &self,
        uri: &lsp::Uri,
        offset: u32,
        places: impl FnOnce(&[FileLayer<'_>], NodeId) -> Vec<values_places::Place>,
    ) -> Vec<lsp::Location> {
        let Some(values) = self.values_text(uri) else {
            return Vec::new();
        };
        let file_layers = values.file_layers();
        let node = node_at::node_at(&values.yaml, offset).node();
        let places = node.map_or_else(Vec::new, |node| places(&file_layers, node));
        self.locations_of(&file_layers, &places)
    }

    /// The rules of the findings at an offset.
    fn rules_of_findings(&mut self, uri: &lsp::Uri, offset: u32) -> Vec<lsp::Location> {
        if self.is_rule_file(uri) {
            return Vec::new();
        }
        let result = self
            .path_of(uri)
            .and_then(|path| Some((self.current_result(&path)?, path)));
        let Some((result, path)) = result else {
            return Vec::new();
        };
        let own = result.source_of(&path);
        let at = result.report.findings.iter().filter(|finding| {
            let primary = finding.diagnostic.primary.span;
            Some(primary.source) == own && primary.touches(offset)
        });
        at.filter_map(|finding| {
            let book = &result.trees.first()?.book;
            let (_, _, rule) = book.rule(finding.diagnostic.code.as_str())?;
            self.location_in_book(book, rule.name.span)
        })
        .collect()
    }

    pub(crate) fn references(
        &mut self,
        params: lsp::ReferenceParams,
    ) -> Result<Option<Vec<lsp::Location>>> {
        let at = params.text_document_position;
        let uri = at.text_document.uri.clone();
        let Some(offset) = self.offset(&at) else {
            return Ok(None);
        };
        let found: Vec<lsp::Location> = if self.is_rule_file(&uri) {
            let with = params.context.include_declaration;
            self.rule_locations(&uri, |rule| rule.references(offset, with))
        } else {
            self.values_locations(&uri, offset, |file_layers, node| {
                values_places::layers(file_layers, node, true)
            })
        };
        Ok((!found.is_empty()).then_some(found))
    }

    pub(crate) fn document_highlight(
        &mut self,
        params: lsp::DocumentHighlightParams,
    ) -> Result<Option<Vec<lsp::DocumentHighlight>>> {
        let at = params.text_document_position_params;
        let uri = at.text_document.uri.clone();
        let Some(offset) = self.offset(&at) else {
            return Ok(None);
        };
        let spans = self.with_rule_file(&uri, |rule| {
            let mut spans = rule.references(offset, true);
            spans.retain(|span| span.source == rule.source());
            spans
        });
        let found: Vec<lsp::DocumentHighlight> = spans
            .unwrap_or_default()
            .into_iter()
            .filter_map(|span| {
                Some(lsp::DocumentHighlight {
                    range: self.range(&uri, span)?,
                    kind: Some(lsp::DocumentHighlightKind::TEXT),
                })
            })
            .collect();
        Ok((!found.is_empty()).then_some(found))
    }

    pub(crate) fn prepare_rename(
        &mut self,
        params: lsp::TextDocumentPositionParams,
    ) -> Result<Option<lsp::PrepareRenameResponse>> {
        let uri = params.text_document.uri.clone();
        let Some(offset) = self.offset(&params) else {
            return Ok(None);
        };
        let found = self
            .with_rule_file(&uri, |rule| rule.rename_targets(offset))
            .flatten();
        Ok(found
            .and_then(|(span, _)| self.range(&uri, span))
            .map(lsp::PrepareRenameResponse::Range))
    }

    pub(crate) fn rename(
        &mut self,
        params: lsp::RenameParams,
    ) -> Result<Option<lsp::WorkspaceEdit>> {
        let at = params.text_document_position;
        if !is_name(&params.new_name) {
            return Err(Error::invalid_params(format!(
                "`{}` is not a valid name",
                params.new_name
            )));
        }
        let Some(offset) = self.offset(&at) else {
            return Ok(None);
        };
        let path = self.path_of(&at.text_document.uri);
        let workspace = self.project.workspace();
        let scope = path.and_then(|path| scope_of(&workspace, &path));
        let config = scope.map_or_else(Config::default, |it| it.config.clone());
        let mut rejection = None;
        let edit = self.with_rule_file(&at.text_document.uri, |rule| {
            let (_, mut spans) = rule.rename_targets(offset)?;
            spans.sort_unstable();
            let renaming = Renaming {
                book: rule.book,
                config: &config,
                spans: &spans,
                name: &params.new_name,
            };
            rejection = renaming.rejection();
            if rejection.is_some() {
                return None;
            }
            let mut files = std::collections::BTreeMap::<PathBuf, Vec<lsp::TextEdit>>::new();
            for span in spans {
                let path = rule.book.file(span.source)?.file.clone()?;
                let range = self.range_in(Some(&path), rule.book.sources().get(span.source), span);
                files
                    .entry(path)
                    .or_default()
                    .push(lsp::TextEdit::new(range, params.new_name.clone()));
            }
            self.edit_of(files)
        });
        match edit.flatten() {
            Some(edit) => Ok(Some(edit)),
            None => {
                Err(Error::invalid_params(rejection.unwrap_or_else(|| {
                    "the name here cannot be renamed".to_owned()
                })))
            }
        }
    }
}
