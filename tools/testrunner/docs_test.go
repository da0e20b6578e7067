package testrunner

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const docs = "../../docs/PROGRAMS.md"

// TestDocs runs the examples of docs/PROGRAMS.md as one project: a block whose
// first line is "// NAME" is that file.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile(filepath.FromSlash(docs))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"package.json": "{}"}
	for _, block := range regexp.MustCompile("(?s)```js\n// (\\S+)\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		files[block[1]] = block[2]
	}
	results := ran(t, Options{Dir: folder(t, files)})
	for _, r := range results {
		if r.Failure != nil {
			t.Errorf("%s: %s: %s %+v", r.File, r.Name, r.Failure.Message, r.Failure.Places)
		}
	}
	if len(files) < 5 || len(results) < 2 {
		t.Errorf("only %d files and %d tests were found", len(files)-1, len(results))
	}
}

// TestDocsNameEverything: the table of docs/PROGRAMS.md has all that `t` is.
func TestDocsNameEverything(t *testing.T) {
	text, err := os.ReadFile(filepath.FromSlash(docs))
	if err != nil {
		t.Fatal(err)
	}
	types, err := os.ReadFile(filepath.FromSlash(declarations))
	if err != nil {
		t.Fatal(err)
	}
	names := members(string(types), "  interface Trial {", "  }")
	if len(names) < 10 {
		t.Fatalf("qvat.d.ts has only %q", names)
	}
	for _, name := range names {
		if !regexp.MustCompile("(?m)^\\| .*`t\\." + name + "\\b").Match(text) {
			t.Errorf("docs/PROGRAMS.md says nothing of t.%s", name)
		}
	}
	for _, m := range regexp.MustCompile("`t\\.(\\w+)").FindAllStringSubmatch(string(text), -1) {
		if !strings.Contains(strings.Join(names, " "), m[1]) {
			t.Errorf("docs/PROGRAMS.md tells of t.%s, which is not there", m[1])
		}
	}
}
