//! Completion and code lenses, converted for the client.

use lint::report::Report;
use lint::shown::pluralize;
use serde_json::{Value, json};
use tower_lsp_server::jsonrpc::Result;
use tower_lsp_server::ls_types as lsp;

use crate::documents::Document;
use crate::features::values_completion::{Proposal, Word};
use crate::features::{code_lens, rule_completion, rule_places, values_completion};
use crate::initialize::command;
use crate::requests::markdown;
use crate::session::Session;

/// The maximum number of proposals sent at once. If there are more, the client asks again as the word grows.
const MAX_PROPOSALS: usize = 1_500;

impl Session {
    pub(crate) fn completion(
        &mut self,
        params: lsp::CompletionParams,
    ) -> Result<Option<lsp::CompletionResponse>> {
        let at = params.text_document_position;
        let uri = at.text_document.uri;
        self.documents.touch(&uri);
        let Some(document) = self.documents.get(&uri) else {
            return Ok(None);
        };
        let offset = document.offset(at.position, self.client.encoding);
        let (proposals, word) = self.proposals_at(&uri, offset);
        let Some(document) = self.documents.get(&uri) else {
            return Ok(None);
        };
        let quote = word.quote(&document.text);
        let typed = document.text.get(word.start..offset as usize).unwrap_or("");
        let typed = typed
            .trim_start_matches(|c| Some(c) == quote)
            .to_lowercase();
        let all = proposals.len();
        let matches_typed = |proposal: &&Proposal| {
            all <= MAX_PROPOSALS || proposal.label.to_lowercase().contains(&typed)
        };
        let edit = self.edit_of_word(document, &word, offset);
        let items: Vec<lsp::CompletionItem> = proposals
            .iter()
            .filter(matches_typed)
            .take(MAX_PROPOSALS)
            .map(|proposal| item(proposal, quote, edit(&proposal.insert)))
            .collect();
        Ok(Some(lsp::CompletionResponse::List(lsp::CompletionList {
            is_incomplete: all > MAX_PROPOSALS,
            items,
        })))
    }

    /// The proposals at an offset of an open text, and the word that they replace.
    fn proposals_at(&mut self, uri: &lsp::Uri, offset: u32) -> (Vec<Proposal>, Word) {
        let document = self.documents.get(uri);
        let text = document.map(|it| it.text.clone()).unwrap_or_default();
        if self.is_rule_file(uri) {
            let found =
                self.with_rule_file(uri, |rule| rule_completion::proposals(rule, &text, offset));
            let (proposals, start) = found.unwrap_or((Vec::new(), offset));
            let word = Word::around(&text, start as usize, offset as usize);
            (proposals, word)
        } else {
            let (context, word) = values_completion::context_at(&text, offset as usize);
            (self.values_proposals(uri, &context), word)
        }
    }

    /// The edit that writes a proposal in place of a word.
    fn edit_of_word(
        &self,
        document: &Document,
        word: &Word,
        offset: u32,
    ) -> impl Fn(&str) -> lsp::CompletionTextEdit {
        let range_to = |end: u32| {
            let span = source::Span::new(source::SourceId(0), word.start as u32, end);
            document.range(span, self.client.encoding)
        };
        let replace = range_to(word.end as u32);
        // What follows the cursor can be kept, except for a closing quote.
        let insert = match word.quote(&document.text) {
            Some(_) => replace,
            None => range_to(offset),
        };
        let supports_both = self
            .client
            .can("/textDocument/completion/completionItem/insertReplaceSupport");
        let is_key = word.is_key;
        // A value directly after the colon of its key would become part of the key.
        let is_glued = !document.is_rule_file() && document.text[..word.start].ends_with(':');
        move |text| {
            let new_text = match is_key {
                true => text.trim_end_matches([':', ' ']).to_owned(),
                false if is_glued => format!(" {text}"),
                false => text.to_owned(),
            };
            match supports_both {
                true => lsp::InsertReplaceEdit {
                    new_text,
                    insert,
                    replace,
                }
                .into(),
                false => lsp::TextEdit::new(replace, new_text).into(),
            }
        }
    }

    fn values_proposals(
        &mut self,
        uri: &lsp::Uri,
        context: &values_completion::Context,
    ) -> Vec<Proposal> {
        let result = self
            .path_of(uri)
            .and_then(|path| self.current_result(&path));
        let Some((result, values)) = result.zip(self.values_text(uri)) else {
            return Vec::new();
        };
        values_completion::proposals(&values.file_layers(), &result.report, context)
    }

    pub(crate) fn code_lens(
        &mut self,
        params: lsp::CodeLensParams,
    ) -> Result<Option<Vec<lsp::CodeLens>>> {
        let uri = params.text_document.uri;
        let (Some(path), true) = (self.path_of(&uri), self.settings.code_lens) else {
            return Ok(None);
        };
        let Some(result) = self.current_result(&path) else {
            return Ok(None);
        };
        let Some(document) = self.documents.get(&uri) else {
            return Ok(None);
        };
        Ok(if document.is_rule_file() {
            Some(self.rule_lenses(&uri, document, &result.report))
        } else {
            self.values_lenses(&uri, document)
        })
    }

    /// The lenses of a rule file: run the examples of a rule, show the places that it checks.
    fn rule_lenses(
        &self,
        uri: &lsp::Uri,
        document: &Document,
        report: &Report,
    ) -> Vec<lsp::CodeLens> {
        let found = self.with_rule_file(uri, |rule| code_lens::rules(rule.file.ast(), report));
        let mut out = Vec::new();
        for it in found.unwrap_or_default() {
            let range = document.range(it.name, self.client.encoding);
            let arguments = vec![json!(uri.as_str()), json!(it.rule)];
            let title = format!("run {}", pluralize(it.examples, "example"));
            out.push(lens(range, title, command::RUN_EXAMPLES, arguments.clone()));
            if let Some(subjects) = it.subjects {
                let mut title = format!("matches {}", pluralize(subjects, "place"));
                if it.failed > 0 {
                    title.push_str(&format!(", {} with findings", it.failed));
                }
                out.push(lens(range, title, command::SHOW_PLACES, arguments));
            }
        }
        out
    }

    /// The lenses of a values file: show the layers that override a key.
    fn values_lenses(&self, uri: &lsp::Uri, document: &Document) -> Option<Vec<lsp::CodeLens>> {
        let values = self.values_text(uri)?;
        let file_layers = values.file_layers();
        let lenses = code_lens::values(&file_layers, &values.yaml).into_iter();
        let lenses = lenses.map(|it| {
            let places = self.locations_of(&file_layers, &it.places);
            let range = document.range(it.key, self.client.encoding);
            let arguments = vec![json!(uri.as_str()), json!(range.start), json!(places)];
            lens(range, it.title, command::SHOW_PLACES, arguments)
        });
        Some(lenses.collect())
    }

    /// The places that a rule checks.
    pub(crate) fn locations_checked_by_rule(
        &self,
        path: &std::path::Path,
        rule: &str,
    ) -> Vec<lsp::Location> {
        let trees = self.trees_containing(path);
        let subjects = rule_places::subjects(&trees, rule);
        let places = subjects
            .into_iter()
            .filter_map(|(at, span)| self.location_in_tree(trees.get(at)?, span));
        places.collect()
    }
}

fn lens(range: lsp::Range, title: String, command: &str, arguments: Vec<Value>) -> lsp::CodeLens {
    lsp::CodeLens {
        range,
        command: Some(lsp::Command {
            title,
            command: command.to_owned(),
            arguments: Some(arguments),
        }),
        data: None,
    }
}

fn item(
    proposal: &Proposal,
    quote: Option<char>,
    edit: lsp::CompletionTextEdit,
) -> lsp::CompletionItem {
    // Clients compare it with the text that the edit replaces, which starts with the quote.
    let filter_text = quote.into_iter().chain(proposal.label.chars()).collect();
    lsp::CompletionItem {
        label: proposal.label.clone(),
        kind: Some(proposal.kind),
        detail: proposal.detail.clone(),
        documentation: proposal.docs.clone().map(markdown),
        tags: proposal
            .deprecated
            .then(|| vec![lsp::CompletionItemTag::DEPRECATED]),
        filter_text: Some(filter_text),
        text_edit: Some(edit),
        ..lsp::CompletionItem::default()
    }
}
