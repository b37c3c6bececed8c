//! Which values templates read: the paths after `.Values`, as far as they can be determined without running Go.
//!
//! Handles fields, `with`, `range`, variables, `index`, `get`, `hasKey`, `dig`, `default`, `required` and pipelines.

use std::collections::BTreeMap;

use super::tokens::{Token, actions, tokens};

/// How a value is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Use {
    /// It is output as a whole, or iterated over: any key in it may be read.
    pub(super) whole: bool,
    /// The chart does not render without it.
    pub(super) required: bool,
}

/// Paths from the top of the chart's values, with how they are used.
pub(super) type Reads = BTreeMap<Vec<String>, Use>;

/// Longer paths are truncated.
const MAX_STEPS: usize = 24;
/// The deepest nesting of blocks, and of parentheses.
const MAX_NESTING: usize = 200;

/// What a value refers to: a path in the values, the chart's own top (`$`), or something else.
#[derive(Debug, Clone, PartialEq)]
enum Meaning {
    Top,
    Path(Vec<String>),
    Other,
}

#[derive(Debug)]
struct Block {
    dot: Meaning,
    variables: Vec<(String, Meaning)>,
    /// Set for `if`, `with`, `range` and `else`, whose contents may never be executed.
    doubtful: bool,
}

/// Adds what a template reads.
pub(super) fn read(text: &str, reads: &mut Reads) {
    let mut reader = Reader {
        reads,
        blocks: vec![Block {
            dot: Meaning::Top,
            variables: Vec::new(),
            doubtful: false,
        }],
    };
    for action in actions(text) {
        reader.action(&tokens(action));
    }
}

struct Reader<'r> {
    reads: &'r mut Reads,
    blocks: Vec<Block>,
}

impl Reader<'_> {
    fn action(&mut self, tokens: &[Token<'_>]) {
        let Some(Token::Word(word)) = tokens.first() else {
            self.pipeline(tokens, 0);
            return;
        };
        let rest = &tokens[1..];
        match *word {
            "if" => {
                self.pipeline(rest, 0);
                self.open(self.dot(), true, Vec::new());
            }
            "with" => {
                let (variables, value) = self.assigned(rest, false);
                self.open(value, true, variables);
            }
            "range" => {
                let (variables, _) = self.assigned(rest, true);
                self.open(Meaning::Other, true, variables);
            }
            // The caller determines the dot; it is nearly always the top.
            "define" => self.open(Meaning::Top, true, Vec::new()),
            "block" => self.open(Meaning::Other, true, Vec::new()),
            "else" => {
                let outer = self.close();
                match rest.first() {
                    Some(Token::Word("with")) => {
                        let (variables, value) = self.assigned(&rest[1..], false);
                        self.open(value, true, variables);
                    }
                    Some(_) => {
                        self.pipeline(rest.get(1..).unwrap_or(&[]), 0);
                        self.open(outer, true, Vec::new());
                    }
                    None => self.open(outer, true, Vec::new()),
                }
            }
            "end" => {
                self.close();
            }
            _ => {
                self.pipeline(tokens, 0);
            }
        }
    }

    fn open(&mut self, dot: Meaning, doubtful: bool, variables: Vec<(String, Meaning)>) {
        if self.blocks.len() < MAX_NESTING {
            self.blocks.push(Block {
                dot,
                variables,
                doubtful,
            });
        }
    }

    /// Ends a block and returns the dot outside of it.
    fn close(&mut self) -> Meaning {
        if self.blocks.len() > 1 {
            self.blocks.pop();
        }
        self.dot()
    }

    fn dot(&self) -> Meaning {
        self.blocks
            .last()
            .map_or(Meaning::Other, |it| it.dot.clone())
    }

    /// Parses `$a := value`, `$k, $v := value` or a value; with `each`, its elements are assigned.
    fn assigned(&mut self, tokens: &[Token<'_>], each: bool) -> (Vec<(String, Meaning)>, Meaning) {
        let sign = tokens.iter().position(|it| matches!(it, Token::Assign));
        let (names, value) = match sign {
            Some(at) => (&tokens[..at], &tokens[at + 1..]),
            None => (&tokens[..0], tokens),
        };
        let meaning = self.pipeline(value, 0);
        if each {
            self.note(&meaning, |it| it.whole = true);
        }
        let names = names.iter().filter_map(|it| match it {
            Token::Variable(name, fields) if fields.is_empty() => Some((*name).to_owned()),
            _ => None,
        });
        let held = if each {
            Meaning::Other
        } else {
            meaning.clone()
        };
        (names.map(|name| (name, held.clone())).collect(), meaning)
    }

    fn note(&mut self, meaning: &Meaning, change: impl FnOnce(&mut Use)) {
        if let Meaning::Path(path) = meaning {
            change(self.reads.entry(path.clone()).or_default());
        }
    }

    /// Reads commands separated by bars and returns the result of the last one.
    fn pipeline(&mut self, tokens: &[Token<'_>], depth: usize) -> Meaning {
        if depth > MAX_NESTING {
            return Meaning::Other;
        }
        if let Some(at) = tokens.iter().position(|it| matches!(it, Token::Assign)) {
            let meaning = self.pipeline(&tokens[at + 1..], depth + 1);
            let names = tokens[..at].iter().filter_map(|it| match it {
                Token::Variable(name, _) => Some(((*name).to_owned(), meaning.clone())),
                _ => None,
            });
            if let Some(block) = self.blocks.last_mut() {
                block.variables.extend(names);
            }
            return Meaning::Other;
        }
        let mut piped: Option<Meaning> = None;
        for command in split_at_bars(tokens) {
            piped = Some(self.command(command, piped, depth));
        }
        piped.unwrap_or(Meaning::Other)
    }

    /// A value, or a function with its arguments; the piped value comes last.
    fn command(&mut self, tokens: &[Token<'_>], piped: Option<Meaning>, depth: usize) -> Meaning {
        let (name, arguments) = match tokens.first() {
            Some(Token::Word(name)) => (*name, &tokens[1..]),
            _ => ("", tokens),
        };
        let mut texts = Vec::new();
        let mut values = Vec::new();
        let mut rest = arguments;
        while let Some(first) = rest.first() {
            let (meaning, len) = self.operand(rest, depth);
            if let Token::Text(text) = first {
                texts.push((*text).to_owned());
            } else {
                self.note(&meaning, |_| {});
                values.push(meaning);
            }
            rest = rest.get(len.max(1)..).unwrap_or(&[]);
        }
        values.extend(piped);
        let subject = values.last().cloned();
        match name {
            "" => values.into_iter().next().unwrap_or(Meaning::Other),
            "index" => self.step_down(values.first().cloned(), &texts),
            "get" | "hasKey" | "pluck" => {
                let from = values.into_iter().find(|it| matches!(it, Meaning::Path(_)));
                self.step_down(from, &texts[..texts.len().min(1)])
            }
            "dig" => {
                // The last text may be the default.
                let steps = if values.len() > 1 {
                    &texts[..]
                } else {
                    &texts[..texts.len().saturating_sub(1)]
                };
                self.step_down(subject, steps)
            }
            "required" => {
                let sure = self.blocks.iter().all(|block| !block.doubtful);
                let subject = subject.unwrap_or(Meaning::Other);
                self.note(&subject, |it| it.required |= sure);
                subject
            }
            "default" | "quote" | "squote" | "trim" | "coalesce" | "ternary" => {
                subject.unwrap_or(Meaning::Other)
            }
            "toYaml" | "toJson" | "toRawJson" | "toPrettyJson" | "toToml" | "keys" | "values"
            | "merge" | "mergeOverwrite" | "deepCopy" | "mustMerge" | "mustMergeOverwrite"
            | "mustToJson" | "mustDeepCopy" | "omit" | "pick" | "include" | "template" | "tpl"
            | "dict" | "set" | "list" => {
                for value in &values {
                    self.note(value, |it| it.whole = true);
                }
                match name {
                    "deepCopy" | "mustDeepCopy" => subject.unwrap_or(Meaning::Other),
                    _ => Meaning::Other,
                }
            }
            _ => Meaning::Other,
        }
    }

    fn step_down(&mut self, from: Option<Meaning>, keys: &[String]) -> Meaning {
        let meaning = keys
            .iter()
            .fold(from.unwrap_or(Meaning::Other), |from, key| field(from, key));
        self.note(&meaning, |_| {});
        meaning
    }

    /// The first operand and its number of tokens.
    fn operand(&mut self, tokens: &[Token<'_>], depth: usize) -> (Meaning, usize) {
        match &tokens[0] {
            Token::Fields(fields) => (
                fields
                    .iter()
                    .fold(self.dot(), |it, name| self.field(it, name)),
                1,
            ),
            Token::Variable(name, fields) => {
                let meaning = if name.is_empty() {
                    Meaning::Top
                } else {
                    self.variable(name)
                };
                (
                    fields.iter().fold(meaning, |it, name| self.field(it, name)),
                    1,
                )
            }
            Token::Open => {
                let end = closing(tokens);
                let inner = tokens.get(1..end).unwrap_or(&[]);
                let mut meaning = self.pipeline(inner, depth + 1);
                let mut len = end + 1;
                if let Some(Token::Behind(fields)) = tokens.get(len) {
                    meaning = fields.iter().fold(meaning, |it, name| self.field(it, name));
                    len += 1;
                }
                (meaning, len)
            }
            Token::Word(_)
            | Token::Text(_)
            | Token::Behind(_)
            | Token::Close
            | Token::Bar
            | Token::Assign
            | Token::Other => (Meaning::Other, 1),
        }
    }

    /// A field of something; `.Values` always means the values, whatever the dot is.
    fn field(&self, from: Meaning, name: &str) -> Meaning {
        if name == "Values" && !matches!(from, Meaning::Path(_)) {
            return Meaning::Path(Vec::new());
        }
        field(from, name)
    }

    fn variable(&self, name: &str) -> Meaning {
        let blocks = self.blocks.iter().rev();
        let mut held = blocks.flat_map(|block| block.variables.iter().rev());
        held.find(|it| it.0 == name)
            .map_or(Meaning::Other, |it| it.1.clone())
    }
}

fn field(from: Meaning, name: &str) -> Meaning {
    match from {
        Meaning::Path(mut path) => {
            if path.len() < MAX_STEPS {
                path.push(name.to_owned());
            }
            Meaning::Path(path)
        }
        Meaning::Top | Meaning::Other => Meaning::Other,
    }
}

/// The index of the parenthesis that closes the first one.
fn closing(tokens: &[Token<'_>]) -> usize {
    let mut open = 0usize;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Open => open += 1,
            Token::Close => {
                open = open.saturating_sub(1);
                if open == 0 {
                    return at;
                }
            }
            _ => {}
        }
    }
    tokens.len()
}

/// Splits commands at bars that are not inside parentheses.
fn split_at_bars<'t, 's>(tokens: &'t [Token<'s>]) -> Vec<&'t [Token<'s>]> {
    let mut open = 0usize;
    tokens
        .split(|token| {
            match token {
                Token::Open => open += 1,
                Token::Close => open = open.saturating_sub(1),
                _ => {}
            }
            open == 0 && matches!(token, Token::Bar)
        })
        .collect()
}
