// Package qvat holds the tests of the house as a whole: which room may import which,
// and that the documents name what is there.
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

// plan says which rooms may import which: those on the left of < may be imported
// by those on the right. docs/ARCHITECTURE.md draws it. What is not said here is
// forbidden. The tests of a room may use more: what is in testRooms, and rooms
// below them.
const plan = `
chains guest runtime/meter < runtime
chains < host/store < host/store/sqlite
host/store/sqlite/lite host/store < host/store/sqlite/statement
host/store/sqlite/* < host/store/sqlite
chains host/store < host/library
chains host/fault < host/api
chains runtime < host/config
chains host/store < host/caps
host/caps < host/mail/letter host/mail/slotted
host/retry host/store < host/mail/jobs
chains host/store host/caps host/mail/jobs host/mail/letter host/mail/slotted < host/mail
chains host/caps host/mail host/mail/letter host/retry < host/mail/wire
host/caps host/mail/letter host/fault host/mail < host/actions < host/control
chains host/caps host/mail/letter host/mail host/actions < host/web
chains runtime host/store host/caps host/mail/letter host/mail host/actions < host/powers
runtime host/library host/store < host/metrics
host/mail host/powers host/retry host/store < host/outbox
chains host/web < host/recent
chains runtime host/* < host

chains < tools/bundle
chains runtime host host/config host/fault host/keyfile tools/bundle < tools/project
chains runtime host host/* tools/bundle tools/project < tools/testrunner tools/dev
chains runtime host < tools/load tools/patch
runtime/runtimetest < tools/check
chains host/api host/fault < cmd/qvat/cli
chains host/* cmd/qvat/cli < cmd/qvat/agent
chains runtime host host/* tools/* cmd/qvat/* < cmd/qvat
`

// only says which packages from outside only one room may know.
var only = map[string][]string{
	"github.com/tetratelabs/wazero": {"runtime"},
	"modernc.org/sqlite":            {"host/store/sqlite/lite"},
	"database/sql":                  {},
	"github.com/evanw/esbuild":      {"host/rootpower", "tools/bundle"},
	"net/http":                      {"host/api", "host/control", "host/powers", "host/web", "tools/load"},
}

// testRooms are rooms that exist for the tests of others.
var testRooms = []string{"chains/chaintest", "host/mail/mailtest", "host/store/storetest", "host/store/sqlite/sqlitetest", "runtime/runtimetest"}

func TestImports(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if notOurs(path, d) {
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

// notOurs tells whether a path is a folder without Go files of this project.
func notOurs(path string, d fs.DirEntry) bool {
	return d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != ".")
}

func checkImport(t *testing.T, path, room, name string) {
	t.Helper()
	isTest := strings.HasSuffix(path, "_test.go") || slices.Contains(testRooms, room)
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

// allowed gives what a room may import.
func allowed(room string) (rooms []string) {
	for line := range strings.Lines(plan) {
		groups := strings.Split(line, "<")
		for i := 1; i < len(groups); i++ {
			if slices.Contains(strings.Fields(groups[i]), room) {
				rooms = append(rooms, strings.Fields(strings.Join(groups[:i], " "))...)
			}
		}
	}
	return rooms
}

func matches(pattern, room string) bool {
	if dir, ok := strings.CutSuffix(pattern, "/*"); ok {
		return strings.HasPrefix(room, dir+"/")
	}
	return pattern == room
}
