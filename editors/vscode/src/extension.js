// Starts the server and connects it to the editor. The server does everything else.
const fs = require('node:fs');
const path = require('node:path');
const vscode = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

let client;
let output;
let status;

/** The executable: from the setting, else bundled with the extension, else from the PATH. */
function program(context) {
  const setting = vscode.workspace.getConfiguration('dogwatch').get('path');
  if (setting) return setting;
  const name = process.platform === 'win32' ? 'dogwatch.exe' : 'dogwatch';
  const bundled = path.join(context.extensionPath, 'bundled', name);
  return fs.existsSync(bundled) ? bundled : 'dogwatch';
}

async function start(context) {
  const command = program(context);
  const run = { command, args: ['lsp'] };
  client = new LanguageClient('dogwatch', 'dogwatch', run, {
    // Selecting by language id is not enough: the same file may be `yaml`, `helm`, or `helm-values`.
    documentSelector: [
      { scheme: 'file', language: 'watch' },
      { scheme: 'file', pattern: '**/*.{yaml,yml}' },
    ],
    initializationOptions: { ...vscode.workspace.getConfiguration('dogwatch'), virtualDocuments: true },
    outputChannel: output,
    synchronize: { configurationSection: 'dogwatch' },
  });
  status.text = '$(loading~spin) dogwatch';
  status.show();
  try {
    await client.start();
    const info = client.initializeResult?.serverInfo;
    status.text = 'dogwatch';
    status.tooltip = `${info?.name ?? 'dogwatch'} ${info?.version ?? ''} (${command})`;
  } catch (error) {
    status.text = '$(error) dogwatch';
    status.tooltip = String(error);
    vscode.window.showErrorMessage(`dogwatch failed to start (${command}): ${error.message ?? error}`);
  }
}

async function restart(context) {
  if (client) await client.stop().catch(() => {});
  await start(context);
}

/** Shows the effective values, which the server sends as text, in a read-only document. */
class EffectiveValues {
  constructor() {
    this.changed = new vscode.EventEmitter();
    this.onDidChange = this.changed.event;
  }
  async provideTextDocumentContent(uri) {
    if (!client) return '';
    const answer = await client.sendRequest('workspace/textDocumentContent', { uri: uri.toString(true) });
    return answer?.text ?? '';
  }
}

async function showEffectiveValues() {
  const editor = vscode.window.activeTextEditor;
  if (!editor || !client) return;
  const answer = await client.sendRequest('workspace/executeCommand', {
    command: 'dogwatch.effectiveValues',
    arguments: [editor.document.uri.toString()],
  });
  if (!answer?.uri) {
    vscode.window.showInformationMessage('This file does not belong to a release.');
    return;
  }
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(answer.uri));
  await vscode.languages.setTextDocumentLanguage(document, 'yaml');
  await vscode.window.showTextDocument(document, { preview: true, viewColumn: vscode.ViewColumn.Beside });
}

async function showDebugInformation() {
  const text = await client?.sendRequest('workspace/executeCommand', { command: 'dogwatch.debugInformation', arguments: [] });
  output.appendLine(typeof text === 'string' ? text : JSON.stringify(text, null, 2));
  output.show();
}

exports.activate = async (context) => {
  output = vscode.window.createOutputChannel('dogwatch');
  status = vscode.window.createStatusBarItem(vscode.StatusBarAlignment.Right, 0);
  status.command = 'dogwatch.showOutput';
  const values = new EffectiveValues();
  context.subscriptions.push(
    output,
    status,
    vscode.commands.registerCommand('dogwatch.restart', () => restart(context)),
    vscode.commands.registerCommand('dogwatch.showOutput', () => output.show()),
    vscode.commands.registerCommand('dogwatch.showEffectiveValues', showEffectiveValues),
    vscode.commands.registerCommand('dogwatch.fixWorkspaceNow', () =>
      client?.sendRequest('workspace/executeCommand', { command: 'dogwatch.fixWorkspace', arguments: [] })),
    vscode.commands.registerCommand('dogwatch.showDebugInformation', showDebugInformation),
    vscode.workspace.registerTextDocumentContentProvider('dogwatch', values),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('dogwatch.path')) restart(context);
    }),
  );
  await start(context);
  return { client: () => client };
};

exports.deactivate = () => client?.stop();
