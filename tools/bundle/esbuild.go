package bundle

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/evanw/esbuild/pkg/api"
)

// absent is the namespace of modules that are known to be missing.
const absent = "absent"

// mistakes are what esbuild would leave as it is, and what fails in a vat.
var mistakes = map[string]api.LogLevel{
	"unsupported-require-call":   api.LogLevelError,
	"unsupported-dynamic-import": api.LogLevelError,
	"empty-import-meta":          api.LogLevelError,
	"indirect-require":           api.LogLevelWarning,
}

// options are what every run of esbuild over the project has in common.
func (p *project) options() api.BuildOptions {
	define := maps.Clone(always)
	maps.Copy(define, p.define)
	for name, module := range p.shims {
		if module != "" {
			delete(define, name)
		}
	}
	alias := map[string]string{}
	for name, module := range p.shims {
		if module != "" && shimsModule(name) {
			alias[name] = module
			if _, ok := builtin(name); ok && !strings.HasPrefix(name, "node:") {
				alias["node:"+name] = module
			}
		}
	}
	raw := ""
	if _, err := os.Stat(filepath.Join(p.root, tsconfig)); err != nil {
		raw = "{}" // or one above the project would count
	}
	return api.BuildOptions{
		TsconfigRaw:    raw,
		AbsWorkingDir:  p.root,
		Outdir:         p.root,
		Outbase:        p.root, // or an index file there is called as the folder is
		Bundle:         true,
		Write:          false,
		Format:         api.FormatCommonJS,
		Platform:       api.PlatformNeutral,
		MainFields:     []string{"module", "main"},
		Conditions:     []string{"qvat", "module"},
		Target:         api.ESNext,
		Supported:      map[string]bool{"decorators": false, "dynamic-import": false, "import-attributes": false},
		Loader:         map[string]api.Loader{".css": api.LoaderNone, ".mjs": api.LoaderJS, ".cjs": api.LoaderJS},
		Charset:        api.CharsetUTF8,
		TreeShaking:    api.TreeShakingFalse,
		LegalComments:  api.LegalCommentsInline,
		SourcesContent: api.SourcesContentExclude,
		Alias:          alias,
		Define:         define,
		LogLevel:       api.LogLevelSilent,
		LogLimit:       0,
		LogOverride:    mistakes,
	}
}

// shimsModule tells whether a shim of that name is for imports; shimsGlobal
// whether it is for what nothing declares. Some are both, as process is.
func shimsModule(name string) bool {
	_, module := builtin(name)
	_, global := globals[name]
	return module || !global
}

func shimsGlobal(name string) bool {
	_, module := builtin(name)
	_, global := globals[name]
	return isIdentifier(name) && (global || !module)
}

// injected are the globals that have a shim, in order.
func (p *project) injected() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(p.shims)) {
		if p.shims[name] != "" && shimsGlobal(name) {
			names = append(names, name)
		}
	}
	return names
}

// absences is a plug-in that makes empty modules of what is known to be absent:
// by the project's shims, or by what a package says itself of what it can do
// without, in the field "browser" of its package.json.
func (p *project) absences() api.Plugin {
	var mu sync.Mutex
	said := map[string]manifest{}
	without := func(dir, name string) bool {
		mu.Lock()
		defer mu.Unlock()
		dir = enclosing(dir)
		m, known := said[dir]
		if !known {
			m, _, _ = readManifest(filepath.Join(dir, packageJSON))
			said[dir] = m
		}
		return m.without(name)
	}
	return api.Plugin{Name: "absent", Setup: func(b api.PluginBuild) {
		b.OnResolve(api.OnResolveOptions{Filter: p.absentFilter()}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
			if strings.Contains(a.Path, "//") {
				return api.OnResolveResult{}, errElsewhere
			}
			module, shimmed := p.shims[a.Path]
			if !shimmed {
				module, shimmed = p.shims[strings.TrimPrefix(a.Path, "node:")]
			}
			if a.Kind == api.ResolveEntryPoint || shimmed && module != "" || !shimmed && !without(a.ResolveDir, a.Path) {
				return api.OnResolveResult{}, nil
			}
			return api.OnResolveResult{Path: a.Path, Namespace: absent}, nil
		})
		b.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: absent}, func(api.OnLoadArgs) (api.OnLoadResult, error) {
			empty := "module.exports = {}"
			return api.OnLoadResult{Contents: &empty}, nil
		})
	}}
}

// errElsewhere is about addresses, which esbuild would leave as they are.
var errElsewhere = errors.New("a module is a file: nothing is loaded from the network")

// absentFilter matches the names that may be absent, and addresses, in the regular expressions
// of Go.
func (p *project) absentFilter() string {
	var names []string
	for name := range builtins {
		names = append(names, regexp.QuoteMeta(name)+"(/.*)?")
	}
	for name, module := range p.shims {
		if module == "" {
			names = append(names, regexp.QuoteMeta(name))
		}
	}
	slices.Sort(names)
	return "^(node:)?(" + strings.Join(names, "|") + ")$|^(https?:)?//"
}

// without tells whether a package says that it can do without a module.
func (m manifest) without(name string) bool {
	s := string(m.Browser)
	return strings.HasPrefix(s, "{") && falseIn(m.Browser, name)
}

// problem is esbuild's message as a problem of the project.
func (p *project) problem(m api.Message) Problem {
	one := Problem{Text: m.Text}
	l := m.Location
	if l == nil {
		return one
	}
	one.File, one.Line, one.Column, one.Length, one.Excerpt = path.Clean(l.File), l.Line, l.Column+1, l.Length, l.LineText
	if l.Namespace != "" && l.Namespace != "file" {
		one.File = l.Namespace + ":" + l.File
	}
	literal := ""
	if from, to := l.Column, l.Column+l.Length; l.Length > 2 && from >= 0 && to <= len(l.LineText) {
		literal = strings.Trim(l.LineText[from:to], "\"'`")
	}
	switch {
	case strings.HasPrefix(m.Text, "Could not resolve "):
		one.Text, one.Hint = unresolved(literal, m.Text)
	case m.ID == "unsupported-require-call":
		one.Text, one.Hint = computedRequire, computedHint
	case m.ID == "unsupported-dynamic-import":
		one.Text, one.Hint = computedImport, computedHint
	case m.ID == "empty-import-meta":
		one.Text, one.Hint = "import.meta says nothing in a vat: a program has no address", "leave it out"
	case strings.HasPrefix(m.Text, "Top-level await"):
		one.Text, one.Hint = "await at the top of a module: a program is a CommonJS module, whose body cannot wait", "await inside main, or inside an async function"
	case strings.HasPrefix(m.Text, "No loader is configured"):
		one.Text, one.Hint = fmt.Sprintf("%s is no module: a program is made of JavaScript, TypeScript, JSON and text", literal), "write what it holds as a module"
	}
	return one
}

func unresolved(name, text string) (said, hint string) {
	if help, ok := builtin(name); ok {
		return fmt.Sprintf("%q is part of Node.js, and a vat has no such thing", name), help
	}
	switch {
	case isHash(name):
		return "a module is required by its hash: its text is not at hand", "require it by its file, and the bundle holds it"
	case strings.HasPrefix(name, "qvat:"):
		return fmt.Sprintf("%q is for root-power.js alone: a program has the powers that it is given", name), "take it from `power`, in main({ power })"
	case strings.HasPrefix(name, "#"):
		return fmt.Sprintf("no package.json gives %q a meaning here", name), `the field "imports" of package.json does`
	case name == "" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "/"):
		return strings.ToLower(text[:1]) + text[1:], ""
	}
	return fmt.Sprintf("there is no package %q", name), "npm install " + packageOf(name)
}

func isHash(name string) bool {
	return len(name) == 64 && strings.Trim(name, "0123456789abcdef") == ""
}

// packageOf is the package of a name such as "@a/b/c.js" or "b/c.js".
func packageOf(name string) string {
	parts := strings.SplitN(name, "/", 3)
	if strings.HasPrefix(name, "@") && len(parts) > 1 {
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}
