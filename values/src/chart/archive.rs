//! Unpacks chart archives: `name-1.2.3.tgz`.
//!
//! Source: Helm v3 `pkg/chart/loader/archive.go`: the first component of every path is dropped, absolute paths and `..` are rejected, and
//! the same size limits apply.

use std::io::Read;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

/// A file of a chart.
#[derive(Debug, Clone)]
pub struct ChartFile {
    /// The path relative to the chart's folder, with `/`: `templates/service.yaml`.
    pub path: String,
    /// The content.
    pub bytes: Arc<[u8]>,
}

/// Why an archive cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchiveProblem {
    /// It is not a gzipped tar archive, or is truncated.
    Damaged,
    /// Its unpacked size exceeds Helm's limit, or it has too many files.
    TooLarge,
    /// A path in it is absolute or contains `..`.
    UnsafePath,
}

impl std::fmt::Display for ArchiveProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Damaged => "not a gzipped tar archive, or truncated",
            Self::TooLarge => "larger than Helm allows",
            Self::UnsafePath => "a path in it leads outside the archive",
        })
    }
}

impl std::error::Error for ArchiveProblem {}

/// How much may still be unpacked, for a chart and all archives in it.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Bytes.
    pub bytes: u64,
    /// Files and folders.
    pub files: usize,
}

impl Default for Budget {
    /// Helm's limit of 100 MiB, and more files than any chart has.
    fn default() -> Self {
        Self {
            bytes: 100 << 20,
            files: 10_000,
        }
    }
}

/// The largest file that Helm reads in a chart, in bytes.
const MAX_FILE: u64 = 5 << 20;

/// The files of an archive that matter for the chart; see [`is_chart_file`].
///
/// # Errors
/// If the archive is damaged, too large or has an unsafe path.
pub fn unpack(bytes: &[u8], budget: &mut Budget) -> Result<Vec<ChartFile>, ArchiveProblem> {
    let limit = budget.bytes;
    // One byte more, to tell too large from truncated.
    let mut archive = tar::Archive::new(MultiGzDecoder::new(bytes).take(limit + 1));
    let mut files = Vec::new();
    let entries = archive.entries().map_err(|_| ArchiveProblem::Damaged)?;
    for entry in entries {
        let mut entry = entry.map_err(|_| stopped(budget))?;
        budget.files = budget
            .files
            .checked_sub(1)
            .ok_or(ArchiveProblem::TooLarge)?;
        let size = entry.size();
        budget.bytes = budget
            .bytes
            .checked_sub(size.max(512))
            .ok_or(ArchiveProblem::TooLarge)?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = entry.path_bytes();
        let name = String::from_utf8_lossy(&name).replace('\\', "/");
        let Some(path) = below_chart(&name)? else {
            continue;
        };
        if !is_chart_file(path) {
            continue;
        }
        if size > MAX_FILE {
            return Err(ArchiveProblem::TooLarge);
        }
        let path = path.to_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(|_| stopped(budget))?;
        files.push(ChartFile {
            path,
            bytes: bytes.into(),
        });
    }
    Ok(files)
}

/// Why reading stopped: at the limit, or because the archive is damaged.
fn stopped(budget: &Budget) -> ArchiveProblem {
    if budget.bytes < 512 {
        ArchiveProblem::TooLarge
    } else {
        ArchiveProblem::Damaged
    }
}

/// The path without the chart's folder; `None` for a file outside it.
fn below_chart(name: &str) -> Result<Option<&str>, ArchiveProblem> {
    let drive = name.get(1..2) == Some(":");
    if name.starts_with('/') || drive || name.split('/').any(|part| part == "..") {
        return Err(ArchiveProblem::UnsafePath);
    }
    let name = name.strip_prefix("./").unwrap_or(name);
    Ok(name.split_once('/').map(|(_, path)| path))
}

/// True for files that [`super::disk::read_chart`] uses. The path is relative to the chart's folder.
pub fn is_chart_file(path: &str) -> bool {
    matches!(
        path,
        "Chart.yaml" | "values.yaml" | "values.schema.json" | "requirements.yaml"
    ) || path.starts_with("templates/")
        || path.strip_prefix("charts/").is_some_and(|rest| {
            let hidden = rest.starts_with(['_', '.']);
            let below = rest.split_once('/').map(|(_, path)| path);
            !hidden && below.map_or(rest.ends_with(".tgz"), is_chart_file)
        })
}
