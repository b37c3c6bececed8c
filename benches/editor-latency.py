#!/usr/bin/env python3
"""Time from didChange to the matching publishDiagnostics, in milliseconds: dogwatch, and yaml-language-server in the same run.

usage: editor-latency.py [--edits N] [--json FILE] [--memory-edits N] SERVER [ARGUMENT...]
       e.g. editor-latency.py target/release/dogwatch lsp

The tree is corpus/clean-prod, extended to 65 files. The edited file is its largest one, cut or extended to 100, 1,000, and 10,000 lines. The added lines
are below keys of its services that accept anything, so the file stays clean. Each edit replaces one line, `top` between two services or `inside` the
service in the middle of the file, and adds or removes exactly one finding (a duplicate key). The clock starts before the bytes are written and stops when
the publication that shows the edit has been read. Nothing is asserted except that the findings are right.

The peer is `yaml-language-server` from the PATH, or $YAML_LANGUAGE_SERVER. If there is none, the script says so and measures only dogwatch.
"""

import argparse
import itertools
import json
import os
import pathlib
import queue
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILES = 65
# Number of server starts for the time to first findings; the median counts.
STARTS = 5
FILE = "values/wire-server/prod-values.yaml"


class Server:
    """A language server over pipes."""

    def __init__(self, command, tree):
        self.started = time.perf_counter()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.inbox = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.id = 0
        root = tree.as_uri()
        self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": root,
                "workspaceFolders": [{"uri": root, "name": "tree"}],
                "capabilities": {
                    "general": {"positionEncodings": ["utf-16"]},
                    "textDocument": {"publishDiagnostics": {"versionSupport": True, "relatedInformation": True}},
                },
            },
        )
        self.notify("initialized", {})

    def _read(self):
        out = self.process.stdout
        while True:
            length = None
            while True:
                line = out.readline()
                if not line:
                    self.inbox.put(None)
                    return
                if line in (b"\r\n", b"\n"):
                    break
                name, _, value = line.partition(b":")
                if name.strip().lower() == b"content-length":
                    length = int(value)
            body = out.read(length)
            message = json.loads(body)
            if "id" in message and "method" in message:
                items = message.get("params") or {}
                result = [None] * len(items.get("items", [])) if message["method"] == "workspace/configuration" else None
                self._send({"jsonrpc": "2.0", "id": message["id"], "result": result})
            else:
                self.inbox.put((time.perf_counter(), message))

    def _send(self, message):
        body = json.dumps(message).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def notify(self, method, params):
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def request(self, method, params):
        self.id += 1
        self._send({"jsonrpc": "2.0", "id": self.id, "method": method, "params": params})
        return self.wait(lambda it: it.get("id") == self.id)

    def wait(self, fits, timeout=60):
        end = time.monotonic() + timeout
        while True:
            got = self.inbox.get(timeout=max(0.01, end - time.monotonic()))
            if got is None:
                sys.exit("the server ended")
            if fits(got[1]):
                return got

    def findings(self, uri, version, count):
        """The moment at which `count` duplicate keys are shown; `version` must match if the server reports one."""

        def fits(message):
            params = message.get("params", {})
            if message.get("method") != "textDocument/publishDiagnostics" or params.get("uri") != uri:
                return False
            if params.get("version") is not None:
                return params["version"] == version
            return twice(params["diagnostics"]) == count

        moment, message = self.wait(fits)
        found = twice(message["params"]["diagnostics"])
        assert found == count, f"{found} duplicate keys instead of {count}"
        return moment

    def memory(self):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as status:
            line = next(line for line in status if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def end(self):
        self.request("shutdown", None)
        self.notify("exit", None)
        self.process.wait(10)


def twice(diagnostics):
    words = ("twice", "duplicate", "unique", "already")
    return sum(any(word in it["message"].lower() for word in words) for it in diagnostics)


def make_tree(folder):
    shutil.copytree(ROOT / "corpus" / "clean-prod", folder)
    have = sum(1 for path in folder.rglob("*.yaml"))
    for number in range(FILES - have):
        more = folder / "values" / f"chart-{number}" / "prod-values.yaml"
        more.parent.mkdir(parents=True)
        more.write_text("".join(f"setting{line}:\n  enabled: true\n  host: host-{line}.example.test\n" for line in range(20)))


# Services of the file, each with a key below which its chart accepts anything.
OPEN = {"brig": "tests", "galley": "tests", "gundeck": "tests", "cargohold": "tests", "spar": "tests"}


def cut(text, lines):
    """The text with that many lines: cut at a top-level key, or extended inside its services."""
    have = text.splitlines()
    is_top = lambda line: line and not line[0].isspace() and line[0] != "#"
    if lines < len(have):
        end = max(at for at in range(1, lines + 1) if at == 1 or is_top(have[at]))
        return have[:end]
    share = (lines - len(have)) // len(OPEN)
    out = []
    for line in have:
        out.append(line)
        service = line.rstrip(":")
        if is_top(line) and service in OPEN:
            block = [f"  {OPEN[service]}:"]
            number = 0
            while len(block) < share:
                block += [
                    f"    scenario-{number}:",
                    "      steps:",
                    f"        first: log in as user {number}",
                    "        second: send a message",
                    "      users: [alice, bob, carol]",
                    "      repeated: 3",
                ]
                number += 1
            out += block[:share] if share > 1 else []
    return out


def places(have):
    """Positions of the two edited lines: between two services, and inside the one in the middle."""
    tops = [at for at, line in enumerate(have) if line and not line[0].isspace() and line[0] != "#"]
    middle = max(at for at in tops if at <= max(len(have) // 2, tops[0]))
    service = next((at for at in tops if at >= middle and have[at].rstrip(":") in OPEN), None)
    inside = None
    if service is not None:
        # Below the key that accepts anything, if the file was extended; otherwise at the end of the service.
        end = next((at for at in tops if at > service), len(have))
        keys = [at for at in range(service + 1, end) if have[at].startswith("    scenario-")]
        inside = keys[len(keys) // 2] if keys else None
    return {"top": (middle, ""), "inside": (inside, "    ")}


def measure(name, command, tree, lines, edits, where="top"):
    path = tree / FILE
    have = cut((ROOT / "corpus" / "clean-prod" / FILE).read_text(), lines)
    middle, indent = places(have)[where]
    if middle is None:
        return None
    have.insert(middle, f"{indent}measured: 1")
    have.insert(middle + 1, f"{indent}other: 1")
    text = "\n".join(have) + "\n"
    path.write_text(text)
    uri = path.as_uri()
    starts = []
    opens = []
    for left in reversed(range(STARTS)):
        server = Server(command, tree)
        opened = time.perf_counter()
        server.notify("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "yaml", "version": 1, "text": text}})
        first = server.findings(uri, 1, 0) if name != "peer" else server.wait(lambda it: it.get("method") == "textDocument/publishDiagnostics")[0]
        starts.append((first - server.started) * 1000)
        opens.append((first - opened) * 1000)
        if left:
            server.end()
    times = []
    for edit in range(edits + 3):
        version = edit + 2
        faulty = edit % 2 == 0
        line = middle + 1
        old = "other" if faulty else "measured"
        new = "measured" if faulty else "other"
        change = {
            "range": {"start": {"line": line, "character": len(indent)}, "end": {"line": line, "character": len(indent) + len(old)}},
            "text": new,
        }
        begin = time.perf_counter()
        server.notify("textDocument/didChange", {"textDocument": {"uri": uri, "version": version}, "contentChanges": [change]})
        shown = server.findings(uri, version, 1 if faulty else 0)
        if edit >= 3:
            times.append((shown - begin) * 1000)
        time.sleep(0.02)
    memory = server.memory()
    server.end()
    times.sort()
    return {
        "server": name,
        "lines": lines,
        "where": where,
        "p50": statistics.median(times),
        "p95": times[int(len(times) * 0.95) - 1],
        "start": statistics.median(starts),
        "open": statistics.median(opens),
        "memory": memory,
    }


def growth(command, tree, edits):
    """Memory use after each quarter of many edits."""
    path = tree / FILE
    text = "\n".join(cut((ROOT / "corpus" / "clean-prod" / FILE).read_text(), 1000)) + "\n"
    path.write_text(text)
    uri = path.as_uri()
    server = Server(command, tree)
    server.notify("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "yaml", "version": 1, "text": text}})
    sizes = []
    for edit in range(edits):
        version = edit + 2
        range_ = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0 if edit % 2 == 0 else 2}}
        change = {"range": range_, "text": "# " if edit % 2 == 0 else ""}
        server.notify("textDocument/didChange", {"textDocument": {"uri": uri, "version": version}, "contentChanges": [change]})
        if edit % 50 == 49 or edit == edits - 1:
            server.wait(lambda it: it.get("params", {}).get("version") == version)
        if (edit + 1) % max(1, edits // 4) == 0:
            sizes.append(server.memory())
    server.end()
    return sizes


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--memory-edits", type=int, default=20_000)
    parser.add_argument("--json")
    parser.add_argument("server", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    contenders = [("dogwatch", options.server)]
    peer = os.environ.get("YAML_LANGUAGE_SERVER") or shutil.which("yaml-language-server")
    if peer:
        contenders.append(("peer", [peer, "--stdio"]))
    else:
        print("yaml-language-server not found: measuring only dogwatch", file=sys.stderr)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder).resolve() / "tree"
        make_tree(tree)
        print("| server | lines | edit | p50 ms | p95 ms | start to first findings ms | open to findings ms | memory MB |")
        print("|---|---:|---|---:|---:|---:|---:|---:|")
        for lines, where, (name, command) in itertools.product((100, 1000, 10_000), ("top", "inside"), contenders):
            it = measure(name, command, tree, lines, options.edits, where)
            if it:
                results.append(it)
                shown = "yaml-language-server" if name == "peer" else name
                print(f"| {shown} | {lines:,} | {where} | {it['p50']:.1f} | {it['p95']:.1f} | {it['start']:.0f} | {it['open']:.0f} | {it['memory']:.0f} |", flush=True)
        print(f"\n{time.strftime('%Y-%m-%d')}, {os.cpu_count()} processors, load average at the end {os.getloadavg()[0]:.1f}", flush=True)
        if options.memory_edits:
            sizes = growth(options.server, tree, options.memory_edits)
            shown = ", ".join(f"{size:.0f}" for size in sizes)
            print(f"\nmemory over {options.memory_edits:,} edits of the 1,000-line file, MB after each quarter: {shown}")
            results.append({"server": "dogwatch", "growth": sizes})
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
