// Package qvat holds the test of the house's plan: which room may import which.
package qvat

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// plan says which rooms a room may import; docs/ARCHITECTURE.md draws it. What
// is not said here is forbidden. The tests of a room may use more: what is in
// testing, and rooms below them.
var plan = map[string][]string{
	"chains":                 {},
	"guest":                  {},
	"runtime/meter":          {},
	"runtime":                {"chains", "guest", "runtime/meter"},
	"host/fault":             {},
	"host/keyfile":           {},
	"host/api":               {"chains", "host/fault"},
	"host/control":           {"host/fault", "host/mail"},
	"host/caps":              {"chains", "host/store"},
	"host/mail":              {"chains", "host/caps", "host/store", "host/mail/jobs", "host/mail/letter", "host/mail/slotted"},
	"host/mail/jobs":         {"host/store"},
	"host/mail/letter":       {"host/caps"},
	"host/mail/slotted":      {"host/caps"},
	"host/mail/wire":         {"chains", "host/caps", "host/mail", "host/mail/letter"},
	"host/store":             {"chains"},
	"host/store/sqlite":      {"chains", "host/store", "host/store/sqlite/lite"},
	"host/store/sqlite/lite": {},
	"host/powers":            {"chains", "runtime", "host/mail", "host/store"},
	"host/web":               {"chains", "host/mail"},
	"host":                   {"chains", "runtime", "host/*"},
	"tools/bundle":           {"chains"},
	"tools/project":          {"chains", "runtime", "host", "host/fault", "host/keyfile", "tools/bundle"},
	"tools/trial":            {"chains", "runtime", "host", "host/*", "tools/bundle", "tools/project"},
	"tools/dev":              {"chains", "runtime", "host", "host/*", "tools/bundle", "tools/project"},
	"tools/*":                {"chains", "runtime", "host"},
	"cmd/qvat":               {"chains", "runtime", "host", "host/*", "tools/*"},
}

// only says which packages from outside only one room may know.
var only = map[string][]string{
	"github.com/tetratelabs/wazero": {"runtime"},
	"modernc.org/sqlite":            {"host/store/sqlite", "host/store/sqlite/lite"},
	"database/sql":                  {},
	"github.com/evanw/esbuild":      {"host", "tools/bundle"},
	"net/http":                      {"host/api", "host/control", "host/powers", "host/web", "tools/load"},
}

// testing are rooms that exist for the tests of others.
var testing_ = []string{"chains/chaintest", "host/mail/mailtest", "host/store/storetest"}

func TestImports(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != ".") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || filepath.Dir(path) == "." {
			return nil
		}
		seen++
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		room := filepath.ToSlash(filepath.Dir(path))
		for _, i := range f.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			checkImport(t, path, room, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 50 {
		t.Errorf("only %d files were looked at", seen)
	}
}

func checkImport(t *testing.T, path, room, name string) {
	t.Helper()
	isTest := strings.HasSuffix(path, "_test.go") || slices.Contains(testing_, room)
	if to, ours := strings.CutPrefix(name, "qvat/"); ours {
		if room != to && !isTest && !slices.ContainsFunc(allowed(room), func(pattern string) bool { return matches(pattern, to) }) {
			t.Errorf("%s: %s may not import %s", path, room, to)
		}
		return
	}
	for prefix, rooms := range only {
		if (name == prefix || strings.HasPrefix(name, prefix+"/")) && !isTest && !slices.Contains(rooms, room) {
			t.Errorf("%s: %s may not know %s", path, room, prefix)
		}
	}
}

func allowed(room string) []string {
	if a, ok := plan[room]; ok {
		return a
	}
	return plan[filepath.ToSlash(filepath.Dir(room))+"/*"]
}

func matches(pattern, room string) bool {
	if dir, ok := strings.CutSuffix(pattern, "/*"); ok {
		return strings.HasPrefix(room, dir+"/")
	}
	return pattern == room
}
