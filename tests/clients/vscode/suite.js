// Runs in VS Code's extension host: finding, hover, fix through the editor, no finding; a rule file is checked as well.
const vscode = require('vscode');
const path = require('node:path');
const assert = require('node:assert');

const until = async (what, test, ms = 30000) => {
  const end = Date.now() + ms;
  for (;;) {
    const hit = await test();
    if (hit) return hit;
    if (Date.now() > end) throw new Error(`no ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const ours = (uri) => vscode.languages.getDiagnostics(uri).filter((it) => (it.code?.value ?? it.code) === 'flag-is-text');

exports.run = async () => {
  const [command, ...args] = JSON.parse(process.env.DOGWATCH_SERVER);
  assert.deepEqual(args, ['lsp'], 'the extension starts `dogwatch lsp`');
  await vscode.workspace.getConfiguration('dogwatch').update('path', command, vscode.ConfigurationTarget.Global);
  const root = vscode.workspace.workspaceFolders[0].uri.fsPath;
  const document = await vscode.workspace.openTextDocument(path.join(root, 'values/wire-server/values.yaml'));
  const editor = await vscode.window.showTextDocument(document);
  const extension = vscode.extensions.getExtension('dogwatch.dogwatch');
  assert(extension, 'the extension must be installed');
  await extension.activate();

  const [found] = await until('finding', () => { const list = ours(document.uri); return list.length && list; });
  assert.equal(document.getText(found.range), 'true');
  console.log('finding', found.message.split('\n')[0]);

  const hovers = await vscode.commands.executeCommand('vscode.executeHoverProvider', document.uri, found.range.start);
  assert(hovers.some((it) => it.contents.some((part) => part.value.includes('webapp.envVars.FLAG'))), 'the hover must show the path');
  await vscode.commands.executeCommand('workbench.action.closeAuxiliaryBar');
  editor.selection = new vscode.Selection(found.range.start, found.range.start);
  await vscode.commands.executeCommand('editor.action.marker.next');
  await pause(1500);
  console.log('picture: vscode-finding');
  await pause(1500);
  await vscode.commands.executeCommand('closeMarkersNavigation');

  const rule = await vscode.workspace.openTextDocument(path.join(root, 'rules/flag-is-text.watch'));
  assert.equal(rule.languageId, 'watch');
  await vscode.window.showTextDocument(rule);
  const text = rule.getText();
  const at = rule.positionAt(text.indexOf('is a string') + 'is a '.length);
  const edit = new vscode.WorkspaceEdit();
  edit.replace(rule.uri, new vscode.Range(at, at.translate(0, 'string'.length)), 'strin');
  await vscode.workspace.applyEdit(edit);
  await until('finding in the rule', () => vscode.languages.getDiagnostics(rule.uri).length > 0);
  const symbols = await vscode.commands.executeCommand('vscode.executeDocumentSymbolProvider', rule.uri);
  assert.equal(symbols[0].name, 'flag-is-text');
  const proposals = await vscode.commands.executeCommand('vscode.executeCompletionItemProvider', rule.uri, at);
  assert(proposals.items.some((it) => (it.label.label ?? it.label) === 'string'), 'predicates must be proposed');
  await pause(1000);
  console.log('picture: vscode-rule');
  await pause(1500);
  await vscode.commands.executeCommand('undo');

  const actions = await vscode.commands.executeCommand('vscode.executeCodeActionProvider', document.uri, found.range);
  const fix = actions.find((it) => it.isPreferred);
  assert(fix, `no preferred fix among ${actions.map((it) => it.title).join(', ')}`);
  await vscode.workspace.applyEdit(fix.edit);
  assert(document.getText().includes('FLAG: "true"'), document.getText());
  await until('end of the finding', () => ours(document.uri).length === 0);
};
