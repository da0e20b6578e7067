package bundle

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// resolverReads is where a resolver looks for what a project imports: a run is
// not what it was where a file has come, gone or changed there.
type resolverReads struct {
	folders map[string]bool // whose names count
	files   map[string]bool // that are read, if they are there
}

// resolverReads follows the imports of all files, those that led nowhere too.
func (g *graph) resolverReads(p *project) resolverReads {
	r := resolverReads{map[string]bool{p.root: true}, map[string]bool{}}
	for _, name := range p.shims {
		r.addImport(p.root, name)
	}
	done := map[[2]string]bool{}
	for _, f := range g.files {
		if f.path == "" {
			continue
		}
		dir := filepath.Dir(f.path)
		r.folders[dir] = true
		for _, name := range f.names() {
			if key := [2]string{dir, name}; !done[key] {
				done[key] = true
				r.addImport(dir, name)
			}
		}
	}
	return r
}

// names are all that a file imports.
func (f *file) names() []string {
	names := append([]string(nil), f.tried...)
	for _, e := range f.imports {
		names = append(names, e.name)
	}
	return names
}

// addImport adds what one import in a folder makes a resolver read.
func (r resolverReads) addImport(dir, name string) {
	switch {
	case name == "" || name[0] == '#' || name[0] == '<':
		return // a package.json says where that leads; and esbuild's own
	case strings.HasPrefix(name, ".") || filepath.IsAbs(name):
		path := filepath.FromSlash(name)
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		r.addModule(path)
		return
	}
	pack := packageOf(name)
	for d := dir; ; d = filepath.Dir(d) {
		modules := filepath.Join(d, nodeModules)
		r.folders[modules] = true
		if _, err := os.Stat(filepath.Join(modules, pack)); err == nil {
			r.files[filepath.Join(modules, pack, packageJSON)] = true
			r.addModule(filepath.Join(modules, filepath.FromSlash(name)))
		}
		if scope, _, scoped := strings.Cut(pack, "/"); scoped {
			r.folders[filepath.Join(modules, scope)] = true
		}
		if d == filepath.Dir(d) {
			return
		}
	}
}

// addModule adds a module named so: a file there, or one with an extension beside
// it, or a folder.
func (r resolverReads) addModule(path string) {
	r.folders[filepath.Dir(path)] = true
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		r.folders[path] = true
		r.files[filepath.Join(path, packageJSON)] = true
	}
}

// mostFolders is how many folders a project has at most whose tsconfig.json
// gives paths, or it is not remembered.
const mostFolders = 2000

// addAllFolders adds all folders of the project but for packages: where its
// tsconfig.json gives paths, a module may be looked for in any. It is false
// where they are too many.
func (r resolverReads) addAllFolders(root string) bool {
	n := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || !d.IsDir():
			return nil // what cannot be read is no place for modules
		case d.Name() == nodeModules || strings.HasPrefix(d.Name(), ".") && path != root:
			return filepath.SkipDir
		}
		if n++; n > mostFolders {
			return filepath.SkipAll
		}
		r.folders[path] = true
		return nil
	})
	return err == nil && n <= mostFolders
}

var (
	extendsSome = regexp.MustCompile(`"extends"\s*:\s*(\[[^\]]*\]|"[^"\\]*")`)
	quoted      = regexp.MustCompile(`"([^"\\]*)"`)
)

// addTSConfig adds a tsconfig.json, if it is there, and those that it extends. It
// is false where that cannot be told.
func (r resolverReads) addTSConfig(path, root string) bool {
	if r.files[path] {
		return true
	}
	r.files[path] = true
	b, err := os.ReadFile(path)
	if err != nil {
		return true
	}
	text := string(b)
	if (strings.Contains(text, "paths") || strings.Contains(text, "baseUrl")) && !r.addAllFolders(root) {
		return false
	}
	all := extendsSome.FindAllStringSubmatch(text, -1)
	if len(all) != strings.Count(text, "extends") {
		return false
	}
	for _, one := range all {
		for _, name := range quoted.FindAllStringSubmatch(one[1], -1) {
			if !r.addExtended(filepath.Dir(path), name[1], root) {
				return false
			}
		}
	}
	return true
}

// addExtended adds what a tsconfig.json in a folder extends.
func (r resolverReads) addExtended(dir, name, root string) bool {
	path := filepath.FromSlash(name)
	if strings.HasPrefix(name, ".") || filepath.IsAbs(path) {
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		return r.addTSConfig(path, root) && r.addTSConfig(path+".json", root)
	}
	for d := dir; ; d = filepath.Dir(d) {
		modules := filepath.Join(d, nodeModules)
		manifest := filepath.Join(modules, packageOf(name), packageJSON)
		r.folders[modules], r.files[manifest] = true, true
		if b, err := os.ReadFile(manifest); err == nil && (strings.Contains(string(b), `"exports"`) || strings.Contains(string(b), `"tsconfig"`)) {
			return false // it says what is meant
		}
		at := filepath.Join(modules, path)
		for _, file := range []string{at, at + ".json", filepath.Join(at, tsconfig)} {
			if !r.addTSConfig(file, root) {
				return false
			}
		}
		if d == filepath.Dir(d) {
			return true
		}
	}
}
