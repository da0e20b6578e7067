package bundle

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// generated is a program but for the hashes that it requires: in their places
// stand placeholders.
type generated struct {
	of   *group
	code string
	m    SourceMap
	// verbatim tells that code is as it shall be, but for placeholders.
	verbatim bool
}

// texts are all programs of a project, before their hashes are known.
type texts struct {
	placeholders placeholders
	of           map[*group]*generated
	help         *helpers
}

// placeholders are what stands for a hash until it is known. They are as long as one,
// so that nothing moves, and nobody can have written one: they are new in each
// run.
type placeholders string

const placeholderDigits = 16

func newPlaceholders() placeholders {
	var b [(64 - placeholderDigits) / 2]byte
	_, _ = rand.Read(b[:]) // it never fails (crypto/rand)
	return placeholders(hex.EncodeToString(b[:]))
}

// of is the placeholder of group i. Where imported is set, it is for an import that
// esbuild makes a require of; else for a require that the author wrote.
func (t placeholders) of(i int, imported bool) string {
	i *= 2
	if imported {
		i++
	}
	return fmt.Sprintf("%s%0*x", string(t), placeholderDigits, i)
}

// virtualName names a module that is made here, for a group. It stands in texts before
// it is replaced, and nobody can have written it.
func (t placeholders) virtualName(one *group, name string) string {
	return t.of(one.index, false) + "/" + name
}

// next finds the first placeholder in s, and which it is; at is -1 for none.
func (t placeholders) next(s string) (at, i int, imported bool) {
	for from := 0; ; {
		at := strings.Index(s[from:], string(t))
		if at < 0 {
			return -1, 0, false
		}
		at += from
		if end := at + 64; end <= len(s) {
			if n, err := strconv.ParseUint(s[at+len(t):end], 16, 31); err == nil {
				return at, int(n / 2), n%2 == 1
			}
		}
		from = at + 1
	}
}

// Names of a run's virtual modules.
const (
	circle = "circle" // what requires the entries of a group
	member = "member" // an entry of such a group, seen from outside
	global = "global" // what brings a global's shim in
	sample = "sample" // what makes esbuild show its helpers
)

// memberEnd is put after the path of a member that stands in an importer: it is
// a CommonJS module, whatever the member itself is.
const memberEnd = ".cjs"

// batch is how many programs are made in one run of esbuild: for each of them
// it looks at all.
const batch = 64

// generate makes the programs, of which each has placeholders where it requires
// another.
func (p *project) generate(g *graph) (*texts, error) {
	all := g.groups(p.merge)
	t := &texts{placeholders: newPlaceholders(), of: map[*group]*generated{}}
	p.readModules(g)
	exports := &exportFinder{map[exportKey]found{}}
	var wrong []Problem
	injections, groups := map[string]injection{}, map[string][]*group{}
	for _, one := range all {
		if v, ok := p.verbatim(one, t.placeholders); ok {
			t.of[one] = v
			continue
		}
		if r, ok := rewritten(one, t.placeholders, exports); ok {
			t.of[one] = r
			continue
		}
		if d, ok := p.data(one); ok {
			t.of[one] = d
			continue
		}
		in, list := p.injection(g, one)
		wrong = append(wrong, list...)
		injections[in.key()], groups[in.key()] = in, append(groups[in.key()], one)
	}
	if len(wrong) > 0 {
		return nil, &Problems{sorted(wrong)}
	}
	if len(groups) > 0 {
		groups[""] = append(groups[""], nil) // the helpers, without shims
	}
	for _, key := range sortedKeys(groups) {
		for some := range slices.Chunk(groups[key], batch) {
			r := &run{project: p, graph: g, all: all, texts: t, groups: some, inject: injections[key]}
			if err := r.do(); err != nil {
				return nil, err
			}
		}
	}
	return t, nil
}

// run is one run of esbuild, which makes the programs of some groups.
type run struct {
	*project
	graph  *graph
	all    []*group
	texts  *texts
	groups []*group // nil stands for the helpers
	inject injection
	edges  map[string]*file
	owner  map[string]*group // by the path of a member
}

func (r *run) do() error {
	r.edges, r.owner = map[string]*file{}, map[string]*group{}
	o := r.options()
	o.Sourcemap = api.SourceMapExternal
	for i, one := range r.groups {
		if one == nil {
			o.EntryPointsAdvanced = append(o.EntryPointsAdvanced, api.EntryPoint{InputPath: sample + ":helpers", OutputPath: sample})
			continue
		}
		entry := one.entries[0].path
		if one.needsEntryModule() {
			entry = circle + ":" + r.texts.placeholders.virtualName(one, "")
		}
		o.EntryPointsAdvanced = append(o.EntryPointsAdvanced, api.EntryPoint{InputPath: entry, OutputPath: strconv.Itoa(i)})
		for _, f := range one.members {
			r.owner[f.path] = one
			for _, e := range f.imports {
				r.edges[edgeKey(f.path, e.kind, e.with, e.name)] = e.to
			}
		}
	}
	for _, name := range r.definedModules() {
		if !slices.Contains(r.inject.defined, name) {
			delete(o.Define, name)
		}
	}
	for _, name := range r.inject.names {
		o.Inject = append(o.Inject, global+":"+r.texts.placeholders.virtualName(r.graph.shims[name].group, name))
		delete(o.Define, name)
	}
	o.Plugins = []api.Plugin{r.plugin()}
	result := api.Build(o)
	if len(result.Errors) > 0 {
		var list []Problem
		for _, m := range result.Errors {
			list = append(list, r.problem(m))
		}
		return &Problems{sorted(list)}
	}
	return r.take(result.OutputFiles)
}

func edgeKey(parts ...string) string { return strings.Join(parts, "\x00") }

// take keeps what esbuild made.
func (r *run) take(files []api.OutputFile) error {
	outputs := map[string][]byte{}
	for _, f := range files {
		outputs[strings.TrimPrefix(filepath.ToSlash(strings.TrimPrefix(f.Path, r.root)), "/")] = f.Contents
	}
	for i, one := range r.groups {
		if one == nil {
			r.texts.help = newHelpers(string(outputs[sample+".js"]))
			continue
		}
		name := strconv.Itoa(i) + ".js"
		code, ok := outputs[name]
		if !ok {
			return fmt.Errorf("esbuild made nothing of %s", one.name())
		}
		m, err := readSourceMap(outputs[name+".map"])
		if err != nil {
			return err
		}
		made := &generated{of: one, code: string(code), m: m}
		if strings.HasPrefix(made.code, "#!") { // for a shell
			_, made.code, _ = strings.Cut(made.code, "\n")
			made.m.Mappings = strings.TrimPrefix(m.Mappings, ";")
		}
		r.texts.of[one] = made
	}
	return nil
}

// plugin tells esbuild where each import leads: to a placeholder, unless it stays
// within its group.
func (r *run) plugin() api.Plugin {
	return api.Plugin{Name: "hashes", Setup: func(b api.PluginBuild) {
		b.OnResolve(api.OnResolveOptions{Filter: `.*`}, r.resolve)
		b.OnLoad(api.OnLoadOptions{Filter: `\.[cm]?[jt]sx?$`, Namespace: "file"}, loadSource)
		b.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: absent}, func(api.OnLoadArgs) (api.OnLoadResult, error) {
			return contents("module.exports = {}"), nil
		})
		b.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: global}, r.loadGlobal)
		b.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: circle}, r.loadCircle)
		b.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: member}, r.loadMember)
		b.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: sample}, func(api.OnLoadArgs) (api.OnLoadResult, error) {
			return contents(sampleText), nil
		})
	}}
}

func (r *run) resolve(a api.OnResolveArgs) (api.OnResolveResult, error) {
	switch {
	case a.Kind == api.ResolveEntryPoint:
		for _, space := range []string{circle, global, sample} {
			if rest, ok := strings.CutPrefix(a.Path, space+":"); ok {
				return api.OnResolveResult{Path: rest, Namespace: space}, nil
			}
		}
		return api.OnResolveResult{}, nil
	case a.Namespace == circle: // a member, by its path from the root
		return api.OnResolveResult{}, nil
	case a.Namespace == global && strings.HasPrefix(a.Path, "./"): // of the same group
		return api.OnResolveResult{}, nil
	case a.Namespace == global:
		// Where nothing uses the global, nothing of its shim shall be left.
		shim := r.outside(r.graph.shims[a.Path], true)
		shim.SideEffects = api.SideEffectsFalse
		return shim, nil
	case a.Namespace != "file": // a placeholder in a text made here
		return api.OnResolveResult{Path: a.Path, External: true}, nil
	}
	to, known := r.edges[edgeKey(a.Importer, kinds[a.Kind], a.With["type"], a.Path)]
	switch {
	case !known: // it was left as it is, and may fail when it is reached
		return api.OnResolveResult{Path: a.Path, External: true}, nil
	case to.path == "":
		return api.OnResolveResult{Path: a.Path, Namespace: absent}, nil
	case to.group == r.owner[a.Importer]:
		return api.OnResolveResult{}, nil
	}
	return r.outside(to, a.Kind != api.ResolveJSRequireCall), nil
}

// outside is a file of another group.
func (r *run) outside(to *file, imported bool) api.OnResolveResult {
	if len(to.group.entries) > 1 {
		return api.OnResolveResult{Path: r.texts.placeholders.virtualName(to.group, to.key) + memberEnd, Namespace: member, SideEffects: api.SideEffectsTrue}
	}
	return api.OnResolveResult{Path: r.texts.placeholders.of(to.group.index, imported), External: true, SideEffects: api.SideEffectsTrue}
}

// loadCircle is the module that requires a group's entries. Each is evaluated when
// it is first asked for, as in the sources.
func (r *run) loadCircle(a api.OnLoadArgs) (api.OnLoadResult, error) {
	_, i, _ := r.texts.placeholders.next(a.Path)
	one := r.all[i]
	var b strings.Builder
	// Not by absolute paths, whose length would show in the source map.
	if len(one.entries) == 1 {
		fmt.Fprintf(&b, "module.exports = require(%s)\n", quote("./"+r.key(one.entries[0].path)))
	} else {
		b.WriteString("module.exports = {\n")
		for _, f := range one.entries {
			fmt.Fprintf(&b, "  get %s() { return require(%s) },\n", quote(one.export(f)), quote("./"+r.key(f.path)))
		}
		b.WriteString("}\n")
	}
	text := b.String()
	return api.OnLoadResult{Contents: &text, ResolveDir: r.root}, nil
}

// loadSource loads a file that names a source map, so that it names none.
func loadSource(a api.OnLoadArgs) (api.OnLoadResult, error) {
	text, err := os.ReadFile(a.Path)
	if err != nil || !strings.Contains(string(text), mapComment) || len(a.With) > 0 {
		return api.OnLoadResult{}, nil // esbuild reads it, and says what is wrong
	}
	own := withOwnPlaces(string(text))
	return api.OnLoadResult{Contents: &own, ResolveDir: filepath.Dir(a.Path), Loader: api.LoaderDefault}, nil
}

func contents(text string) api.OnLoadResult { return api.OnLoadResult{Contents: &text} }

// loadMember is the module that stands in an importer for an entry of another
// group.
func (r *run) loadMember(a api.OnLoadArgs) (api.OnLoadResult, error) {
	_, key, _ := strings.Cut(strings.TrimSuffix(a.Path, memberEnd), "/")
	f := r.graph.files[key]
	return contents(fmt.Sprintf("module.exports = require(%q)[%s]\n", r.texts.placeholders.of(f.group.index, false), quote(f.group.export(f)))), nil
}

func quote(s string) string {
	b, _ := json.Marshal(s) // a string always has JSON
	return string(b)
}

var kinds = map[api.ResolveKind]string{
	api.ResolveJSImportStatement: "import-statement",
	api.ResolveJSRequireCall:     "require-call",
	api.ResolveJSDynamicImport:   "dynamic-import",
	api.ResolveJSRequireResolve:  "require-resolve",
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
