#!/usr/bin/env bash
# Records the results of Helm's own merging of generated values: ./record.sh HELM_CHECKOUT [TAG [SEED COUNT [imports]]] > ../cases.jsonl
# Needs git, a Go toolchain, and the Go sources of mitchellh/copystructure, mitchellh/reflectwalk, pkg/errors and
# Masterminds/semver under $GOSOURCES (Debian: golang-github-mitchellh-copystructure-dev and the like).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
helm=$1 tag=${2:-v3.21.4}
sources=${GOSOURCES:-/usr/share/gocode/src}
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
show() { git -C "$helm" show "$tag:$1"; }
mkdir -p "$work"/pkg/chart "$work"/pkg/chartutil "$work"/record "$work"/vendored/sigs.k8s.io/yaml
for file in chart dependency errors file metadata; do show "pkg/chart/$file.go" > "$work/pkg/chart/$file.go"; done
for file in coalesce dependencies compatible errors values; do show "pkg/chartutil/$file.go" > "$work/pkg/chartutil/$file.go"; done
# Names used in values.go but not needed for merging.
cat > "$work/pkg/chartutil/rest.go" <<'GO'
package chartutil

import "helm.sh/helm/v3/pkg/chart"

type Capabilities struct{}

var DefaultCapabilities = &Capabilities{}

func ValidateAgainstSchema(*chart.Chart, map[string]interface{}) error { return nil }
GO
cat > "$work/vendored/sigs.k8s.io/yaml/yaml.go" <<'GO'
package yaml

import "encoding/json"

func Marshal(v interface{}) ([]byte, error) { return json.Marshal(v) }

func Unmarshal(text []byte, v interface{}, _ ...interface{}) error { return json.Unmarshal(text, v) }
GO
printf 'module sigs.k8s.io/yaml\n' > "$work/vendored/sigs.k8s.io/yaml/go.mod"
for name in github.com/mitchellh/copystructure github.com/mitchellh/reflectwalk github.com/pkg/errors github.com/Masterminds/semver; do
  mkdir -p "$work/vendored/$name"
  cp "$sources/$name"/*.go "$work/vendored/$name"
  rm -f "$work/vendored/$name"/*_test.go
  module=$name; [ "$name" = github.com/Masterminds/semver ] && module=$name/v3
  printf 'module %s\n' "$module" > "$work/vendored/$name/go.mod"
done
cp "$here/main.go" "$work/record/main.go"
{
  printf 'package main\n\n'
  show pkg/cli/values/options.go | awk '/^func mergeMaps/,/^}/'
} > "$work/record/merge_maps.go"
{
  printf 'module helm.sh/helm/v3\n\ngo 1.19\n\n'
  for name in sigs.k8s.io/yaml github.com/mitchellh/copystructure github.com/mitchellh/reflectwalk github.com/pkg/errors; do
    printf 'require %s v0.0.0\nreplace %s => ./vendored/%s\n' "$name" "$name" "$name"
  done
  printf 'require github.com/Masterminds/semver/v3 v3.0.0\nreplace github.com/Masterminds/semver/v3 => ./vendored/github.com/Masterminds/semver\n'
} > "$work/go.mod"
cd "$work" && GOFLAGS=-mod=mod GONOSUMDB=* GOPROXY=off go run ./record "${@:3}"
