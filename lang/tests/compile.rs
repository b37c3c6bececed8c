//! Rules that cannot be compiled are reported and leave the others intact. No input exhausts the stack.

#[path = "../examples/embed/json_host.rs"]
mod json_host;

use json_host::{JsonHost, schema};
use lang::compile::{MAX_DEPTH, Params, compile};
use lang::eval::Run;
use lang::parse::parse;
use lang::program::Program;
use lang::value::Value;
use serde_json::json;
use source::{Diagnostic, SourceId};

fn compiled(text: &str) -> (Program, Vec<Diagnostic>) {
    let parsed = parse(SourceId(0), text);
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics[0]);
    compile(&[("test", &parsed.file)], &schema(), &Params::new())
}

fn messages(text: &str) -> Vec<String> {
    let (_, diagnostics) = compiled(text);
    let messages = diagnostics
        .iter()
        .map(|it| format!("{}: {}", it.code, it.message));
    messages.collect()
}

const GOOD: &str = "
## Good.
rule good {
  severity error
  require true
    say \"never\"
}
";

#[test]
fn broken_rule_is_reported_and_others_compile() {
    let bad = "
## Bad.
rule bad {
  severity error
  for x at {c: /(/}.a
  when lowercase(x) == x and x is shiny
  require lower(x, x) matches /[/
    say \"{helper} {helper(1)}\"
}
fn helper(a, b) = a
";
    let (program, diagnostics) = compiled(&format!("{bad}{GOOD}"));
    let ids: Vec<&str> = program
        .rules()
        .iter()
        .map(|rule| rule.id.as_str())
        .collect();
    assert_eq!(ids, ["good"]);
    let codes: Vec<&str> = diagnostics.iter().map(|it| it.code.as_str()).collect();
    assert_eq!(
        codes,
        [
            "invalid-regex",
            "unknown-function",
            "unknown-predicate",
            "wrong-arity",
            "invalid-regex",
            "not-a-value",
            "wrong-arity",
        ]
    );
}

#[test]
fn recursion_is_rejected() {
    assert_eq!(messages("fn f(x) = f(x)"), ["recursion: `f` is recursive"]);
    assert_eq!(
        messages("fn f(x) = g(x)\nfn g(x) = [h for y in x if a]\nlet h = 1\nlet a = f(1)"),
        ["recursion: `f` is recursive"]
    );
    assert_eq!(
        messages("let a = b\nlet b = a"),
        ["recursion: `a` is recursive"]
    );
}

#[test]
fn regex_bomb_is_rejected() {
    assert_eq!(
        messages(r"let a = /((((a{100}){100}){100}){100})/"),
        ["invalid-regex: the regex is too large: it exceeds 1 MiB when compiled"]
    );
}

/// A `let` is computed on first use, together with those that it uses.
#[test]
fn chained_lets_count_toward_nesting_depth() {
    let chain = |lets: usize, value: &str| {
        let mut text =
            String::from("## D.\nrule deep {\n severity error\n for x at *\n let a0 = x\n");
        for at in 1..lets {
            let before = format!("a{}", at - 1);
            text.push_str(&format!(" let a{at} = {}\n", value.replace('_', &before)));
        }
        text.push_str(&format!(" require a{} == x\n say \"no\"\n}}\n", lets - 1));
        messages(&text)
    };
    assert_eq!(chain(200, "_"), [""; 0]);
    assert_eq!(chain(60, "[_][0]"), [""; 0]);
    for (lets, value) in [(2_000, "_"), (120, "[_][0]")] {
        let found = chain(lets, value);
        assert_eq!(
            found,
            [
                "too-deep: this expression and the functions it calls are nested more than 220 levels deep"
            ]
        );
    }
}

/// The deepest program that the compiler accepts, evaluated on a small stack.
#[test]
fn deepest_program_runs_on_a_small_stack() {
    let mut text = String::from("fn f0(x) = x\n");
    let functions = 60;
    for at in 1..functions {
        let before = at - 1;
        text.push_str(&format!(
            "fn f{at}(x) = [if every y in [x] satisfies y == f{before}(y) then x else x][0]\n"
        ));
    }
    let last = functions - 1;
    text.push_str(&format!("## D.\nrule deep {{\n severity error\n for x at *\n require f{last}(x) == x\n say \"no\"\n}}\n{GOOD}"));
    let run = move || {
        let parsed = parse(SourceId(0), &text);
        let (program, diagnostics) = compile(&[("test", &parsed.file)], &schema(), &Params::new());
        assert!(
            diagnostics.iter().all(|it| it.code.as_str() == "too-deep"),
            "{diagnostics:?}"
        );
        assert!(!diagnostics.is_empty());
        // The longest chain that is accepted must evaluate.
        let mut judged = 0;
        for depth in 0..functions {
            let last = format!("let it = f{depth}(1)\n");
            let upto: String = text
                .lines()
                .take(depth + 1)
                .map(|line| format!("{line}\n"))
                .collect();
            let parsed = parse(SourceId(0), &format!("{upto}{last}"));
            let (program, diagnostics) =
                compile(&[("test", &parsed.file)], &schema(), &Params::new());
            if diagnostics.is_empty() {
                let host = JsonHost::new(&json!({}));
                assert!(Run::new(&program, &host).value_of("test", "it").is_ok());
                judged = depth;
            }
        }
        assert!(judged > 20, "only {judged} of {MAX_DEPTH} levels");
        assert_eq!(program.rules().len(), 1);
    };
    std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(run)
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn parameters_are_configured_by_pack_and_name() {
    let text = "param hosts: list of string = [\"a\"]\nlet it = hosts\n";
    let parsed = parse(SourceId(0), text);
    let with = |value: Value<'static>| {
        let mut params = Params::new();
        params.insert(("test".to_owned(), "hosts".to_owned()), value);
        compile(&[("test", &parsed.file)], &schema(), &params)
    };
    let host = JsonHost::new(&json!({}));
    let (program, diagnostics) = with(Value::list(vec![Value::string("b")]));
    assert!(diagnostics.is_empty());
    let value = Run::new(&program, &host)
        .value_of("test", "it")
        .unwrap()
        .unwrap();
    assert_eq!(lang::eval::show::literal(&host, &value), "[\"b\"]");
    let (_, diagnostics) = with(Value::list(vec![Value::number(1.0)]));
    assert_eq!(
        diagnostics[0].message,
        "the configured value of `hosts` is not a list of string"
    );
}

#[test]
fn only_used_packs_are_in_scope() {
    let wire = parse(SourceId(0), "let ours = [1]\nfn twice(x) = x + x\n").file;
    let with = parse(
        SourceId(1),
        "use wire\nlet it = [wire.ours, wire.twice(2)]\n",
    )
    .file;
    let without = parse(SourceId(2), "let it = wire.ours\n").file;
    let host = JsonHost::new(&json!({}));
    let shown = |file| {
        let packs = [("wire", &wire), ("mine", file)];
        let (program, diagnostics) = compile(&packs, &schema(), &Params::new());
        assert!(diagnostics.is_empty());
        let value = Run::new(&program, &host)
            .value_of("mine", "it")
            .unwrap()
            .unwrap();
        lang::eval::show::literal(&host, &value)
    };
    assert_eq!(shown(&with), "[[1], 4]");
    assert_eq!(shown(&without), "missing");
}

#[test]
fn compiler_records_what_a_rule_reads() {
    let reads = |body: &str| {
        let (program, diagnostics) =
            compiled(&format!("## R.\nrule r {{\n severity error\n{body}\n}}\n"));
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        program.rules()[0].reads().clone()
    };
    let proxy = reads(" for p at {s}.config.proxy\n require p.a == gundeck.b[0].c\n say \"x\"");
    assert!(!proxy.everything);
    assert!(proxy.sees("brig", &["config", "proxy", "x"]));
    assert!(proxy.sees("brig", &["config"]));
    assert!(!proxy.sees("brig", &["config", "smtp"]));
    assert!(proxy.sees("gundeck", &["b"]));
    assert!(!proxy.sees("gundeck", &["c"]));
    assert!(reads(" for p at **.x\n require p == 1\n say \"x\"").everything);
    let facts = reads(" require release.namespace == \"x\"\n say \"x\"");
    assert!(facts.structure && !facts.everything);
    assert!(reads(" require deployed(\"x\")\n say \"x\"").everything);
}
