//! Handmade reports.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use lang::eval::Counts;
use lint::finding::{AlsoIn, Finding, Origin, Suppression};
use lint::report::{Report, RuleFacts, RuleWords, Skipped, Summary};
use source::{
    Applicability, Code, Diagnostic, Edit, Fix, Label, Severity, Source, SourceId, SourceMap, Span,
};

const GUNDECK: &str = "\
# values of the example
gundeck:
  replicaCount: 3
  config:
    aws:
      region: eu-west-1
    proxy:
      httpProxy: http://proxy.example.test:3128
      noProxyList: [localhost, brig]
cannon:
  replicaCount: 5
";
/// Null bytes mark masked secrets; a real secret must never reach a report.
const SECRETS: &str = "\
brig:
  secrets:
    smtpPassword: \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0
    awsSecretKey: \0\0\0\0\0\0
";
const INGRESS: &str = "service:\n  type: LoadBalancer\n";
const SETTINGS: &str = "envVars:\r\n\tIS_SELF_HOSTED: yes # 設定 の 値\r\n";

/// Sample files, with spans found by their text.
pub(crate) struct Texts {
    pub(crate) sources: SourceMap,
    pub(crate) files: Vec<Option<PathBuf>>,
}

impl Texts {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let mut texts = Self {
            sources: SourceMap::default(),
            files: Vec::new(),
        };
        for (path, text) in files {
            texts.sources.add(Source::new(*path, *text));
            texts.files.push(Some(PathBuf::from("/tree").join(path)));
        }
        texts
    }

    /// The first occurrence of `text` in file number `file`.
    pub(crate) fn at(&self, file: u32, text: &str) -> Span {
        let content = &self.sources.get(SourceId(file)).text;
        let start = content.find(text).expect("the text is in the file");
        Span::new(SourceId(file), start as u32, (start + text.len()) as u32)
    }

    pub(crate) fn end(&self, file: u32) -> Span {
        let content = &self.sources.get(SourceId(file)).text;
        Span::point(SourceId(file), content.len() as u32)
    }
}

pub(crate) fn code(text: &str) -> Code {
    Code(Cow::Owned(text.to_owned()))
}

/// A finding of a rule in the pack `wire`.
pub(crate) fn finding(diagnostic: Diagnostic) -> Finding {
    let rule = diagnostic.code.as_str().to_owned();
    Finding {
        fingerprint: fingerprint(&rule, diagnostic.primary.span),
        diagnostic,
        origin: Origin::Rule,
        pack: "wire".to_owned(),
        tags: vec!["network".to_owned()],
        tree: ".".to_owned(),
        deployment: "prod".to_owned(),
        profile: "prod".to_owned(),
        also_in: Vec::new(),
        release: Some("wire-server".to_owned()),
        chart: Some("wire-server".to_owned()),
        path: Some("gundeck.config.proxy".to_owned()),
        requirement: 0,
        suppressed: None,
        repairs: Vec::new(),
    }
}

/// Any 32 hex digits that differ between findings.
fn fingerprint(rule: &str, span: Span) -> String {
    let text = format!("{rule} {} {}", span.source.0, span.start);
    let fnv = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{fnv:016x}{:016x}", fnv.rotate_left(17))
}

pub(crate) fn rule_facts(summary: &str, severity: Severity, pass: usize, fail: usize) -> RuleFacts {
    let words = RuleWords {
        pack: "wire".to_owned(),
        summary: summary.to_owned(),
        docs: format!(
            "{summary}\n\nMore about it, with `code` and a [link](https://docs.example.test/more)."
        ),
        severity: Some(severity),
        tags: vec!["network".to_owned()],
        sources: vec![(
            "Redirect some traffic through a proxy".to_owned(),
            Some("https://docs.example.test/how-to/proxy.html#list".to_owned()),
        )],
    };
    RuleFacts {
        words: Arc::new(words),
        page: None,
        counts: Counts {
            pass,
            fail,
            not_applicable: 4,
            undecided: 0,
            error: 0,
        },
        off: false,
    }
}

/// Several files, profiles, related places, fixes, a masked secret, suppressed findings, skipped files.
pub(crate) fn sample_report() -> Report {
    let texts = Texts::new(&[
        ("values/wire-server/values.yaml", GUNDECK),
        ("values/wire-server/secrets.yaml", SECRETS),
        ("values/ingress-nginx-controller/values.yaml", INGRESS),
        ("values/team settings/demo-values.yaml", SETTINGS),
    ]);
    let findings = vec![
        load_balancer(&texts),
        self_hosted(&texts),
        plaintext(&texts),
        no_proxy(&texts),
        missing_key(&texts),
    ];
    Report {
        suppressed: suppressed(&texts),
        rules: rules(),
        findings,
        sources: texts.sources,
        files: texts.files,
        summary: summary(),
    }
}

fn load_balancer(texts: &Texts) -> Finding {
    let diagnostic = Diagnostic::new(
        code("single-load-balancer"),
        Severity::Error,
        texts.at(2, "LoadBalancer"),
        "a second load balancer for the cluster",
    )
    .with_related(texts.at(0, "replicaCount: 5"), "the first one");
    Finding {
        release: Some("ingress".to_owned()),
        chart: Some("ingress-nginx-controller".to_owned()),
        path: Some("service.type".to_owned()),
        also_in: vec![AlsoIn {
            deployment: "staging".to_owned(),
            profile: "staging".to_owned(),
        }],
        ..finding(diagnostic)
    }
}

fn self_hosted(texts: &Texts) -> Finding {
    let mut diagnostic = Diagnostic::new(
        code("self-hosted-not-string"),
        Severity::Warning,
        texts.at(3, "yes"),
        "`IS_SELF_HOSTED` of team-settings is not a string",
    )
    .with_label("Helm reads the boolean `true`");
    diagnostic.fixes.push(Fix {
        title: "quote it".to_owned(),
        applicability: Applicability::Unsafe,
        edits: vec![Edit {
            span: texts.at(3, "yes"),
            insert: "\"true\"".to_owned(),
        }],
    });
    Finding {
        release: Some("team-settings".to_owned()),
        chart: Some("team-settings".to_owned()),
        deployment: "demo".to_owned(),
        profile: "demo".to_owned(),
        path: Some("envVars.IS_SELF_HOSTED".to_owned()),
        pack: "helm".to_owned(),
        ..finding(diagnostic)
    }
}

fn plaintext(texts: &Texts) -> Finding {
    let diagnostic = Diagnostic::new(
        code("secret-plaintext"),
        Severity::Error,
        texts.at(1, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        "`brig.secrets.smtpPassword` is a secret in plain text",
    )
    .with_help("encrypt the file with sops\nor pass the value with `--set-file`");
    Finding {
        pack: "security".to_owned(),
        tags: vec!["secrets".to_owned()],
        path: Some("brig.secrets.smtpPassword".to_owned()),
        ..finding(diagnostic)
    }
}

fn no_proxy(texts: &Texts) -> Finding {
    let mut diagnostic = Diagnostic::new(
        code("proxy-noproxy-cannon-replica-missing"),
        Severity::Error,
        texts.at(0, "noProxyList"),
        "gundeck reaches cannon-3.cannon.default, cannon-4.cannon.default through the proxy",
    )
    .with_related(texts.at(0, "http://proxy.example.test:3128"), "this proxy")
    .with_related(texts.at(0, "5"), "number of pods")
    .with_help("list the hosts, or the suffix `.cannon.default`");
    let inside = texts.at(0, "[localhost, brig]");
    diagnostic.fixes.push(Fix {
        title: "add them".to_owned(),
        applicability: Applicability::Safe,
        edits: vec![Edit {
            span: Span::point(inside.source, inside.end - 1),
            insert: ", .cannon.default".to_owned(),
        }],
    });
    finding(diagnostic)
}

fn missing_key(texts: &Texts) -> Finding {
    let diagnostic = Diagnostic::new(
        code("cannon-drain-missing"),
        Severity::Info,
        texts.end(0),
        "cannon sets no drain options",
    )
    .with_label("`drainOpts` belongs here");
    Finding {
        path: Some("cannon.drainOpts".to_owned()),
        ..finding(diagnostic)
    }
}

fn suppressed(texts: &Texts) -> Vec<Finding> {
    let diagnostic = |text: &str| {
        Diagnostic::new(
            code("aws-region-inconsistent"),
            Severity::Warning,
            texts.at(0, text),
            "the region differs from that of the bucket",
        )
    };
    vec![
        Finding {
            suppressed: Some(Suppression::Comment {
                reason: "moved in June".to_owned(),
                until: Some("2031-06-30".to_owned()),
            }),
            ..finding(diagnostic("eu-west-1"))
        },
        Finding {
            suppressed: Some(Suppression::Baseline),
            ..finding(diagnostic("region"))
        },
    ]
}

fn rules() -> BTreeMap<String, RuleFacts> {
    let error = Severity::Error;
    let mut plaintext = rule_facts(
        "Secrets must not be in plain text in values files.",
        error,
        7,
        1,
    );
    let words = Arc::make_mut(&mut plaintext.words);
    words.pack = "security".to_owned();
    words.sources[0].1 = None;
    let mut undecided = rule_facts(
        "Every service must use the same PostgreSQL password.",
        error,
        0,
        0,
    );
    undecided.counts.undecided = 3;
    let mut off = rule_facts("Log levels must not be `Debug`.", Severity::Info, 0, 0);
    off.off = true;
    Arc::make_mut(&mut off.words).severity = None;
    let rules = [
        (
            "single-load-balancer",
            rule_facts("A cluster must have only one load balancer.", error, 0, 1),
        ),
        (
            "self-hosted-not-string",
            rule_facts("The flag must be a string.", Severity::Warning, 1, 1),
        ),
        ("secret-plaintext", plaintext),
        (
            "proxy-noproxy-cannon-replica-missing",
            rule_facts("The bypass list must cover every cannon pod.", error, 2, 1),
        ),
        (
            "cannon-drain-missing",
            rule_facts("Cannon must set its drain options.", Severity::Info, 0, 1),
        ),
        (
            "aws-region-inconsistent",
            rule_facts(
                "Every service must use the same AWS region.",
                Severity::Warning,
                3,
                2,
            ),
        ),
        ("pg-password-mismatch", undecided),
        ("debug-log-level", off),
    ];
    rules
        .into_iter()
        .map(|(id, facts)| (id.to_owned(), facts))
        .collect()
}

fn summary() -> Summary {
    let backup = |path: &str| Skipped {
        path: path.into(),
        why: "a backup copy".to_owned(),
    };
    Summary {
        trees: 1,
        deployments: 2,
        releases: 5,
        files: 4,
        bytes: 1_834,
        rules: 7,
        outcomes: Counts {
            pass: 13,
            fail: 7,
            not_applicable: 32,
            undecided: 3,
            error: 0,
        },
        undecided: BTreeMap::from([
            (
                "the secrets of `galley` are not in the checkout".to_owned(),
                2,
            ),
            ("`pgPassword` is encrypted".to_owned(), 1),
        ]),
        skipped: vec![
            backup("values/brig/values.yaml.bak"),
            backup("values/brig/values.yaml.bak.1"),
            backup("values/cannon/values.yaml~"),
            backup("values/galley/values.yaml.orig"),
            Skipped {
                path: "values/webapp/values.yaml.gotmpl".into(),
                why: "a template, not YAML yet".to_owned(),
            },
        ],
        idle_rules: vec!["our-load-balancer".to_owned()],
        notes: vec!["no rule in the folder `rules`".to_owned()],
    }
}

/// A report without findings.
pub(crate) fn clean_report() -> Report {
    Report {
        findings: Vec::new(),
        suppressed: Vec::new(),
        summary: Summary {
            skipped: Vec::new(),
            undecided: BTreeMap::new(),
            idle_rules: Vec::new(),
            notes: Vec::new(),
            ..summary()
        },
        ..sample_report()
    }
}

/// A report in which every user-written text is hostile to the formats.
pub(crate) fn hostile_report() -> Report {
    let nasty = "<script>alert('x')</script>&\"%0A::error::]]>\u{1b}[31m\r\n\u{202e}`|";
    let texts = Texts::new(&[(
        "values/a,b:c%25 <i>\"&'ü#?/va\u{1b}lues.yaml",
        "key: </script><b>&amp;\u{1b}]0;x\u{7} ]]> \u{202e}olleh\nnext: 1\n",
    )]);
    let mut diagnostic = Diagnostic::new(
        code(nasty),
        Severity::Error,
        texts.at(0, "</script>"),
        nasty,
    )
    .with_label(nasty)
    .with_related(texts.at(0, "next"), nasty)
    .with_help(nasty);
    diagnostic.primary = Label::new(diagnostic.primary.span, nasty);
    diagnostic.fixes.push(Fix {
        title: nasty.to_owned(),
        applicability: Applicability::Safe,
        edits: vec![Edit {
            span: texts.at(0, "next"),
            insert: nasty.to_owned(),
        }],
    });
    let hostile = Finding {
        pack: nasty.to_owned(),
        tags: vec![nasty.to_owned()],
        tree: nasty.to_owned(),
        deployment: nasty.to_owned(),
        profile: nasty.to_owned(),
        release: Some(nasty.to_owned()),
        chart: Some(nasty.to_owned()),
        path: Some(nasty.to_owned()),
        ..finding(diagnostic)
    };
    let allowed = Finding {
        suppressed: Some(Suppression::Comment {
            reason: nasty.to_owned(),
            until: None,
        }),
        ..hostile.clone()
    };
    let mut rule = rule_facts(nasty, Severity::Error, 0, 1);
    let words = Arc::make_mut(&mut rule.words);
    words.pack = nasty.to_owned();
    words.docs = nasty.to_owned();
    words.tags = vec![nasty.to_owned()];
    words.sources = vec![(nasty.to_owned(), Some("javascript:alert('x')".to_owned()))];
    Report {
        findings: vec![hostile],
        suppressed: vec![allowed],
        rules: BTreeMap::from([(nasty.to_owned(), rule)]),
        sources: texts.sources,
        files: texts.files,
        summary: Summary {
            skipped: vec![Skipped {
                path: nasty.into(),
                why: nasty.to_owned(),
            }],
            idle_rules: vec![nasty.to_owned()],
            notes: vec![nasty.to_owned()],
            undecided: BTreeMap::from([(nasty.to_owned(), 1)]),
            ..summary()
        },
    }
}

/// A report with `n` findings in many files, releases and profiles.
pub(crate) fn big_report(n: usize) -> Report {
    let sample = sample_report();
    let files = (n / 25).max(1);
    let text: String = (0..200)
        .map(|i| format!("key-{i}:\n  value: {i}\n"))
        .collect();
    let paths: Vec<_> = (0..files)
        .map(|i| format!("values/release-{i}/values.yaml"))
        .collect();
    let texts: Vec<_> = paths
        .iter()
        .map(|path| (path.as_str(), text.as_str()))
        .collect();
    let texts = Texts::new(&texts);
    let severities = [Severity::Error, Severity::Warning, Severity::Info];
    let findings = (0..n).map(|i| {
        // Squares, so that the counts differ.
        let file = (i * i % files) as u32;
        let rule = format!("rule-{:02}", i * i % 37);
        let span = texts.at(file, &format!("value: {}\n", i % 200));
        let diagnostic = Diagnostic::new(
            code(&rule),
            severities[i * i % 37 % 3],
            span,
            format!("finding {i} is here"),
        )
        .with_related(texts.at(file, "key-0"), "the first key");
        Finding {
            profile: ["prod", "demo"][i % 2].to_owned(),
            release: Some(format!("release-{file}")),
            ..finding(diagnostic)
        }
    });
    Report {
        findings: findings.collect(),
        sources: texts.sources.clone(),
        files: texts.files.clone(),
        suppressed: Vec::new(),
        ..sample
    }
}
