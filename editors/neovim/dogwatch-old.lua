-- Neovim 0.8 to 0.10: `require` this file. For later versions, which have `vim.lsp.config`, see `dogwatch.lua`.
vim.filetype.add({ extension = { watch = 'watch' } })
vim.api.nvim_create_autocmd('FileType', {
  pattern = { 'watch', 'yaml', 'helm' },
  callback = function(event)
    local markers = { 'dogwatch.yaml', 'helmfile.yaml', 'values', '.git' }
    local found = vim.fs.find(markers, { upward = true, path = vim.fs.dirname(event.match ~= '' and event.file or vim.loop.cwd()) })[1]
    if not found then return end
    vim.lsp.start({ name = 'dogwatch', cmd = { 'dogwatch', 'lsp' }, root_dir = vim.fs.dirname(found) })
  end,
})
