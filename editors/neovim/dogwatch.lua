-- Neovim 0.11 and later: copy this file to `lsp/dogwatch.lua` in your configuration, and call `vim.lsp.enable('dogwatch')`.
return {
  cmd = { 'dogwatch', 'lsp' },
  filetypes = { 'watch', 'yaml', 'yaml.helm-values', 'helm' },
  root_markers = { 'dogwatch.yaml', 'helmfile.yaml', 'values', '.git' },
  -- Do not start for YAML files outside such a folder.
  workspace_required = true,
}
