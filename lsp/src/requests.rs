//! Requests from the client: finds the text and its tree, calls a feature, and converts byte offsets to positions.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lint::rulebook::RuleBook;
use lint::tree::Tree;
use source::{LineIndex, SourceId, Span};
use tower_lsp_server::jsonrpc::Result;
use tower_lsp_server::ls_types as lsp;
use values::yaml;

use crate::features::layers::FileLayer;
use crate::features::rule_names::RuleText;
use crate::features::symbols::Symbol;
use crate::features::{
    folding, inlay_hint, layers, node_at, rule_hover, rule_symbols, selection, semantic_tokens,
    signature, symbols, values_hover, values_places,
};
use crate::session::Session;

/// The maximum number of ranges sent for all positions together; positions beyond it get only themselves.
const MAX_SELECTIONS: usize = 20_000;

/// An open values file with the trees that contain it.
pub(crate) struct ValuesText {
    pub(crate) path: Option<PathBuf>,
    pub(crate) trees: Vec<Arc<Tree>>,
    pub(crate) yaml: Arc<yaml::Document>,
}

impl ValuesText {
    /// Every release in which the file is a layer.
    pub(crate) fn file_layers(&self) -> Vec<FileLayer<'_>> {
        match &self.path {
            Some(path) => layers::of_file(&self.trees, path),
            None => Vec::new(),
        }
    }
}

impl Session {
    /// The path of a text.
    pub(crate) fn path_of(&self, uri: &lsp::Uri) -> Option<PathBuf> {
        self.documents.get(uri)?.path.clone()
    }

    pub(crate) fn is_rule_file(&self, uri: &lsp::Uri) -> bool {
        self.documents
            .get(uri)
            .is_some_and(crate::documents::Document::is_rule_file)
    }

    /// The values file at a URI; `None` if it is not open or not a values file.
    pub(crate) fn values_text(&self, uri: &lsp::Uri) -> Option<ValuesText> {
        let document = self.documents.get(uri).filter(|it| !it.is_rule_file())?;
        let path = document.path.clone();
        let trees = path
            .as_ref()
            .map_or_else(Vec::new, |path| self.trees_containing(path));
        let layer_file = path
            .as_ref()
            .and_then(|path| trees.iter().find_map(|tree| tree.files.get(path)));
        let yaml = match layer_file {
            Some(file) if file.document.text() == &*document.text => Arc::clone(&file.document),
            // Not a layer, or hidden from the project; it can still be parsed.
            _ => Arc::new(yaml::Document::parse(
                SourceId(0),
                Arc::clone(&document.text),
            )),
        };
        Some(ValuesText { path, trees, yaml })
    }

    /// Calls `f` with the rule file at a URI.
    pub(crate) fn with_rule_file<R>(
        &self,
        uri: &lsp::Uri,
        f: impl FnOnce(&RuleText<'_>) -> R,
    ) -> Option<R> {
        self.with_rule_file_at(&self.path_of(uri)?, f)
    }

    fn with_rule_file_at<R>(&self, path: &Path, f: impl FnOnce(&RuleText<'_>) -> R) -> Option<R> {
        let book: Arc<RuleBook> = self.project.rules_of(path);
        let file = book
            .files
            .iter()
            .find(|file| file.file.as_deref() == Some(path))?;
        Some(f(&RuleText { book: &book, file }))
    }

    pub(crate) fn offset(&self, at: &lsp::TextDocumentPositionParams) -> Option<u32> {
        let document = self.documents.get(&at.text_document.uri)?;
        Some(document.offset(at.position, self.client.encoding))
    }

    /// The range of a span of an open text.
    pub(crate) fn range(&self, uri: &lsp::Uri, span: Span) -> Option<lsp::Range> {
        Some(self.documents.get(uri)?.range(span, self.client.encoding))
    }

    pub(crate) fn location_in_book(&self, book: &RuleBook, span: Span) -> Option<lsp::Location> {
        let text = book.sources().get(span.source);
        let path = book.file(span.source).and_then(|file| file.file.as_deref());
        self.location(path, text, span)
    }

    pub(crate) fn locations_of(
        &self,
        file_layers: &[FileLayer<'_>],
        places: &[values_places::Place],
    ) -> Vec<lsp::Location> {
        let mut out: Vec<lsp::Location> = Vec::new();
        for (at, span) in places {
            let Some(file_layer) = file_layers.get(*at) else {
                continue;
            };
            let place = self.location_in_tree(file_layer.tree, *span);
            out.extend(place.filter(|place| !out.contains(place)));
        }
        out
    }

    pub(crate) fn hover(&mut self, params: lsp::HoverParams) -> Result<Option<lsp::Hover>> {
        let at = params.text_document_position_params;
        let uri = at.text_document.uri.clone();
        self.documents.touch(&uri);
        let Some(offset) = self.offset(&at) else {
            return Ok(None);
        };
        let contents = if self.is_rule_file(&uri) {
            let text = self
                .documents
                .get(&uri)
                .map(|document| Arc::clone(&document.text))
                .unwrap_or_default();
            self.with_rule_file(&uri, |rule| rule_hover::hover(rule, &text, offset))
                .flatten()
        } else {
            self.values_hover(&uri, offset)
        };
        Ok(contents.map(|(value, span)| lsp::Hover {
            contents: lsp::HoverContents::Markup(lsp::MarkupContent {
                kind: lsp::MarkupKind::Markdown,
                value,
            }),
            range: self.range(&uri, span),
        }))
    }

    fn values_hover(&mut self, uri: &lsp::Uri, offset: u32) -> Option<(String, Span)> {
        let path = self.path_of(uri)?;
        let result = self.current_result(&path);
        let values = self.values_text(uri)?;
        let file_layers = values.file_layers();
        let hit = node_at::node_at(&values.yaml, offset);
        let link = |file_layer: &FileLayer<'_>, span: Span| {
            let place = self.location_in_tree(file_layer.tree, span)?;
            Some(format!(
                "{}#L{}",
                place.uri.as_str(),
                place.range.start.line + 1
            ))
        };
        let node = hit.node();
        let mut contents = node.and_then(|node| values_hover::hover(&file_layers, node, &link));
        let mut span = node.map(|node| values.yaml.span(hit.key.unwrap_or(node)));
        let result = result?;
        let own = result.source_of(&path);
        for finding in &result.report.findings {
            let primary = finding.diagnostic.primary.span;
            if Some(primary.source) != own || !primary.touches(offset) {
                continue;
            }
            let rule = values_hover::rule_text(&result.report, finding.diagnostic.code.as_str());
            if let Some(rule) = rule {
                let contents = contents.get_or_insert_default();
                if !contents.contains(&rule) {
                    contents.push_str("\n\n");
                    contents.push_str(&rule);
                }
                span.get_or_insert(primary);
            }
        }
        Some((contents?, span?))
    }

    fn outline(&self, uri: &lsp::Uri) -> Vec<Symbol> {
        if self.is_rule_file(uri) {
            return self
                .with_rule_file(uri, |rule| rule_symbols::outline(rule.file.ast()))
                .unwrap_or_default();
        }
        self.values_text(uri).map_or_else(Vec::new, |values| {
            let file_layers = values.file_layers();
            // If the file is not a layer, it is unknown which of its values are secret.
            let may_be_shown = |node| {
                !file_layers.is_empty()
                    && file_layers
                        .iter()
                        .all(|file_layer| !file_layer.is_hidden(node))
            };
            symbols::outline(&values.yaml, &may_be_shown)
        })
    }

    pub(crate) fn document_symbol(
        &mut self,
        params: lsp::DocumentSymbolParams,
    ) -> Result<Option<lsp::DocumentSymbolResponse>> {
        let uri = params.text_document.uri;
        let Some(document) = self.documents.get(&uri) else {
            return Ok(None);
        };
        let outline = self.outline(&uri);
        let encoding = self.client.encoding;
        if self
            .client
            .can("/textDocument/documentSymbol/hierarchicalDocumentSymbolSupport")
        {
            let range = |span| document.range(span, encoding);
            let symbols = outline
                .into_iter()
                .map(|it| nested_symbol(it, &range))
                .collect();
            return Ok(Some(lsp::DocumentSymbolResponse::Nested(symbols)));
        }
        let mut flat = Vec::new();
        let location = |span| lsp::Location::new(uri.clone(), document.range(span, encoding));
        outline
            .into_iter()
            .for_each(|it| flat_symbols(it, None, &location, &mut flat));
        Ok(Some(lsp::DocumentSymbolResponse::Flat(flat)))
    }

    /// The rules, functions and charts whose names contain the query.
    pub(crate) fn symbol(
        &mut self,
        params: lsp::WorkspaceSymbolParams,
    ) -> Result<Option<lsp::WorkspaceSymbolResponse>> {
        let query = params.query.to_lowercase();
        let workspace = self.project.workspace();
        let mut found = Vec::new();
        let mut seen: Vec<*const RuleBook> = Vec::new();
        for scope in &workspace.scopes {
            let book = &scope.book;
            if seen.contains(&Arc::as_ptr(book)) {
                continue;
            }
            seen.push(Arc::as_ptr(book));
            for file in &book.files {
                for symbol in rule_symbols::outline(file.ast()) {
                    if !symbol.name.to_lowercase().contains(&query) || found.len() >= 1_000 {
                        continue;
                    }
                    let Some(location) = self.location_in_book(book, symbol.name_span) else {
                        continue;
                    };
                    flat_symbols(
                        Symbol {
                            children: Vec::new(),
                            ..symbol
                        },
                        Some(&file.pack),
                        &|_| location.clone(),
                        &mut found,
                    );
                }
            }
        }
        Ok(Some(lsp::WorkspaceSymbolResponse::Flat(found)))
    }

    pub(crate) fn folding_range(
        &mut self,
        params: lsp::FoldingRangeParams,
    ) -> Result<Option<Vec<lsp::FoldingRange>>> {
        let uri = params.text_document.uri;
        let Some(document) = self.documents.get(&uri) else {
            return Ok(None);
        };
        if document.is_rule_file() {
            return Ok(self.with_rule_file(&uri, |rule| {
                folding::rules(&document.text, rule.file.ast(), &document.lines)
            }));
        }
        Ok(self
            .values_text(&uri)
            .map(|values| folding::values(&values.yaml, &document.lines)))
    }

    pub(crate) fn selection_range(
        &mut self,
        params: lsp::SelectionRangeParams,
    ) -> Result<Option<Vec<lsp::SelectionRange>>> {
        let uri = params.text_document.uri;
        let Some(document) = self.documents.get(&uri) else {
            return Ok(None);
        };
        let encoding = self.client.encoding;
        let values = self.values_text(&uri);
        let mut out = Vec::new();
        let mut remaining = MAX_SELECTIONS;
        for position in params.positions {
            let offset = document.offset(position, encoding);
            let spans = match &values {
                _ if remaining == 0 => Vec::new(),
                Some(values) => selection::values(&values.yaml, offset),
                None => self.rule_selection(&uri, offset),
            };
            remaining = remaining.saturating_sub(spans.len());
            let mut ranges = spans
                .into_iter()
                .rev()
                .map(|span| document.range(span, encoding));
            // Each position needs an answer.
            let first = ranges.next().unwrap_or(lsp::Range::new(position, position));
            let mut nested = lsp::SelectionRange {
                range: first,
                parent: None,
            };
            for range in ranges {
                nested = lsp::SelectionRange {
                    range,
                    parent: Some(Box::new(nested)),
                };
            }
            out.push(nested);
        }
        Ok(Some(out))
    }

    fn rule_selection(&self, uri: &lsp::Uri, offset: u32) -> Vec<Span> {
        self.with_rule_file(uri, |rule| {
            let outline = rule_symbols::outline(rule.file.ast());
            let mut spans: Vec<Span> = Vec::new();
            for symbol in &outline {
                spans.push(symbol.span);
                spans.extend(symbol.children.iter().map(|it| it.span));
            }
            spans.extend(
                rule.facts()
                    .into_iter()
                    .flat_map(|facts| facts.exprs().iter().map(|it| it.span)),
            );
            spans.extend(rule.name_at(offset).map(|fact| fact.span));
            selection::around(spans.into_iter(), offset)
        })
        .unwrap_or_default()
    }

    pub(crate) fn semantic_tokens_full(
        &mut self,
        params: lsp::SemanticTokensParams,
    ) -> Result<Option<lsp::SemanticTokensResult>> {
        let tokens = self.highlight(&params.text_document.uri, None);
        Ok(tokens.map(lsp::SemanticTokensResult::Tokens))
    }

    pub(crate) fn semantic_tokens_range(
        &mut self,
        params: lsp::SemanticTokensRangeParams,
    ) -> Result<Option<lsp::SemanticTokensRangeResult>> {
        let tokens = self.highlight(&params.text_document.uri, Some(params.range));
        Ok(tokens.map(lsp::SemanticTokensRangeResult::Tokens))
    }

    fn highlight(&self, uri: &lsp::Uri, range: Option<lsp::Range>) -> Option<lsp::SemanticTokens> {
        let document = self.documents.get(uri).filter(|it| it.is_rule_file())?;
        let highlighted = self.with_rule_file(uri, |rule| {
            semantic_tokens::tokens(Some(rule), &document.text)
        });
        let highlighted =
            highlighted.unwrap_or_else(|| semantic_tokens::tokens(None, &document.text));
        let mut data = Vec::new();
        let mut last = lsp::Position::default();
        for token in highlighted {
            let span = Span::new(SourceId(0), token.start, token.end);
            let place = document.range(span, self.client.encoding);
            if range.is_some_and(|range| place.end < range.start || range.end < place.start) {
                continue;
            }
            let delta_line = place.start.line - last.line;
            let from = if delta_line == 0 { last.character } else { 0 };
            data.push(lsp::SemanticToken {
                delta_line,
                delta_start: place.start.character - from,
                length: place.end.character.saturating_sub(place.start.character),
                token_type: token.kind,
                token_modifiers_bitset: token.modifiers,
            });
            last = place.start;
        }
        Some(lsp::SemanticTokens {
            result_id: None,
            data,
        })
    }

    pub(crate) fn inlay_hint(
        &mut self,
        params: lsp::InlayHintParams,
    ) -> Result<Option<Vec<lsp::InlayHint>>> {
        let uri = params.text_document.uri;
        let (Some(document), true) = (self.documents.get(&uri), self.settings.inlay_hints) else {
            return Ok(None);
        };
        let Some(values) = self.values_text(&uri) else {
            return Ok(None);
        };
        let encoding = self.client.encoding;
        let file_layers = values.file_layers();
        let bytes = document.offset(params.range.start, encoding)
            ..document.offset(params.range.end, encoding);
        let hints = inlay_hint::hints(&file_layers, &values.yaml, bytes);
        let hints = hints.into_iter().map(|hint| {
            let location = hint
                .place
                .and_then(|(at, span)| self.location_in_tree(file_layers.get(at)?.tree, span));
            let end = Span::point(SourceId(0), hint.at);
            lsp::InlayHint {
                position: document.range(end, encoding).start,
                label: lsp::InlayHintLabel::LabelParts(vec![lsp::InlayHintLabelPart {
                    value: hint.label,
                    location,
                    ..lsp::InlayHintLabelPart::default()
                }]),
                kind: None,
                text_edits: None,
                tooltip: None,
                padding_left: Some(true),
                padding_right: None,
                data: None,
            }
        });
        Ok(Some(hints.collect()))
    }

    pub(crate) fn document_link(
        &mut self,
        params: lsp::DocumentLinkParams,
    ) -> Result<Option<Vec<lsp::DocumentLink>>> {
        let uri = params.text_document.uri;
        let links = self.with_rule_file(&uri, |rule| {
            let rules = rule
                .file
                .ast()
                .items
                .iter()
                .filter_map(|item| match &item.kind {
                    lang::parse::ast::ItemKind::Rule(rule) => Some(&rule.sources),
                    _ => None,
                });
            let urls = rules.flatten().filter_map(|source| source.url.as_ref());
            let links = urls.filter_map(|url| {
                Some(lsp::DocumentLink {
                    range: self.range(&uri, url.span)?,
                    target: url.node.parse().ok(),
                    tooltip: None,
                    data: None,
                })
            });
            links.collect()
        });
        Ok(links)
    }

    pub(crate) fn signature_help(
        &mut self,
        params: lsp::SignatureHelpParams,
    ) -> Result<Option<lsp::SignatureHelp>> {
        let at = params.text_document_position_params;
        let uri = at.text_document.uri.clone();
        let (Some(offset), Some(document)) = (self.offset(&at), self.documents.get(&uri)) else {
            return Ok(None);
        };
        let found = self.with_rule_file(&uri, |rule| {
            signature::signature(rule.book, &rule.file.pack, &document.text, offset)
        });
        Ok(found.flatten().map(|help| {
            let parameters = help
                .params
                .iter()
                .map(|(start, end)| lsp::ParameterInformation {
                    label: lsp::ParameterLabel::LabelOffsets([
                        utf16(&help.label, *start),
                        utf16(&help.label, *end),
                    ]),
                    documentation: None,
                });
            lsp::SignatureHelp {
                signatures: vec![lsp::SignatureInformation {
                    parameters: Some(parameters.collect()),
                    documentation: Some(markdown(help.docs)),
                    active_parameter: Some(help.active),
                    label: help.label.clone(),
                }],
                active_signature: Some(0),
                active_parameter: Some(help.active),
            }
        }))
    }

    pub(crate) fn formatting(
        &mut self,
        params: lsp::DocumentFormattingParams,
    ) -> Result<Option<Vec<lsp::TextEdit>>> {
        let uri = params.text_document.uri;
        let Some(document) = self.documents.get(&uri).filter(|it| it.is_rule_file()) else {
            return Ok(None);
        };
        let Ok(formatted) = lang::format::format(SourceId(0), &document.text) else {
            // It has errors, which are shown; fix them first.
            return Ok(None);
        };
        let edit = minimal_edit(&document.text, &formatted);
        let edit = edit.map(|(span, insert)| {
            lsp::TextEdit::new(document.range(span, self.client.encoding), insert)
        });
        Ok(Some(edit.into_iter().collect()))
    }

    pub(crate) fn diagnostic(
        &mut self,
        params: lsp::DocumentDiagnosticParams,
    ) -> Result<lsp::DocumentDiagnosticReportResult> {
        let uri = params.text_document.uri;
        let items = match self.path_of(&uri) {
            Some(path) => self
                .current_result(&path)
                .map_or_else(Vec::new, |result| self.diagnostics_for(&result, &path)),
            None => self
                .documents
                .get(&uri)
                .map_or_else(Vec::new, |document| self.standalone_diagnostics(document)),
        };
        let report = lsp::RelatedFullDocumentDiagnosticReport {
            full_document_diagnostic_report: lsp::FullDocumentDiagnosticReport {
                result_id: None,
                items,
            },
            ..Default::default()
        };
        Ok(lsp::DocumentDiagnosticReport::Full(report).into())
    }

    /// The syntax errors of a rule file that no configuration reads, and that fact: without it, the file would look free of mistakes.
    pub(crate) fn unread_rule_diagnostics(&self, path: &Path) -> Vec<lsp::Diagnostic> {
        let document = self.documents.at(path).filter(|it| it.is_rule_file());
        let is_read = || self.with_rule_file_at(path, |_| ()).is_some();
        let Some(document) = document.filter(|it| it.tracked && !is_read()) else {
            return Vec::new();
        };
        let mut diagnostics = self.standalone_diagnostics(document);
        diagnostics.push(lsp::Diagnostic {
            severity: Some(lsp::DiagnosticSeverity::INFORMATION),
            code: Some(lsp::NumberOrString::String("rule-not-read".to_owned())),
            source: Some(crate::convert::SOURCE.to_owned()),
            message: "this rule is not used: its file is in no rules folder\n\
                      help: move it to the folder `rules` beside `dogwatch.yaml`, or list its folder under `rules` there"
                .to_owned(),
            ..lsp::Diagnostic::default()
        });
        diagnostics
    }

    /// The syntax errors of a text that is not a file.
    pub(crate) fn standalone_diagnostics(
        &self,
        document: &crate::documents::Document,
    ) -> Vec<lsp::Diagnostic> {
        let text = Arc::clone(&document.text);
        let found = if document.is_rule_file() {
            lang::parse::parse(SourceId(0), &text).diagnostics
        } else if matches!(
            document.language.as_str(),
            "yaml" | "helm" | "yaml.helm-values" | "helm-values"
        ) {
            yaml::Document::parse(SourceId(0), text).errors().to_vec()
        } else {
            return Vec::new();
        };
        let diagnostics = found.into_iter().map(|it| lsp::Diagnostic {
            range: document.range(it.primary.span, self.client.encoding),
            severity: Some(lsp::DiagnosticSeverity::ERROR),
            code: Some(lsp::NumberOrString::String(it.code.as_str().to_owned())),
            source: Some(crate::convert::SOURCE.to_owned()),
            message: it.message,
            ..lsp::Diagnostic::default()
        });
        diagnostics.collect()
    }
}

pub(crate) fn markdown(value: String) -> lsp::Documentation {
    lsp::Documentation::MarkupContent(lsp::MarkupContent {
        kind: lsp::MarkupKind::Markdown,
        value,
    })
}

/// Labels count UTF-16 code units, whatever encoding was negotiated for texts.
fn utf16(text: &str, offset: u32) -> u32 {
    let lines = LineIndex::new(text);
    lines
        .line_col(offset, source::PositionEncoding::Utf16)
        .column
}

fn nested_symbol(symbol: Symbol, range: &dyn Fn(Span) -> lsp::Range) -> lsp::DocumentSymbol {
    let children = symbol
        .children
        .into_iter()
        .map(|it| nested_symbol(it, range))
        .collect();
    #[allow(deprecated, reason = "the struct requires the field")]
    lsp::DocumentSymbol {
        name: symbol.name,
        detail: symbol.detail,
        kind: symbol.kind,
        tags: None,
        deprecated: None,
        range: range(symbol.span),
        selection_range: range(symbol.name_span),
        children: Some(children),
    }
}

fn flat_symbols(
    symbol: Symbol,
    container: Option<&str>,
    location: &dyn Fn(Span) -> lsp::Location,
    out: &mut Vec<lsp::SymbolInformation>,
) {
    #[allow(deprecated, reason = "the struct requires the field")]
    out.push(lsp::SymbolInformation {
        name: symbol.name.clone(),
        kind: symbol.kind,
        tags: None,
        deprecated: None,
        location: location(symbol.span),
        container_name: container.map(str::to_owned),
    });
    for child in symbol.children {
        flat_symbols(child, Some(&symbol.name), location, out);
    }
}

/// The single edit between two texts. It keeps their common start and end, and with them cursors and marks.
pub(crate) fn minimal_edit(old: &str, new: &str) -> Option<(Span, String)> {
    if old == new {
        return None;
    }
    let shared = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b);
    let mut start = shared.count();
    while !old.is_char_boundary(start) || !new.is_char_boundary(start) {
        start -= 1;
    }
    // Never between `\r` and `\n`.
    if old[..start].ends_with('\r') {
        start -= 1;
    }
    let rest = old.len().min(new.len()) - start;
    let ends = old.bytes().rev().zip(new.bytes().rev()).take(rest);
    let mut shared = ends.take_while(|(a, b)| a == b).count();
    let is_split = |text: &str, at: usize| {
        !text.is_char_boundary(at) || text.as_bytes().get(at) == Some(&b'\n')
    };
    while shared > 0 && (is_split(old, old.len() - shared) || is_split(new, new.len() - shared)) {
        shared -= 1;
    }
    let span = Span::new(SourceId(0), start as u32, (old.len() - shared) as u32);
    Some((span, new[start..new.len() - shared].to_owned()))
}
