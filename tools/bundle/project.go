package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"qvat/chains"
)

// project is what is to be bundled, found and checked.
type project struct {
	root   string // the folder with package.json, or main's own; no links in it
	main   string // the main module's file, absolute
	shims  map[string]string
	define map[string]string
	merge  []string // packages of which each is one program
	limit  int
	// printed says that esbuild is to print all ES modules: for tests, which
	// compare.
	printed bool
}

// manifest is what matters of package.json.
type manifest struct {
	Main    string          `json:"main"`
	Module  string          `json:"module"`
	Qvat    json.RawMessage `json:"qvat"`
	Browser json.RawMessage `json:"browser"`
}

// settings is the field "qvat" of package.json.
type settings struct {
	Main   string                     `json:"main"`
	Shims  map[string]json.RawMessage `json:"shims"`
	Define map[string]json.RawMessage `json:"define"`
	Merge  []string                   `json:"merge"`
}

const packageJSON = "package.json"

// entries are the names of a main module, in the order in which they are
// looked for. package.json's main comes after them: it often names what a
// compiler makes.
var entries = []string{"main.js", "main.ts", "main.mjs", "main.mts", "main.cjs", "main.cts", "main.tsx", "main.jsx"}

// open finds the project of o and reads its settings.
func open(o Options) (*project, error) {
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return nil, err
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	p := &project{limit: o.Limit, shims: maps.Clone(o.Shims), define: maps.Clone(o.Define)}
	if p.limit == 0 {
		p.limit = chains.DefaultProgram
	}
	if p.root = path; !info.IsDir() {
		p.main, p.root = path, filepath.Dir(path)
		p.root = enclosing(p.root)
	}
	m, s, err := readManifest(filepath.Join(p.root, packageJSON))
	if err != nil {
		return nil, err
	}
	if p.main == "" {
		if p.main, err = p.findMain(s.Main, m.Main); err != nil {
			return nil, err
		}
	}
	return p, p.take(s)
}

// enclosing is the nearest folder from dir upwards with a package.json, whose
// project dir is part of; or dir itself.
func enclosing(dir string) string {
	for d := dir; ; d = filepath.Dir(d) {
		if info, err := os.Stat(filepath.Join(d, packageJSON)); err == nil && info.Mode().IsRegular() {
			return d
		}
		if d == filepath.Dir(d) {
			return dir
		}
	}
}

// readManifest reads a package.json; one that is not there says nothing.
func readManifest(path string) (m manifest, s settings, err error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, s, nil
	}
	if err != nil {
		return m, s, err
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, s, fmt.Errorf("%s: %w", path, err)
	}
	if len(m.Qvat) == 0 {
		return m, s, nil
	}
	d := json.NewDecoder(bytes.NewReader(m.Qvat))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return m, s, fmt.Errorf(`%s: the field "qvat": %w`, path, err)
	}
	return m, s, nil
}

// findMain finds the main module of a folder.
func (p *project) findMain(named ...string) (string, error) {
	first := named[0] // the field "qvat" goes before everything
	candidates := append([]string{first}, entries...)
	if len(named) > 1 && named[1] != "" {
		candidates = append(candidates, named[1], named[1]+".js", filepath.Join(named[1], "index.js"))
	}
	candidates = append(candidates, "index.js", "index.ts", "index.mjs")
	for _, name := range candidates {
		if name == "" {
			continue
		}
		path, err := filepath.EvalSymlinks(filepath.Join(p.root, filepath.FromSlash(name)))
		if err == nil {
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				return path, nil
			}
		}
		if name == first {
			return "", fmt.Errorf(`%s: there is no file %s, which "qvat" names as main`, filepath.Join(p.root, packageJSON), name)
		}
	}
	return "", fmt.Errorf("%s has no main module: it is main.js, main.ts or main.mjs, or the \"main\" of package.json", p.root)
}

// take adds the settings of package.json to those of the caller.
func (p *project) take(s settings) error {
	if p.shims == nil {
		p.shims = map[string]string{}
	}
	if p.define == nil {
		p.define = map[string]string{}
	}
	for name, raw := range s.Shims {
		if _, given := p.shims[name]; given {
			continue
		}
		var module string
		if string(raw) != "false" {
			if err := json.Unmarshal(raw, &module); err != nil || module == "" {
				return fmt.Errorf(`the field "qvat" of package.json: the shim of %q is no module's name, and not false`, name)
			}
		}
		p.shims[name] = module
	}
	for name, raw := range s.Define {
		if _, given := p.define[name]; !given {
			p.define[name] = string(raw)
		}
	}
	for name, value := range p.define {
		if !json.Valid([]byte(value)) {
			return fmt.Errorf("what is defined as %s is no JSON: %s", name, value)
		}
		if !isIdentifier(name) {
			return fmt.Errorf("%q cannot be defined: it is no identifier", name)
		}
	}
	for name, module := range p.shims {
		if name == "" || strings.HasPrefix(name, ".") || filepath.IsAbs(name) {
			return fmt.Errorf("%q cannot have a shim: it is neither a module of Node.js nor a global", name)
		}
		if filepath.IsAbs(module) {
			return fmt.Errorf("the shim of %s is named by %s: name it by its path from the project's folder, with ./ before it", name, module)
		}
	}
	p.merge = slices.Clone(s.Merge)
	return nil
}

// isIdentifier tells whether s is one word of letters, digits, _ and $.
func isIdentifier(s string) bool {
	for i := range len(s) {
		if !isWord(s[i]) || i == 0 && s[i] >= '0' && s[i] <= '9' {
			return false
		}
	}
	return s != ""
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$' || c >= 0x80
}
