package bundle

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// looked is where a resolver looked for what a project imports, and would find
// something else if it were there.
type looked struct {
	folders map[string]bool // whose names count
	files   map[string]bool // that are read, if they are there
}

// looked follows the imports of all files, those that led nowhere too.
func (g *graph) looked(p *project) looked {
	l := looked{map[string]bool{p.root: true}, map[string]bool{}}
	for _, name := range p.shims {
		l.add(p.root, name)
	}
	done := map[[2]string]bool{}
	for _, f := range g.files {
		if f.path == "" {
			continue
		}
		dir := filepath.Dir(f.path)
		l.folders[dir] = true
		for _, name := range f.names() {
			if key := [2]string{dir, name}; !done[key] {
				done[key] = true
				l.add(dir, name)
			}
		}
	}
	return l
}

// names are all that a file imports.
func (f *file) names() []string {
	names := append([]string(nil), f.tried...)
	for _, e := range f.imports {
		names = append(names, e.name)
	}
	return names
}

// add is for one import in a folder.
func (l looked) add(dir, name string) {
	switch {
	case name == "" || name[0] == '#' || name[0] == '<':
		return // a package.json says where that leads; and esbuild's own
	case strings.HasPrefix(name, ".") || filepath.IsAbs(name):
		path := filepath.FromSlash(name)
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		l.path(path)
		return
	}
	pack := packageOf(name)
	for d := dir; ; d = filepath.Dir(d) {
		modules := filepath.Join(d, nodeModules)
		l.folders[modules] = true
		if _, err := os.Stat(filepath.Join(modules, pack)); err == nil {
			l.files[filepath.Join(modules, pack, packageJSON)] = true
			l.path(filepath.Join(modules, filepath.FromSlash(name)))
		}
		if scope, _, scoped := strings.Cut(pack, "/"); scoped {
			l.folders[filepath.Join(modules, scope)] = true
		}
		if d == filepath.Dir(d) {
			return
		}
	}
}

// path is for a module named so: a file there, or one with an extension beside
// it, or a folder.
func (l looked) path(path string) {
	l.folders[filepath.Dir(path)] = true
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		l.folders[path] = true
		l.files[filepath.Join(path, packageJSON)] = true
	}
}

// mostFolders is how many folders a project has at most whose tsconfig.json
// gives paths, or it is not remembered.
const mostFolders = 2000

// everywhere adds all folders of the project but for packages: where its
// tsconfig.json gives paths, a module may be looked for in any. It is false
// where they are too many.
func (l looked) everywhere(root string) bool {
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
		l.folders[path] = true
		return nil
	})
	return err == nil && n <= mostFolders
}

var (
	extendsSome = regexp.MustCompile(`"extends"\s*:\s*(\[[^\]]*\]|"[^"\\]*")`)
	quoted      = regexp.MustCompile(`"([^"\\]*)"`)
)

// settings follows a tsconfig.json, if it is there, to those that it extends. It
// is false where that cannot be told.
func (l looked) settings(path, root string) bool {
	if l.files[path] {
		return true
	}
	l.files[path] = true
	b, err := os.ReadFile(path)
	if err != nil {
		return true
	}
	text := string(b)
	if (strings.Contains(text, "paths") || strings.Contains(text, "baseUrl")) && !l.everywhere(root) {
		return false
	}
	all := extendsSome.FindAllStringSubmatch(text, -1)
	if len(all) != strings.Count(text, "extends") {
		return false
	}
	for _, one := range all {
		for _, name := range quoted.FindAllStringSubmatch(one[1], -1) {
			if !l.extended(filepath.Dir(path), name[1], root) {
				return false
			}
		}
	}
	return true
}

// extended is for what a tsconfig.json in a folder extends.
func (l looked) extended(dir, name, root string) bool {
	path := filepath.FromSlash(name)
	if strings.HasPrefix(name, ".") || filepath.IsAbs(path) {
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		return l.settings(path, root) && l.settings(path+".json", root)
	}
	for d := dir; ; d = filepath.Dir(d) {
		modules := filepath.Join(d, nodeModules)
		manifest := filepath.Join(modules, packageOf(name), packageJSON)
		l.folders[modules], l.files[manifest] = true, true
		if b, err := os.ReadFile(manifest); err == nil && (strings.Contains(string(b), `"exports"`) || strings.Contains(string(b), `"tsconfig"`)) {
			return false // it says what is meant
		}
		at := filepath.Join(modules, path)
		for _, file := range []string{at, at + ".json", filepath.Join(at, tsconfig)} {
			if !l.settings(file, root) {
				return false
			}
		}
		if d == filepath.Dir(d) {
			return true
		}
	}
}
