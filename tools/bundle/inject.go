package bundle

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// injection is which shims of globals, and which definitions that are more than
// a word, some groups are given: those alone that they may use, so that the
// others' programs are the same without them.
type injection struct {
	names   []string // sorted
	defined []string // sorted
	// inside is main's group, where its own members are among the shims; nil for
	// none.
	inside *group
}

func (i injection) key() string {
	if len(i.names)+len(i.defined) == 0 {
		return ""
	}
	key := strings.Join(i.names, " ") + "=" + strings.Join(i.defined, " ")
	if i.inside != nil {
		key += "=" + strconv.Itoa(i.inside.index)
	}
	return key
}

// definedModules are the definitions that esbuild makes modules of.
func (p *project) definedModules() []string {
	return slices.DeleteFunc(sortedKeys(p.define), func(name string) bool {
		return !strings.ContainsAny(strings.TrimSpace(p.define[name])[:1], "{[")
	})
}

// injection tells which shims of globals a group may use. A group that such a
// shim requires cannot require it in turn: there its use is a mistake.
func (p *project) injection(g *graph, one *group) (injection, []Problem) {
	known := map[string]bool{}
	for name := range g.shims {
		known[name] = true
	}
	defined := p.definedModules()
	for _, name := range defined {
		known[name] = true
	}
	var in injection
	var wrong []Problem
	if len(known) == 0 {
		return in, nil
	}
	for _, f := range one.members {
		loader, ok := loaders[filepath.Ext(f.path)]
		if !ok {
			continue
		}
		text, err := os.ReadFile(f.path)
		if err != nil {
			continue // esbuild says so
		}
		var refused []string
		for _, name := range words(text, known) {
			if g.shims[name] == nil || slices.Contains(defined, name) {
				if !slices.Contains(in.defined, name) {
					in.defined = append(in.defined, name)
				}
				continue
			}
			inside := one == g.main.group && g.shims[name].group == one
			switch {
			case one.withoutShims && !inside:
				if _, missing := globals[name]; missing {
					refused = append(refused, name)
				}
				continue
			case inside:
				in.inside = one
			}
			if !slices.Contains(in.names, name) {
				in.names = append(in.names, name)
			}
		}
		if len(refused) == 0 {
			continue
		}
		for _, one := range p.unguarded(f.key, string(text), loader, refused) {
			one.Text, one.Hint = "a shim requires this module, which cannot use the shim of "+one.Global+" therefore", "pass it what it needs, or have it import the shim by name"
			wrong = append(wrong, one)
		}
	}
	slices.Sort(in.names)
	slices.Sort(in.defined)
	return in, wrong
}

// loadGlobal is the module that brings a global's shim in: as a program, or as
// one of the group's own members.
func (r *run) loadGlobal(a api.OnLoadArgs) (api.OnLoadResult, error) {
	_, name, _ := strings.Cut(a.Path, "/")
	from, shim := name, r.graph.shims[name]
	if r.inject.inside != nil && shim.group == r.inject.inside {
		from = "./" + r.key(shim.path)
	}
	text := fmt.Sprintf("export { default as %s } from %s", name, quote(from))
	return api.OnLoadResult{Contents: &text, ResolveDir: r.root}, nil
}
