// Generates stacks of values over charts with subcharts and prints the results of Helm's own code, one JSON object per line.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/rand"
	"os"
	"strconv"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
)

type table = map[string]interface{}

// Chart as written out: defaults, dependencies with their conditions and tags, and their charts.
type Chart struct {
	Name         string       `json:"name"`
	Values       table        `json:"values"`
	Dependencies []Dependency `json:"dependencies,omitempty"`
}

type Dependency struct {
	Chart     Chart         `json:"chart"`
	Alias     string        `json:"alias,omitempty"`
	Tags      []string      `json:"tags,omitempty"`
	Condition string        `json:"condition,omitempty"`
	Imports   []interface{} `json:"imports,omitempty"`
}

type Case struct {
	Layers    []table  `json:"layers"`
	Chart     Chart    `json:"chart"`
	User      table    `json:"user"`
	Effective table    `json:"effective,omitempty"`
	Enabled   []string `json:"enabled,omitempty"`
	Error     string   `json:"error,omitempty"`
}

var keys = []string{"a", "b", "c", "one", "two", "deep", "global", "tags", "enabled", "alias"}

func value(r *rand.Rand, depth int) interface{} {
	n := r.Intn(12)
	switch {
	case n < 2:
		return nil
	case n < 4:
		return r.Intn(2) == 0
	case n < 6:
		return float64(r.Intn(9))
	case n < 7:
		return []string{"x", "false", "true"}[r.Intn(3)]
	case n < 8:
		return []interface{}{float64(r.Intn(3)), "y"}
	case depth > 0:
		return mapping(r, depth-1, 3)
	}
	return "leaf"
}

// True for cases with import-values. Must not change how the other cases are generated.
var withImports = false

// Paths that often lead to maps, in a subchart and in its parent.
func imports(r *rand.Rand) (out []interface{}) {
	if !withImports {
		return nil
	}
	paths := []string{"exports.a", "exports.b", "a", "b", "c", "deep", "deep.exports.a", "one", "a.b"}
	into := []string{".", ".", "a", "b", "c.one", "new.place", "one"}
	for n := r.Intn(4); n > 0; n-- {
		if r.Intn(3) == 0 {
			out = append(out, []string{"a", "b", "c"}[r.Intn(3)])
			continue
		}
		out = append(out, table{"child": paths[r.Intn(len(paths))], "parent": into[r.Intn(len(into))]})
	}
	return out
}

func mapping(r *rand.Rand, depth, most int) table {
	out := table{}
	for i := r.Intn(most + 1); i > 0; i-- {
		out[keys[r.Intn(len(keys))]] = value(r, depth)
	}
	return out
}

func top(r *rand.Rand) table {
	out := mapping(r, 3, 5)
	// The keys of subcharts and `global` are nearly always maps; otherwise most cases would be errors.
	for _, key := range []string{"one", "two", "deep", "alias", "global", "tags"} {
		if _, given := out[key]; given && r.Intn(8) > 0 {
			out[key] = mapping(r, 2, 4)
		}
	}
	if withImports {
		exports := table{}
		for _, key := range []string{"a", "b", "c"} {
			if r.Intn(3) > 0 {
				exports[key] = mapping(r, 2, 4)
			}
		}
		if r.Intn(3) > 0 {
			out["exports"] = exports
		}
	}
	if tags, ok := out["tags"].(table); ok {
		for _, tag := range []string{"one", "two", "both"} {
			if r.Intn(3) == 0 {
				tags[tag] = []interface{}{true, false, "false", nil}[r.Intn(4)]
			}
		}
	}
	return out
}

func charts(r *rand.Rand) Chart {
	deep := Dependency{Chart: Chart{Name: "deep", Values: top(r)}}
	if r.Intn(3) == 0 {
		deep.Condition = "deep.enabled,global.enabled"
	}
	deep.Imports = imports(r)
	one := Dependency{Chart: Chart{Name: "one", Values: top(r), Dependencies: []Dependency{deep}}}
	one.Imports = imports(r)
	if r.Intn(2) == 0 {
		one.Tags = []string{"one", "both"}
	}
	two := Dependency{Chart: Chart{Name: "two", Values: top(r)}}
	two.Imports = imports(r)
	if r.Intn(2) == 0 {
		two.Alias = "alias"
	}
	if r.Intn(2) == 0 {
		two.Tags = []string{"two", "both"}
	}
	if r.Intn(2) == 0 {
		two.Condition = "two.enabled,alias.enabled"
	}
	return Chart{Name: "top", Values: top(r), Dependencies: []Dependency{one, two}}
}

func helmChart(c Chart) *chart.Chart {
	out := &chart.Chart{
		Metadata: &chart.Metadata{Name: c.Name, Version: "1.0.0"},
		Values:   clone(c.Values),
	}
	for _, d := range c.Dependencies {
		out.Metadata.Dependencies = append(out.Metadata.Dependencies, &chart.Dependency{
			Name: d.Chart.Name, Version: "1.0.0", Alias: d.Alias, Tags: d.Tags, Condition: d.Condition, ImportValues: d.Imports,
		})
		out.AddDependency(helmChart(d.Chart))
	}
	return out
}

func clone(in table) table {
	text, err := json.Marshal(in)
	if err != nil {
		panic(err)
	}
	out := table{}
	if err := json.Unmarshal(text, &out); err != nil {
		panic(err)
	}
	return out
}

func enabled(c *chart.Chart, prefix string, out []string) []string {
	for _, sub := range c.Dependencies() {
		path := prefix + sub.Name()
		out = enabled(sub, path+".", append(out, path))
	}
	return out
}

func run(c *Case) {
	user := table{}
	for _, layer := range c.Layers {
		user = mergeMaps(user, clone(layer))
	}
	c.User = clone(user)
	helm := helmChart(c.Chart)
	if err := chartutil.ProcessDependenciesWithMerge(helm, user); err != nil {
		c.Error = err.Error()
		return
	}
	values, err := chartutil.CoalesceValues(helm, user)
	if err != nil {
		c.Error = err.Error()
		return
	}
	c.Effective = values
	c.Enabled = enabled(helm, "", nil)
}

func main() {
	log.SetOutput(io.Discard)
	seed, count := int64(20250101), 400
	if len(os.Args) > 2 {
		seed, _ = strconv.ParseInt(os.Args[1], 10, 64)
		count, _ = strconv.Atoi(os.Args[2])
	}
	withImports = len(os.Args) > 3 && os.Args[3] == "imports"
	r := rand.New(rand.NewSource(seed))
	out := json.NewEncoder(os.Stdout)
	for i := 0; i < count; i++ {
		c := Case{Chart: charts(r)}
		for n := 1 + r.Intn(3); n > 0; n-- {
			c.Layers = append(c.Layers, top(r))
		}
		run(&c)
		if err := out.Encode(c); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
