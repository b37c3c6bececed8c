-- Neovim 0.11 and later: put this file into `lsp/dogwatch.lua` of your configuration and call `vim.lsp.enable('dogwatch')`.
return {
  cmd = { 'dogwatch', 'lsp' },
  filetypes = { 'watch', 'yaml', 'yaml.helm-values', 'helm' },
  root_markers = { 'dogwatch.yaml', 'helmfile.yaml', 'values', '.git' },
  -- Not for every YAML file on the disk.
  workspace_required = true,
}
