package qvat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ordered are the rooms, with those below them, in which the order of a map could
// reach a program, an error's text, a row or a record.
var ordered = []string{"host/powers", "host/actions", "host/store", "host/library", "host/caps", "host/mail"}

// TestMapOrder: what runs again runs the same way, so the order of a map, which is
// chance, is sorted where it is read, or a comment "// order: ..." says why nobody
// can tell.
func TestMapOrder(t *testing.T) {
	rooms, exports := listRooms(t)
	for _, r := range rooms {
		if slices.Contains(testRooms, strings.TrimPrefix(r.ImportPath, "qvat/")) {
			continue
		}
		files := token.NewFileSet()
		var parsed []*ast.File
		for _, name := range r.GoFiles {
			f, err := parser.ParseFile(files, filepath.Join(r.Dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			parsed = append(parsed, f)
		}
		for _, at := range chanceIn(t, files, parsed, exports) {
			t.Errorf("%s:%d: the order of a map is chance: sort it, or say in a comment \"// order: ...\" why nobody can tell", at.Filename, at.Line)
		}
	}
	if len(rooms) == 0 {
		t.Error("no room was looked at")
	}
	t.Run("finds", func(t *testing.T) { testFindsChance(t, exports) })
}

// room is a package as `go list` describes it.
type room struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
	DepOnly                 bool
}

// listRooms gives the packages to look at, and where the compiled form of each
// package lies that they import.
func listRooms(t *testing.T) (rooms []room, exports map[string]string) {
	t.Helper()
	args := []string{"list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,DepOnly", "maps", "slices", "sort"}
	for _, r := range ordered {
		if _, err := os.Stat(r); err == nil {
			args = append(args, "./"+r+"/...")
		}
	}
	var said strings.Builder
	list := exec.CommandContext(t.Context(), "go", args...)
	list.Stderr = &said
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, said.String())
	}
	exports = map[string]string{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var r room
		if err := d.Decode(&r); errors.Is(err, io.EOF) {
			return rooms, exports
		} else if err != nil {
			t.Fatal(err)
		}
		exports[r.ImportPath] = r.Export
		if !r.DepOnly && strings.HasPrefix(r.ImportPath, "qvat/") && !strings.HasSuffix(r.ImportPath, "test") {
			rooms = append(rooms, r)
		}
	}
}

// chanceIn gives the places where a package reads a map in the map's own order.
func chanceIn(t *testing.T, files *token.FileSet, parsed []*ast.File, exports map[string]string) []token.Position {
	t.Helper()
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: importer.ForCompiler(files, "gc", func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("%s was not listed", path)
		}
		return os.Open(exports[path])
	})}
	if _, err := config.Check(parsed[0].Name.Name, files, parsed, info); err != nil {
		t.Fatal(err)
	}
	var found []token.Position
	for _, f := range parsed {
		said := map[int]bool{} // lines that a comment speaks of
		for _, group := range f.Comments {
			for _, c := range group.List {
				if strings.HasPrefix(c.Text, "// order: ") {
					said[files.Position(c.Pos()).Line] = true
					said[files.Position(group.End()).Line+1] = true
				}
			}
		}
		for _, decl := range f.Decls {
			for _, at := range mapReads(info, decl) {
				if p := files.Position(at); !said[p.Line] {
					found = append(found, p)
				}
			}
		}
	}
	return found
}

// mapReads gives the places in a declaration where a map is read in its own order,
// and nothing is sorted after it.
func mapReads(info *types.Info, decl ast.Node) (found []token.Pos) {
	var sorts []token.Pos
	sorted := map[ast.Node]bool{} // arguments of what sorts them
	ast.Inspect(decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.RangeStmt:
			if tv := info.Types[n.X]; tv.Type != nil {
				if _, isMap := tv.Type.Underlying().(*types.Map); isMap {
					found = append(found, n.Pos())
				}
			}
		case *ast.CallExpr:
			pkg, name := called(info, n)
			switch {
			case pkg == "slices" && strings.HasPrefix(name, "Sorted"):
				sorted[n.Args[0]] = true
			case (pkg == "slices" || pkg == "sort") && strings.HasPrefix(name, "Sort"), pkg == "sort" && slices.Contains([]string{"Strings", "Ints", "Slice", "SliceStable", "Stable"}, name):
				sorts = append(sorts, n.Pos())
			case pkg == "maps" && slices.Contains([]string{"Keys", "Values", "All"}, name) && !sorted[n]:
				found = append(found, n.Pos())
			}
		}
		return true
	})
	return slices.DeleteFunc(found, func(at token.Pos) bool {
		return slices.ContainsFunc(sorts, func(s token.Pos) bool { return s > at })
	})
}

// called gives the package and the name of the function that a call is of; "" for
// what is no package's function.
func called(info *types.Info, call *ast.CallExpr) (pkg, name string) {
	fun := call.Fun
	if i, ok := fun.(*ast.IndexExpr); ok {
		fun = i.X
	}
	if s, ok := fun.(*ast.SelectorExpr); ok {
		if f, ok := info.Uses[s.Sel].(*types.Func); ok && f.Pkg() != nil && f.Signature().Recv() == nil {
			return f.Pkg().Path(), f.Name()
		}
	}
	return "", ""
}

// testFindsChance: the test sees what it is for, and nothing else.
func testFindsChance(t *testing.T, exports map[string]string) {
	const head = "package p\nimport (\"maps\"; \"slices\"; \"sort\")\nvar _, _, _ = maps.Keys[map[int]int], slices.Sort[[]int], sort.Ints\ntype M map[string]int\n"
	for text, want := range map[string]int{
		`func f(m map[string]int) string { for k := range m { return k }; return "" }`:                         1,
		`func f(m M) (s []string) { for k := range m { s = append(s, k) }; return s }`:                         1,
		`func f(m M) (s []string) { for k := range m { s = append(s, k) }; slices.Sort(s); return s }`:         0,
		`func f(m M) (s []string) { for k := range m { s = append(s, k) }; sort.Strings(s); return s }`:        0,
		`func f(m M) (s []string) { slices.Sort(s); for k := range m { s = append(s, k) }; return s }`:         1,
		`func g(s []string) { slices.Sort(s) }; func f(m M) { for range m { g(nil) } }`:                        1,
		`func f(m M) []string { return slices.Sorted(maps.Keys(m)) }`:                                          0,
		`func f(m M) []string { return slices.Collect(maps.Keys(m)) }`:                                         1,
		`func f(m M) []string { s := slices.Collect(maps.Keys(m)); slices.Sort(s); return s }`:                 0,
		`func f(m M) { for _, k := range slices.Sorted(maps.Keys(m)) { println(k) } }`:                         0,
		`func f(m M) { for k, v := range maps.All(m) { println(k, v) } }`:                                      1,
		`func f(s []int) { for i := range s { println(i) } }`:                                                  0,
		"func f(m M) (n int) {\n// order: it is a sum\nfor _, v := range m { n += v }\nreturn n }":             0,
		"func f(m M) (n int) {\n// order: it is a sum,\n// of all\nfor _, v := range m { n += v }\nreturn n }": 0,
		"func f(m M) (n int) {\nfor _, v := range m { // order: it is a sum\n n += v }\nreturn n }":            0,
		"func f(m M) (n int) {\n// it is a sum\nfor _, v := range m { n += v }\nreturn n }":                    1,
		"func f(m M) (n int) {\n// order: it is a sum\n\nfor _, v := range m { n += v }\nreturn n }":           1,
		`type x struct{ m map[int]M }; func (x x) f() { for k := range x.m[1] { println(k) } }`:                1,
		`var s = func() (s []string) { for k := range (M{"a": 1}) { s = append(s, k) }; return s }()`:          1,
		`func f[T ~map[string]int](m T) { func() { for k := range map[string]int(m) { println(k) } }() }`:      1,
	} {
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, "p.go", head+text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if got := chanceIn(t, files, []*ast.File{f}, exports); len(got) != want {
			t.Errorf("%s\nhas %d places, want %d", text, len(got), want)
		}
	}
}
