//! Tests of charts from folders and archives.

use std::io::Write as _;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use source::SourceId;

use super::archive::{ArchiveProblem, Budget, ChartFile, unpack};
use super::disk::{ChartOnDisk, ChartProblem, read_chart};

fn file(path: &str, text: &str) -> ChartFile {
    ChartFile {
        path: path.to_owned(),
        bytes: Arc::from(text.as_bytes()),
    }
}

fn tgz(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, bytes) in files {
        let mut header = tar::Header::new_gnu();
        // Written as bytes: the library would reject the paths under test.
        let name = &mut header.as_gnu_mut().unwrap().name;
        name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append(&header, *bytes).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

fn read(files: Vec<ChartFile>) -> Result<(ChartOnDisk, Vec<String>), ChartProblem> {
    let mut known = Vec::new();
    let chart = read_chart(files, &mut Budget::default(), &mut |path, _| {
        known.push(path.to_owned());
        SourceId(known.len() as u32 - 1)
    })?;
    Ok((chart, known))
}

const UMBRELLA: &str = "apiVersion: v2
name: umbrella
version: 1.2.3
description: all of it
dependencies:
  - name: redis
    version: ^1
    repository: https://example.org
    alias: cache
    condition: cache.enabled,global.cache, spaced.cache
    tags: [back, data]
  - name: gone
    version: 1
";

#[test]
fn parses_both_forms_of_import_values() {
    let (chart, _) = read(vec![file(
        "Chart.yaml",
        "name: top
dependencies:
  - name: db
    import-values:
      - data
      - child: default.settings
        parent: db-settings.own
      - {child: all, parent: .}
      - {child: half}
",
    )])
    .unwrap();
    let shown = chart.info.dependencies[0].imports.iter();
    let shown: Vec<String> = shown
        .map(|it| format!("{} to {}", it.child.join("."), it.parent.join(".")))
        .collect();
    assert_eq!(
        shown,
        [
            "exports.data to ",
            "default.settings to db-settings.own",
            "all to "
        ]
    );
}

#[test]
fn reads_a_chart_folder_with_its_subcharts() {
    let redis = tgz(&[
        ("redis/Chart.yaml", b"name: redis\nversion: 1.0.0\n"),
        ("redis/values.yaml", b"port: 6379\n"),
        ("redis/README.md", b"\xff\xfe"),
    ]);
    let (chart, known) = read(vec![
        file("Chart.yaml", UMBRELLA),
        file("values.yaml", "a: 1\n"),
        file("values.schema.json", "{}"),
        file("templates/x.yaml", "{{ .Values.a }}"),
        file("charts/inner/Chart.yaml", "name: inner\n"),
        file("charts/_left-out/Chart.yaml", "name: left-out\n"),
        ChartFile {
            path: "charts/redis-1.0.0.tgz".to_owned(),
            bytes: redis.into(),
        },
    ])
    .unwrap();
    assert_eq!(chart.problems, []);
    let names: Vec<_> = chart.infos().iter().map(|info| info.name.clone()).collect();
    assert_eq!(names, ["umbrella", "inner", "redis"]);
    assert_eq!(chart.info.version.as_deref(), Some("1.2.3"));
    assert!(chart.info.defaults_complete && chart.info.defaults.is_some());
    let [cache, gone, inner] = &chart.info.dependencies[..] else {
        panic!("{:?}", chart.info.dependencies)
    };
    assert_eq!(
        (cache.key(), gone.key(), inner.key()),
        ("cache", "gone", "inner")
    );
    // Helm looks for a key ` spaced`, which no values have.
    assert_eq!(cache.conditions, ["cache.enabled", "global.cache"]);
    assert_eq!(cache.tags, ["back", "data"]);
    let redis = &chart.subcharts[1].info;
    let defaults = redis.defaults.as_ref().unwrap();
    assert_eq!(defaults.document.text(), "port: 6379\n");
    let path = &known[defaults.source.0 as usize];
    assert_eq!(path, "charts/redis-1.0.0.tgz/values.yaml");
}

#[test]
fn reads_helm_2_requirements_file() {
    let (chart, _) = read(vec![
        file("Chart.yaml", "apiVersion: v1\nname: old\n"),
        file(
            "requirements.yaml",
            "dependencies:\n- {name: a, tags: [x]}\n- 1\n",
        ),
    ])
    .unwrap();
    assert_eq!(chart.info.dependencies.len(), 1);
    assert!(chart.info.defaults.is_none() && chart.info.defaults_complete);
}

#[test]
fn reports_unreadable_charts_and_files() {
    assert_eq!(read(vec![]).unwrap_err(), ChartProblem::NoChart);
    let nameless = read(vec![file("Chart.yaml", "version: 1\n")]);
    assert_eq!(nameless.unwrap_err(), ChartProblem::NoName);
    let (chart, _) = read(vec![
        file("Chart.yaml", "name: x\n"),
        file("values.yaml", "a: [\n"),
        file("charts/y/values.yaml", ""),
        file("charts/z.tgz", "no archive"),
    ])
    .unwrap();
    assert!(!chart.info.defaults_complete);
    let found: Vec<_> = chart
        .problems
        .iter()
        .map(|it| format!("{}: {}", it.0, it.1))
        .collect();
    assert_eq!(
        found,
        [
            "charts/z.tgz: not a gzipped tar archive, or truncated",
            "values.yaml: not YAML that Helm can read",
            "charts/y: there is no `Chart.yaml`",
        ]
    );
}

#[test]
fn rejects_unsafe_and_oversized_archives() {
    let problem =
        |files: &[(&str, &[u8])]| unpack(&tgz(files), &mut Budget::default()).unwrap_err();
    assert_eq!(
        problem(&[("x/../../Chart.yaml", b"")]),
        ArchiveProblem::UnsafePath
    );
    assert_eq!(
        problem(&[("/x/Chart.yaml", b"")]),
        ArchiveProblem::UnsafePath
    );
    let large = vec![b' '; 6 << 20];
    assert_eq!(
        problem(&[("x/values.yaml", &large)]),
        ArchiveProblem::TooLarge
    );
    let whole = tgz(&[("x/values.yaml", &large[..100_000])]);
    let cut = unpack(&whole[..whole.len() / 2], &mut Budget::default());
    assert_eq!(cut.unwrap_err(), ArchiveProblem::Damaged);
    let mut small = Budget {
        bytes: 10_000,
        files: 10,
    };
    assert_eq!(
        unpack(&whole, &mut small).unwrap_err(),
        ArchiveProblem::TooLarge
    );
    let many: Vec<(String, &[u8])> = (0..20).map(|n| (format!("x/{n}"), &b""[..])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|it| (&*it.0, it.1)).collect();
    let mut few = Budget {
        files: 10,
        ..Budget::default()
    };
    assert_eq!(
        unpack(&tgz(&many), &mut few).unwrap_err(),
        ArchiveProblem::TooLarge
    );
}

#[test]
fn ignores_data_after_the_end_of_an_archive() {
    // A small file followed by enough zeros to fill a disk.
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0u8; 1 << 20];
    let inner = tgz(&[("x/Chart.yaml", b"name: x\n")]);
    let mut header = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&inner[..]), &mut header).unwrap();
    bomb.write_all(&header[..1024]).unwrap();
    for _ in 0..64 {
        bomb.write_all(&zeros).unwrap();
    }
    let mut budget = Budget {
        bytes: 1 << 20,
        files: 100,
    };
    let files = unpack(&bomb.finish().unwrap(), &mut budget);
    assert!(files.is_ok_and(|files| files.len() == 1));
}
