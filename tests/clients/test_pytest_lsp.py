"""pytest-lsp with the recorded capabilities of several editors: finding, fix, no finding."""

import json
import os
import pathlib

import pytest
import pytest_lsp
from lsprotocol import types as t
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

SERVER = json.loads(os.environ["DOGWATCH_SERVER"])
TREE = pathlib.Path(os.environ["DOGWATCH_TREE"]).resolve()
FILE = TREE / "values/wire-server/values.yaml"


@pytest_lsp.fixture(
    config=ClientServerConfig(server_command=SERVER),
    params=["visual-studio-code", "neovim@v0.6.1", "neovim@v0.11.0", "emacs@29.1"],
)
async def client(lsp_client: LanguageClient, request):
    # The harness answers only requests it knows; an unanswered request from the server would fail the test.
    @lsp_client.feature(t.CLIENT_REGISTER_CAPABILITY)
    def _register(params):
        return None

    params = t.InitializeParams(
        process_id=os.getpid(),
        capabilities=client_capabilities(request.param),
        root_uri=TREE.as_uri(),
        workspace_folders=[t.WorkspaceFolder(uri=TREE.as_uri(), name="tree")],
    )
    await lsp_client.initialize_session(params)
    yield
    await lsp_client.shutdown_session()


async def flags(client, uri, version):
    while True:
        await client.wait_for_notification(t.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        if uri in client.diagnostics:
            return [it for it in client.diagnostics[uri] if it.code == "flag-is-text"]


@pytest.mark.asyncio
async def test_finding_fix_gone(client: LanguageClient):
    uri = FILE.as_uri()
    text = FILE.read_text()
    item = t.TextDocumentItem(uri=uri, language_id="yaml", version=1, text=text)
    client.text_document_did_open(t.DidOpenTextDocumentParams(text_document=item))
    found = await flags(client, uri, 1)
    assert len(found) == 1
    start = found[0].range.start
    assert start.line == 2
    actions = await client.text_document_code_action_async(
        t.CodeActionParams(
            text_document=t.TextDocumentIdentifier(uri=uri),
            range=found[0].range,
            context=t.CodeActionContext(diagnostics=found),
        )
    )
    # lsprotocol reads an action that also has a command as a command.
    fix = next(it for it in actions if getattr(it, "is_preferred", False))
    if fix.edit.document_changes:
        edits = fix.edit.document_changes[0].edits
    else:
        edits = fix.edit.changes[uri]
    changes = [t.TextDocumentContentChangePartial(range=it.range, text=it.new_text) for it in edits]
    client.text_document_did_change(
        t.DidChangeTextDocumentParams(
            text_document=t.VersionedTextDocumentIdentifier(uri=uri, version=2), content_changes=changes
        )
    )
    assert await flags(client, uri, 2) == []
