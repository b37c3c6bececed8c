-- Neovim 0.7 to 0.11: finding, fix through the editor's own code actions, no finding.
local function say(...) io.stdout:write(table.concat({ ... }, ' ') .. '\n') end
local function fail(...) say('neovim: FAILED:', ...); vim.cmd('cquit 1') end

local tree = vim.env.DOGWATCH_TREE
local file = tree .. '/values/wire-server/values.yaml'
local command = vim.fn.json_decode(vim.env.DOGWATCH_SERVER)
vim.cmd('edit ' .. vim.fn.fnameescape(file))
local buffer = vim.api.nvim_get_current_buf()
local config = { name = 'dogwatch', cmd = command, root_dir = tree, workspace_folders = { { uri = vim.uri_from_fname(tree), name = tree } } }
local id
if vim.lsp.start then
  id = vim.lsp.start(config, { bufnr = buffer })
else
  id = vim.lsp.start_client(config)
  vim.lsp.buf_attach_client(buffer, id)
end

local function ours()
  local out = {}
  for _, it in ipairs(vim.diagnostic.get(buffer)) do
    if it.code == 'flag-is-text' or (it.user_data and it.user_data.lsp and it.user_data.lsp.code == 'flag-is-text') then table.insert(out, it) end
  end
  return out
end

if not vim.wait(20000, function() return #ours() > 0 end, 20) then fail('no finding') end
local found = ours()[1]
local line = vim.api.nvim_buf_get_lines(buffer, 2, 3, false)[1]
local column = line:find('true', 1, true) - 1
if found.lnum ~= 2 or found.col ~= column then fail(('finding at %d:%d, not 2:%d'):format(found.lnum, found.col, column)) end

local client = vim.lsp.get_client_by_id(id)
local range = { start = { line = 2, character = 0 }, ['end'] = { line = 2, character = 0 } }
local diagnostics = {}
local units = client.offset_encoding == 'utf-8' and column or vim.fn.strlen(vim.fn.iconv(line:sub(1, column), 'utf-8', 'utf-16le')) / 2
range.start.character, range['end'].character = units, units
local params = { textDocument = { uri = vim.uri_from_bufnr(buffer) }, range = range, context = { diagnostics = diagnostics } }
local answers = vim.lsp.buf_request_sync(buffer, 'textDocument/codeAction', params, 10000) or {}
local fix
for _, answer in pairs(answers) do
  for _, action in ipairs(answer.result or {}) do if action.isPreferred then fix = action end end
end
if not fix then fail('no preferred fix') end
vim.lsp.util.apply_workspace_edit(fix.edit, client.offset_encoding)
line = vim.api.nvim_buf_get_lines(buffer, 2, 3, false)[1]
if not line:find('FLAG: "true"', 1, true) then fail('the fix made: ' .. line) end
if not vim.wait(20000, function() return #ours() == 0 end, 20) then fail('the finding does not disappear') end

local version = vim.version()
local encoding = tostring(client.offset_encoding)
vim.lsp.stop_client(id)
vim.wait(3000, function() return vim.lsp.get_client_by_id(id) == nil end, 20)
say(('neovim: ok %d.%d.%d'):format(version.major, version.minor, version.patch), encoding)
vim.cmd('qa!')
