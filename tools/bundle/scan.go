package bundle

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/evanw/esbuild/pkg/api"

	"qvat/chains"
)

// graph is which file imports which.
type graph struct {
	root  string
	files map[string]*file
	main  *file
	shims map[string]*file // by the global that they stand in for
	seen  []string         // absolute paths of what was read
	read  map[string]stamp // by such a path, what the file was then

	warnings []Problem
}

// file is one source.
type file struct {
	key     string   // its path from the root with slashes, as esbuild names it
	path    string   // absolute; "" for what is no file
	imports []edge   // in the order of its text
	tried   []string // names that lead nowhere
	esm     bool     // it is an ES module
	cjs     bool     // it is a CommonJS module; a file may be neither
	with    string   // the type that importers say it has: "json"
	sites   map[string]site
	group   *group
	// undefinedThis tells that it speaks of this where that is undefined.
	undefinedThis bool
	// module is set for an ES module that can stay as it is written.
	module *esModule
}

// edge is an import: the name in the text, and what it leads to.
type edge struct {
	name string
	kind string
	with string // the type that it is imported with
	to   *file
}

// metafile is what esbuild tells of a run.
type metafile struct {
	Inputs map[string]struct {
		Imports []struct {
			Path     string `json:"path"`
			Kind     string `json:"kind"`
			Original string `json:"original"`
			External bool   `json:"external"`
			With     with   `json:"with"`
		} `json:"imports"`
		Format string `json:"format"`
		With   with   `json:"with"`
	} `json:"inputs"`
	Outputs map[string]struct {
		EntryPoint string `json:"entryPoint"`
	} `json:"outputs"`
}

// with is what an import says of what it imports: with { type: "json" }.
type with struct {
	Type string `json:"type"`
}

// scan finds everything that main reaches. All mistakes are found in one run.
func (p *project) scan(started time.Time) (*graph, error) {
	g := &graph{root: p.root, files: map[string]*file{}, shims: map[string]*file{}, read: map[string]stamp{}}
	injected := p.injected()
	o := p.options()
	o.Metafile = true
	o.LogOverride = maps.Clone(o.LogOverride)
	o.LogOverride[undefinedThis] = api.LogLevelWarning
	o.EntryPointsAdvanced = []api.EntryPoint{{InputPath: p.main, OutputPath: "main"}}
	for _, name := range injected {
		o.EntryPointsAdvanced = append(o.EntryPointsAdvanced, api.EntryPoint{InputPath: p.shims[name], OutputPath: "shim-" + name})
	}
	o.Plugins = []api.Plugin{p.absences(), g.noteLoads(started)}
	r := api.Build(o)
	slices.Sort(g.seen)
	var list, unclear []Problem
	for _, m := range r.Errors {
		if one := p.problem(m); asPattern(m) {
			unclear = append(unclear, one)
		} else {
			list = append(list, one)
		}
	}
	var meta metafile
	if r.Metafile != "" {
		if err := json.Unmarshal([]byte(r.Metafile), &meta); err != nil {
			return nil, fmt.Errorf("what esbuild tells of its run: %w", err)
		}
	}
	computed := p.patterns(meta, g.seen)
	list = append(list, computed...)
	for _, one := range unclear {
		if !slices.ContainsFunc(computed, func(c Problem) bool { return c.File == one.File }) {
			list = append(list, one)
		}
	}
	for _, one := range sorted(append(p.missing(g.seen), p.oddRequires(r.Warnings)...)) {
		switch inPackage := strings.Contains(one.File, modulesFolder); {
		case !inPackage:
			list = append(list, one)
		case one.Global != "":
			g.warnings = append(g.warnings, one)
		}
	}
	if len(computed) > 0 {
		list = p.meant(list, g.seen)
	}
	if len(list) > 0 {
		return nil, &Problems{sorted(list)}
	}
	g.link(meta)
	if list = p.foreignImports(g); len(list) > 0 {
		return nil, &Problems{sorted(list)}
	}
	g.locate(r.Warnings)
	for name, out := range meta.Outputs {
		switch name = strings.TrimSuffix(filepath.Base(name), ".js"); {
		case name == "main":
			g.main = g.files[out.EntryPoint]
		case strings.HasPrefix(name, "shim-"):
			g.shims[strings.TrimPrefix(name, "shim-")] = g.files[out.EntryPoint]
		}
	}
	if g.main == nil {
		return nil, fmt.Errorf("esbuild lost %s", p.main)
	}
	return g, nil
}

// told marks the messages that tell where an import stands; toldResolve is one
// about a require.resolve.
const (
	told        = "import "
	toldResolve = "resolve"
)

// noteLoads is a plug-in that notes what is loaded. It answers no question of
// esbuild's; that it was asked is a warning, which has the place of the import.
func (g *graph) noteLoads(started time.Time) api.Plugin {
	var mu sync.Mutex
	return api.Plugin{Name: "note", Setup: func(b api.PluginBuild) {
		b.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: "file"}, func(a api.OnLoadArgs) (api.OnLoadResult, error) {
			if err := readable(a.Path); err != nil {
				return api.OnLoadResult{}, err
			}
			was := stampOf(a.Path)
			if was.tooRecent(started) {
				was.Sum = fileSum(a.Path)
			}
			mu.Lock()
			g.seen, g.read[a.Path] = append(g.seen, a.Path), was
			mu.Unlock()
			return api.OnLoadResult{}, nil
		})
		b.OnResolve(api.OnResolveOptions{Filter: `.*`}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
			switch a.Kind {
			case api.ResolveJSRequireCall:
			case api.ResolveJSRequireResolve:
				return api.OnResolveResult{Warnings: []api.Message{{Text: toldResolve}}}, nil
			default:
				return api.OnResolveResult{}, nil
			}
			return api.OnResolveResult{Warnings: []api.Message{{Text: told + a.Path}}}, nil
		})
	}}
}

// largest is how many bytes a source has at most.
const largest = chains.DefaultBundle

// readable refuses what would never end, and what esbuild mistakes for another.
func readable(path string) error {
	info, err := os.Stat(path)
	switch name := filepath.Base(path); {
	case err != nil:
		return nil // esbuild says so
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not an ordinary file", name)
	case info.Size() > largest:
		return fmt.Errorf("%s has %d bytes: a source has at most %d", name, info.Size(), largest)
	case filepath.Separator == '/' && strings.Contains(path, `\`):
		return fmt.Errorf("%s: a file's name holds no backslash", name)
	}
	return nil
}

// undefinedThis is what esbuild calls its message about ES modules that speak of
// this outside of all functions.
const undefinedThis = "this-is-undefined-in-esm"

// locate notes where the requires stand, and what else a file's text has.
func (g *graph) locate(messages []api.Message) {
	for _, m := range messages {
		if m.ID == undefinedThis && m.Location != nil && g.files[m.Location.File] != nil {
			g.files[m.Location.File].undefinedThis = true
			continue
		}
		name, ok := strings.CutPrefix(m.Text, told)
		if !ok || m.PluginName != "note" || m.Location == nil {
			continue
		}
		if f := g.files[m.Location.File]; f != nil {
			if f.sites == nil {
				f.sites = map[string]site{}
			}
			f.sites[name] = site{m.Location.Line, m.Location.Column, m.Location.Length}
		}
	}
}

// link makes files and edges of what esbuild tells.
func (g *graph) link(meta metafile) {
	of := func(key string) *file {
		f := g.files[key]
		if f == nil {
			f = &file{key: key}
			if !strings.HasPrefix(key, absent+":") {
				f.path = filepath.Join(g.root, filepath.FromSlash(key))
			}
			g.files[key] = f
		}
		return f
	}
	for key, in := range meta.Inputs {
		f := of(key)
		f.esm, f.cjs, f.with = in.Format == "esm", in.Format == "cjs", in.With.Type
		if named, _, twice := cutLast(f.path, " with { "); twice && f.with != "" {
			f.path = named // esbuild says so where it is imported in other ways too
		}
		for _, i := range in.Imports {
			// What stays external is what its text can do without: a require
			// inside try.
			if i.External {
				f.tried = append(f.tried, i.Path)
			} else {
				f.imports = append(f.imports, edge{i.Original, i.Kind, i.With.Type, of(i.Path)})
			}
		}
	}
}

// Where packages lie.
const (
	nodeModules   = "node_modules"
	modulesFolder = nodeModules + "/"
)

// name is what people call a file: its path from the project, or from
// node_modules.
func (f *file) name() string {
	if _, after, inside := strings.Cut(f.key, modulesFolder); inside {
		return after
	}
	return f.key
}

// falseIn tells whether a JSON object says false of a name.
func falseIn(object json.RawMessage, name string) bool {
	var said map[string]json.RawMessage
	return json.Unmarshal(object, &said) == nil && string(said[name]) == "false"
}
