#!/usr/bin/env bash
# A complete VS Code without a screen: the VS Code server, a headless browser as its window, and the extension in a real extension host.
# Called by ../run.sh, which sets the variables.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$DOGWATCH_EXTENSION/test" && cp "$here/suite.js" "$DOGWATCH_EXTENSION/test/suite.js"
port=$((20000 + RANDOM % 20000))
setsid node "$CODE_SERVER" --host 127.0.0.1 --port $port --without-connection-token --accept-server-license-terms --enable-smoke-test-driver \
  --telemetry-level off --disable-workspace-trust --server-data-dir "$SCRATCH/vscode-data" --extensions-dir "$SCRATCH/vscode-extensions" \
  >"$SCRATCH/vscode-server.log" 2>&1 &
server=$!
# The server has child processes: kill the whole group.
trap 'kill -TERM -- -$server 2>/dev/null || true' EXIT
for _ in $(seq 100); do curl -s -o /dev/null "http://127.0.0.1:$port/" && break; sleep 0.2; done
node "$here/drive.mjs" "http://127.0.0.1:$port" "$DOGWATCH_EXTENSION" "$DOGWATCH_TREE"
