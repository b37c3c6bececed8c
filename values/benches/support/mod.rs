//! Shared by the benchmarks: realistic texts, hostile texts, and a clock.
#![allow(dead_code, reason = "each benchmark uses only some of it")]
#![allow(clippy::disallowed_methods, reason = "reads the CPU time from `/proc`")]

use std::hint::black_box;
use std::time::{Duration, Instant};

/// A values file of about `size` bytes with a realistic mix of nested maps, lists of maps, short lists in brackets, comments, quoted
/// strings, numbers, booleans and block scalars.
pub(crate) fn values_file(size: usize) -> String {
    const WORDS: [&str; 16] = [
        "gateway", "replica", "config", "secret", "image", "registry", "proxy", "topic", "health",
        "cluster", "limits", "schedule", "volume", "issuer", "metrics", "backup",
    ];
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let mut text = String::new();
    let mut number = 0;
    while text.len() < size {
        number += 1;
        let mut word = || WORDS[random(WORDS.len())];
        let (a, b, c, d, e) = (word(), word(), word(), word(), word());
        let n = random(9000);
        text.push_str(&format!(
            "{a}-{number}:\n  # How {b} and {c} are set up, and what {d} needs of them.\n  {b}Count: {n}\n  enabled: true\n  \
             image:\n    repository: quay.io/{c}/{d}\n    tag: \"4.{n}.0\"\n    pullPolicy: IfNotPresent\n  \
             config:\n    host: {b}.{c}.svc.cluster.local\n    port: 8080\n    level: Info # or Debug\n    \
             names: [{a}, {b}, '{c}', {n}]\n  env:\n    - name: {d}_URL\n      value: http://{e}:9042/path\n    \
             - name: {e}_MODE\n      value: '{b}'\n"
        ));
        if random(4) == 0 {
            text.push_str(&format!(
                "  notes: |\n    First line about {a}.\n\n    Another: with {b} and {c}.\n"
            ));
        }
    }
    text
}

/// The CPU time of this thread, or wall-clock time where that is not available.
pub(crate) fn now(start: Instant) -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = stat.and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| start.elapsed(), Duration::from_nanos)
}

/// The arguments of the benchmark, without the `--bench` that cargo adds.
pub(crate) fn arguments() -> Vec<String> {
    let arguments = std::env::args().skip(1);
    arguments.filter(|argument| argument != "--bench").collect()
}

/// The minimum duration of a run. Some systems measure the time of a thread in steps of four milliseconds.
const MIN_RUN: Duration = Duration::from_millis(60);

/// The shortest of some runs that are long enough to compare.
pub(crate) fn best(rounds: usize, mut run: impl FnMut() -> usize) -> Duration {
    let mut repeat = 1u32;
    let mut shortest = Duration::MAX;
    let origin = Instant::now();
    for _ in 0..rounds {
        loop {
            let start = now(origin);
            for _ in 0..repeat {
                black_box(run());
            }
            let took = now(origin) - start;
            if took < MIN_RUN {
                repeat *= 2;
                continue;
            }
            shortest = shortest.min(took / repeat);
            break;
        }
    }
    shortest
}

/// Texts of about `length` bytes that take some parsers quadratic time.
pub(crate) fn hostile(length: usize) -> Vec<(&'static str, String)> {
    let lines = |line: &dyn Fn(usize) -> String| {
        let mut text = String::new();
        for at in 0.. {
            if text.len() >= length {
                break;
            }
            text.push_str(&line(at));
        }
        text
    };
    let side = (length as f64).sqrt() as usize;
    let staircase: String = (0..side)
        .map(|depth| format!("{}k:\n", " ".repeat(depth)))
        .collect();
    vec![
        ("open brackets", "[".repeat(length)),
        (
            "brackets",
            format!("v: {}{}", "[".repeat(9000), "]".repeat(9000)).repeat(1),
        ),
        ("open braces by line", lines(&|_| "a: {\n".to_owned())),
        ("open lists by line", lines(&|_| "a: [\n".to_owned())),
        (
            "open double quote",
            format!("v: \"{}", "x ".repeat(length / 2)),
        ),
        (
            "open quotes by line",
            lines(&|at| if at % 2 == 0 { "a: \"\n" } else { "b: '\n" }.to_owned()),
        ),
        (
            "escaped quotes by line",
            lines(&|_| "- \"\\\"\n".to_owned()),
        ),
        ("staircase", staircase),
        ("dashes on one line", "- ".repeat(length / 2)),
        ("question marks", "? ".repeat(length / 2)),
        ("colons", "b:".repeat(length / 2)),
        ("colons with blanks", "b: ".repeat(length / 3)),
        (
            "anchors and aliases",
            lines(&|at| format!("- &a{at} x\n- *a{at}\n")),
        ),
        ("one anchor often", lines(&|_| "- &a x\n- *a\n".to_owned())),
        (
            "merge chain",
            lines(&|at| match at {
                0 => "a0: &a0 {k: 1}\n".to_owned(),
                _ => format!("a{at}: &a{at} {{<<: *a{}, k{at}: 1}}\n", at - 1),
            }),
        ),
        (
            "alias bomb",
            (0..30).fold("a0: &a0 [x]\n".to_owned(), |text, at| {
                format!(
                    "{text}a{}: &a{} [*a{at}, *a{at}, *a{at}, *a{at}]\n",
                    at + 1,
                    at + 1
                )
            }),
        ),
        ("many keys", lines(&|at| format!("k{at}: {at}\n"))),
        ("the same key", lines(&|_| "key: 1\n".to_owned())),
        (
            "keys alike",
            lines(&|at| format!("aaaaaaaa{at:08}bbbbbbbb: 1\n")),
        ),
        (
            "one-line map",
            format!("{{{}}}", lines(&|at| format!("k{at}: {at}, "))),
        ),
        (
            "pairs in pairs",
            format!("v: {}x{}", "[".repeat(400), "]: y".repeat(400)).repeat(1),
        ),
        (
            "comments",
            lines(&|_| "# a comment line of usual length\n".to_owned()),
        ),
        ("blank lines", "\n".repeat(length)),
        (
            "long plain text",
            format!("v: {}", "word ".repeat(length / 5)),
        ),
        (
            "folded plain text",
            format!("v:\n{}", lines(&|_| "  word\n".to_owned())),
        ),
        ("tab lines", lines(&|_| "\tkey: 1\n".to_owned())),
        ("lines without colon", lines(&|_| "key\n".to_owned())),
        (
            "zigzag",
            lines(&|at| {
                if at % 2 == 0 {
                    "    a: 1\n"
                } else {
                    "  b: 1\n"
                }
                .to_owned()
            }),
        ),
        (
            "deep dedents",
            lines(&|at| format!("{}a:\n", " ".repeat(at % 50))),
        ),
        ("reserved characters", lines(&|_| "a: @\n".to_owned())),
        (
            "text block",
            format!("v: |\n{}", lines(&|_| "  line\n".to_owned())),
        ),
        ("many documents", lines(&|_| "---\na: 1\n".to_owned())),
        (
            "dash then key",
            lines(&|at| format!("a{at}:\n  - x\n  k: 1\n")),
        ),
    ]
}
