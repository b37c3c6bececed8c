//! How the guidance is covered: each of its statements with the rules that enforce it, or why none can.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use source::SourceId;
use values::yaml::{Document, Kind, NodeId};

use crate::rulebook::RuleBook;

/// A section of the guidance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its title, as rules cite it.
    pub title: String,
    /// Its statements.
    pub statements: Vec<Statement>,
}

/// One statement, in our own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its text.
    pub says: String,
    /// The rules that enforce it.
    pub rules: Vec<String>,
    /// Why no rule can enforce it.
    pub why: Option<String>,
}

/// The guidance that the pack `wire` encodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guidance {
    /// Its title.
    pub title: String,
    /// Its URL.
    pub url: String,
    /// Its sections in order.
    pub sections: Vec<Section>,
}

impl Guidance {
    /// The guidance embedded in the program.
    pub fn built_in() -> Self {
        Self::read(rules::GUIDANCE)
    }

    /// Parses the description; anything missing is empty.
    pub fn read(text: &str) -> Self {
        let document = Document::parse(SourceId(0), text);
        let reader = Reader(&document);
        let root = document.root();
        let sections = root.map_or(Vec::new(), |root| reader.items(root, "sections"));
        Self {
            title: root
                .and_then(|it| reader.text(it, "title"))
                .unwrap_or_default(),
            url: root
                .and_then(|it| reader.text(it, "url"))
                .unwrap_or_default(),
            sections: sections
                .into_iter()
                .map(|section| Section {
                    title: reader.text(section, "title").unwrap_or_default(),
                    statements: reader
                        .items(section, "statements")
                        .into_iter()
                        .map(|it| Statement {
                            says: reader.text(it, "says").unwrap_or_default(),
                            rules: reader.texts(it, "rules"),
                            why: reader.text(it, "why"),
                        })
                        .collect(),
                })
                .collect(),
        }
    }

    /// Compares it with the rules and reports gaps: names that are not rules, statements without rules and without a reason,
    /// rules of the pack `wire` that no statement names or that cite an unknown section.
    pub fn gaps(&self, book: &RuleBook) -> Vec<String> {
        let mut gaps = Vec::new();
        let mut named = BTreeSet::new();
        for section in &self.sections {
            if section.statements.is_empty() {
                gaps.push(format!("the section `{}` has no statements", section.title));
            }
            for statement in &section.statements {
                for rule in &statement.rules {
                    if book.program.find(rule).is_none() {
                        gaps.push(format!("`{rule}` is not a rule: {}", statement.says));
                    }
                    named.insert(rule.as_str());
                }
                if statement.rules.is_empty() == statement.why.is_none() {
                    gaps.push(format!(
                        "needs either rules or a reason: {}",
                        statement.says
                    ));
                }
            }
        }
        let titles: BTreeSet<&str> = self.sections.iter().map(|it| it.title.as_str()).collect();
        for rule in book.program.rules() {
            if rule.sources.is_empty() {
                gaps.push(format!("`{}` cites nothing", rule.id));
            }
            for (title, url) in &rule.sources {
                let ours = url.as_deref().is_some_and(|url| url.starts_with(&self.url));
                if ours && !titles.contains(title.as_str()) {
                    gaps.push(format!(
                        "`{}` cites `{title}`, which is not a section",
                        rule.id
                    ));
                }
                if ours && !named.contains(rule.id.as_str()) {
                    gaps.push(format!(
                        "no statement names `{}`, which cites `{title}`",
                        rule.id
                    ));
                }
            }
        }
        gaps
    }

    /// The coverage page, in Markdown. `page` returns the URL of a rule's page.
    pub fn page(&self, book: &RuleBook, page: &dyn Fn(&str) -> String) -> String {
        let mut out = String::new();
        let statements = self.sections.iter().flat_map(|it| &it.statements);
        let (mut held, mut all) = (0, 0);
        for statement in statements {
            all += 1;
            held += usize::from(!statement.rules.is_empty());
        }
        let _ = writeln!(out, "# Coverage of the guidance\n");
        let _ = writeln!(
            out,
            "Each statement of [{}]({}), in our own words, with the rules that enforce it, or why an override tree cannot \
             show whether it is followed. {held} of {all} statements are enforced by rules. `dogwatch docs` generates this page from \
             `rules/guidance.yaml`.\n",
            self.title, self.url
        );
        for section in &self.sections {
            let _ = writeln!(out, "## {}\n", section.title);
            let _ = writeln!(out, "| guidance | enforced by |\n|---|---|");
            for statement in &section.statements {
                let held = match &statement.why {
                    Some(why) => format!("*cannot be checked:* {why}"),
                    None => {
                        let rules = statement.rules.iter();
                        let links = rules.map(|rule| format!("[{rule}]({})", page(rule)));
                        links.collect::<Vec<_>>().join(", ")
                    }
                };
                let _ = writeln!(out, "| {} | {held} |", statement.says.replace('|', "\\|"));
            }
            out.push('\n');
        }
        let mut beyond: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let named: BTreeSet<&str> = self
            .sections
            .iter()
            .flat_map(|it| &it.statements)
            .flat_map(|it| it.rules.iter().map(String::as_str))
            .collect();
        for rule in book.program.rules() {
            if !named.contains(rule.id.as_str()) {
                beyond.entry(&rule.pack).or_default().push(&rule.id);
            }
        }
        let _ = writeln!(out, "## Beyond the guidance\n");
        let _ = writeln!(
            out,
            "Rules that enforce other requirements of Helm, YAML or the charts.\n"
        );
        for (pack, mut rules) in beyond {
            rules.sort_unstable();
            let links = rules.iter().map(|rule| format!("[{rule}]({})", page(rule)));
            let links: Vec<String> = links.collect();
            let _ = writeln!(out, "* **{pack}**: {}", links.join(", "));
        }
        out
    }
}

struct Reader<'d>(&'d Document);

impl Reader<'_> {
    fn at(&self, map: NodeId, key: &str) -> Option<NodeId> {
        (self.0.kind(map) == Kind::Map).then(|| self.0.get(map, key))?
    }

    fn text(&self, map: NodeId, key: &str) -> Option<String> {
        let node = self.at(map, key)?;
        Some(self.0.text_of(node).into_owned())
    }

    fn items(&self, map: NodeId, key: &str) -> Vec<NodeId> {
        let list = self.at(map, key);
        list.map_or(Vec::new(), |list| self.0.items(list).collect())
    }

    fn texts(&self, map: NodeId, key: &str) -> Vec<String> {
        let items = self.items(map, key).into_iter();
        items
            .map(|item| self.0.text_of(item).into_owned())
            .collect()
    }
}
