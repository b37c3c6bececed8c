#!/usr/bin/env bash
# Tests the hook with the real pre-commit in a scratch repository: it installs, blocks a commit with a readable finding, lets a clean commit
# through, and lints only what is staged.
#
#   tests/hooks/run.sh [--need]
#
# pre-commit is installed below $DOGWATCH_CLIENTS (default: ~/.cache/dogwatch-clients). If it is unavailable, this is reported; with --need
# that is a failure. The program under test: $DOGWATCH (default: the debug build of this checkout).
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
store=${DOGWATCH_CLIENTS:-$HOME/.cache/dogwatch-clients}
dogwatch=${DOGWATCH:-${CARGO_TARGET_DIR:-$root/target}/debug/dogwatch}
need=0
[ "${1:-}" = --need ] && need=1

if [ ! -x "$store/pre-commit/bin/pre-commit" ]; then
  mkdir -p "$store"
  { python3 -m venv "$store/pre-commit" && "$store/pre-commit/bin/pip" install -q pre-commit; } >>"$store/install.log" 2>&1 || true
fi
if [ ! -x "$store/pre-commit/bin/pre-commit" ]; then
  echo "UNAVAILABLE: pre-commit (from the Python registry)"
  exit $need
fi
export PATH="$store/pre-commit/bin:$PATH"
export PRE_COMMIT_HOME="$store/pre-commit-home"
export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@t.test GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@t.test

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fail() { echo "FAILED: $1"; cat "$scratch/out" 2>/dev/null; exit 1; }

pre-commit validate-manifest "$root/.pre-commit-hooks.yaml" || fail "the manifest is not valid"

# The same hooks, but with the program that was just built instead of one that pre-commit builds.
repo="$scratch/repo"
mkdir -p "$repo" && cd "$repo" && git init -q -b main
python3 - "$root/.pre-commit-hooks.yaml" "$dogwatch" > .pre-commit-config.yaml <<'PY'
import re, sys
hooks = open(sys.argv[1]).read()
hooks = hooks.replace("language: rust", "language: system")
hooks = re.sub(r"entry: dogwatch", "entry: " + sys.argv[2], hooks)
print("repos:\n- repo: local\n  hooks:")
for line in hooks.splitlines():
    print("  " + line)
PY
cp -r "$root/corpus/clean-prod/." . && git add -A
pre-commit install >"$scratch/out" 2>&1 || fail "the hook could not be installed"
git commit -q -m "a clean tree" >"$scratch/out" 2>&1 || fail "a clean tree was blocked"
echo "ok: a clean tree is committed"

# A staged fault blocks the commit, and the output gives its place.
patch -s -p1 <"$root/corpus/faults/single-load-balancer.diff" && git add -A
if git commit -q -m "two load balancers" >"$scratch/out" 2>&1; then fail "a fault was committed"; fi
grep -Eq '^values/[^:]+:[0-9]+:[0-9]+: error\[single-load-balancer\]: ' "$scratch/out" || fail "the finding is not readable"
echo "ok: a fault is blocked: $(grep -m1 'error\[single-load-balancer\]' "$scratch/out")"
git reset -q --hard

# Unstaged changes are not linted.
echo "# a remark" >>values/wire-server/prod-values.yaml && git add -A
patch -s -p1 <"$root/corpus/faults/single-load-balancer.diff"
git commit -q -m "a remark" >"$scratch/out" 2>&1 || fail "an unstaged change blocked a commit"
git diff --quiet && fail "the unstaged change is gone"
echo "ok: unstaged changes are not linted"
