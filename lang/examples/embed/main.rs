//! The rule language by itself, over JSON: `cargo run -p lang --example embed`.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

mod json_host;

use json_host::{JsonHost, schema};
use lang::compile::{Params, compile};
use lang::eval::Run;
use lang::parse::parse;
use serde_json::json;
use source::SourceId;

const RULE: &str = r#"
## Every service needs at least two replicas.
rule enough-replicas {
  severity warning

  for count at {service}.replicas

  require count >= 2
    say  "`{service}` has {count} replicas"
    help "one may fail while the other is updated"
    fix  set count to 2
}
"#;

fn main() {
    // A text becomes a tree; mistakes in it are diagnostics, not failures.
    let parsed = parse(SourceId(0), RULE);
    // Packs of trees become a program. What the host offers is known before any data is.
    let (program, mistakes) = compile(&[("example", &parsed.file)], &schema(), &Params::new());
    for diagnostic in parsed.diagnostics.iter().chain(&mistakes) {
        println!("{}: {}", diagnostic.severity, diagnostic.message);
    }
    // A program is judged over a host, which reads its data in place.
    let values = json!({"web": {"replicas": 3}, "mail": {"replicas": 1}});
    let host = JsonHost::new(&values);
    for judgement in Run::new(&program, &host).judge_all() {
        let counts = judgement.counts;
        println!("{} passed, {} failed", counts.pass, counts.fail);
        for verdict in judgement.verdicts {
            println!(
                "{} {}: {}",
                verdict.severity,
                host.display_place(&verdict.place),
                verdict.message
            );
            for fix in verdict.fixes {
                println!("  fix: {}", fix.title);
            }
        }
    }
}
