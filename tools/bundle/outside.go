package bundle

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// foreignImports are those by which a package takes in what is not its own: a
// bundle is sent away, and no package shall put files of its user's into it. A
// project may import what it likes.
func (p *project) foreignImports(g *graph) []Problem {
	var list []Problem
	known := map[string]string{} // the folders of packages, where they are
	for _, key := range sortedKeys(g.files) {
		f := g.files[key]
		for _, e := range f.imports {
			if f.path == "" || e.to.path == "" {
				continue
			}
			own, shim := "", p.shims[strings.TrimPrefix(e.name, "node:")]
			switch {
			case strings.HasPrefix(e.name, "#") || shim != "" || p.shims[e.name] != "":
				continue
			case strings.HasPrefix(e.name, ".") || filepath.IsAbs(e.name):
				own = folderOf(f.path)
			default:
				own = installed(filepath.Dir(f.path), packageOf(e.name), known)
			}
			if own == "" || within(own, e.to.path) || folderOf(f.path) == "" && within(g.root, e.to.path) && !escapes(own) {
				continue // or a tsconfig.json of the project leads elsewhere
			}
			list = append(list, Problem{
				File: key, Text: fmt.Sprintf("by %q a package takes in a file that is not its own: %s", e.name, e.to.key),
				Hint: "see what the package is about, before you use it",
			})
		}
	}
	return list
}

// folderOf is the folder of the package that a file is part of, or "".
func folderOf(path string) string {
	before, inside, ok := cutLast(filepath.ToSlash(path), "/"+modulesFolder)
	if !ok {
		return ""
	}
	return filepath.FromSlash(before + "/" + modulesFolder + packageOf(inside))
}

// installed is where a package lies that is imported in a folder, or "".
func installed(dir, name string, known map[string]string) string {
	for d := dir; ; d = filepath.Dir(d) {
		at := filepath.Join(d, nodeModules, name)
		where, asked := known[at]
		if !asked {
			if info, err := os.Stat(at); err == nil && info.IsDir() {
				where, _ = filepath.EvalSymlinks(at) // "" where it is gone
			}
			known[at] = where
		}
		if where != "" || d == filepath.Dir(d) {
			return where
		}
	}
}

// escapes tells whether a package names a main file that is not its own.
func escapes(folder string) bool {
	m, _, _ := readManifest(filepath.Join(folder, packageJSON)) // what is none names nothing
	return !filepath.IsLocal("./"+m.Main) || !filepath.IsLocal("./"+m.Module)
}

// within tells whether a path is in a folder.
func within(folder, path string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && filepath.IsLocal(rel)
}
