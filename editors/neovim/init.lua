-- The rest of a Neovim setup: the file type, effective values, and highlighting with the tree-sitter grammar.
vim.filetype.add({ extension = { watch = 'watch' } })

-- `:DogwatchEffective` shows the values that Helm will use for this file's release.
vim.api.nvim_create_user_command('DogwatchEffective', function()
  local params = { command = 'dogwatch.effectiveValues', arguments = { vim.uri_from_bufnr(0) } }
  vim.lsp.buf_request(0, 'workspace/executeCommand', params, function(error, result)
    if error or not result or not result.text then return vim.notify('This file does not belong to a release.') end
    vim.cmd('vnew')
    vim.api.nvim_buf_set_lines(0, 0, -1, false, vim.split(result.text, '\n'))
    vim.bo.buftype, vim.bo.bufhidden, vim.bo.filetype, vim.bo.modifiable = 'nofile', 'wipe', 'yaml', false
  end)
end, {})

-- For nvim-treesitter (branch `main`); `path` is your checkout of dogwatch.
vim.api.nvim_create_autocmd('User', {
  pattern = 'TSUpdate',
  callback = function()
    require('nvim-treesitter.parsers').watch = {
      install_info = { path = vim.fn.expand('~/dogwatch'), location = 'editors/tree-sitter-watch', queries = 'editors/tree-sitter-watch/queries' },
    }
  end,
})
