//! A second definition of patterns: every place of a document is matched in every way that the pattern allows.

use lang::parse::ast::{CaptureFilter, ExprKind, Pattern, SegmentKind};

use crate::naive::V::{Number, Text};
use crate::naive::{V, elements};

/// A place in a document: keys and positions from the root, and the value.
#[derive(Debug, Clone)]
pub(crate) struct At {
    pub(crate) path: Vec<V>,
    pub(crate) value: V,
}

/// Every place, in the order of the document.
pub(crate) fn places(path: &[V], value: &V, out: &mut Vec<At>) {
    out.push(At {
        path: path.to_vec(),
        value: value.clone(),
    });
    if let Ok((items, _)) = elements(value) {
        for (key, item) in items {
            places(&[path, &[key]].concat(), &item, out);
        }
    }
}

/// Every way in which a pattern matches a path, as the keys it binds.
pub(crate) fn bindings(pattern: &Pattern, path: &[V]) -> Vec<Vec<String>> {
    let kinds: Vec<&SegmentKind> = pattern.segments.iter().map(|it| &it.kind).collect();
    let mut out = take(&kinds, path);
    out.sort();
    out.dedup();
    out
}

fn take(segments: &[&SegmentKind], path: &[V]) -> Vec<Vec<String>> {
    let Some((first, rest)) = segments.split_first() else {
        return if path.is_empty() {
            vec![Vec::new()]
        } else {
            Vec::new()
        };
    };
    if let SegmentKind::AnyDepth = first {
        let ways = (0..=path.len()).flat_map(|taken| take(rest, &path[taken..]));
        return ways.collect();
    }
    let Some((key, below)) = path.split_first() else {
        return Vec::new();
    };
    let taken = match (first, key) {
        (SegmentKind::Key(name), Text(key)) => name == key,
        (SegmentKind::Any, _) => true,
        (SegmentKind::Index(at), Number(position)) => f64::from(*at) == *position,
        (SegmentKind::Capture { filter, .. }, Text(key)) => match filter {
            None => true,
            Some(CaptureFilter::OneOf(list)) => match &list.kind {
                ExprKind::List(items) => items
                    .iter()
                    .any(|it| it.kind == ExprKind::String(key.clone())),
                _ => false,
            },
            Some(CaptureFilter::Regex(regex)) => key.contains(regex.node.as_str()),
        },
        _ => false,
    };
    if !taken {
        return Vec::new();
    }
    let mut ways = take(rest, below);
    if let (SegmentKind::Capture { .. }, Text(key)) = (first, key) {
        for way in &mut ways {
            way.insert(0, key.clone());
        }
    }
    ways
}
