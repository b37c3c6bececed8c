// A client on vscode-languageserver-protocol: finding, hover, fix, no finding, clean shutdown.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { createRequire } from 'node:module';
import assert from 'node:assert/strict';

const require = createRequire(process.env.NODE_MODULES_FROM ?? import.meta.url);
const rpc = require('vscode-jsonrpc/node');
const tree = process.argv[2];
const file = `${tree}/values/wire-server/values.yaml`;
const uri = pathToFileURL(file).href;
const root = pathToFileURL(tree).href;
const [command, ...args] = JSON.parse(process.env.DOGWATCH_SERVER);

const server = spawn(command, [...args, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
const client = rpc.createMessageConnection(new rpc.StreamMessageReader(server.stdout), new rpc.StreamMessageWriter(server.stdin));
let published = [];
let wake = () => {};
client.onNotification('textDocument/publishDiagnostics', (params) => { published.push(params); wake(); });
client.onRequest('workspace/configuration', (params) => params.items.map(() => null));
client.onRequest('client/registerCapability', () => null);
client.onRequest('window/workDoneProgress/create', () => null);
client.listen();

/** Findings for a version of the file. */
async function findings(version) {
  const end = Date.now() + 20000;
  for (;;) {
    const hit = published.find((it) => it.uri === uri && it.version === version);
    if (hit) return hit.diagnostics;
    assert(Date.now() < end, `no findings for version ${version}`);
    await new Promise((resolve) => { wake = resolve; setTimeout(resolve, 200); });
  }
}

const answer = await client.sendRequest('initialize', {
  processId: process.pid,
  rootUri: root,
  workspaceFolders: [{ uri: root, name: 'tree' }],
  capabilities: {
    general: { positionEncodings: ['utf-16'] },
    window: { workDoneProgress: true },
    workspace: { configuration: true, workspaceEdit: { documentChanges: true }, didChangeWatchedFiles: { dynamicRegistration: true } },
    textDocument: {
      publishDiagnostics: { relatedInformation: true, versionSupport: true, codeDescriptionSupport: true, dataSupport: true },
      codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ['quickfix', 'source.fixAll'] } } },
    },
  },
});
assert.equal(answer.serverInfo.name, 'dogwatch');
client.sendNotification('initialized', {});
const text = readFileSync(file, 'utf8');
client.sendNotification('textDocument/didOpen', { textDocument: { uri, languageId: 'yaml', version: 1, text } });

const found = (await findings(1)).filter((it) => it.code === 'flag-is-text');
assert.equal(found.length, 1);
const line = text.split('\n')[2];
assert.deepEqual(found[0].range, { start: { line: 2, character: line.indexOf('true') }, end: { line: 2, character: line.indexOf('true') + 4 } });
assert.equal(found[0].codeDescription.href, 'https://docs.example.test/flags');

const hover = await client.sendRequest('textDocument/hover', { textDocument: { uri }, position: found[0].range.start });
assert.match(hover.contents.value, /webapp\.envVars\.FLAG/);

const actions = await client.sendRequest('textDocument/codeAction', { textDocument: { uri }, range: found[0].range, context: { diagnostics: found } });
const fix = actions.find((it) => it.isPreferred);
assert(fix, `no preferred fix among ${actions.map((it) => it.title)}`);
assert.equal(fix.diagnostics[0].code, 'flag-is-text');
const [change] = fix.edit.documentChanges;
assert.equal(change.textDocument.version, 1);
client.sendNotification('textDocument/didChange', {
  textDocument: { uri, version: 2 },
  contentChanges: change.edits.map((edit) => ({ range: edit.range, text: edit.newText })),
});
assert.deepEqual((await findings(2)).filter((it) => it.code === 'flag-is-text'), []);

await client.sendRequest('shutdown');
client.sendNotification('exit');
const status = await new Promise((resolve) => server.on('exit', resolve));
assert.equal(status, 0);
console.log('node: ok', answer.serverInfo.version);
process.exit(0);
