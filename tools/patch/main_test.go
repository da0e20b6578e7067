package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const diff = `diff --git a/a/b.txt b/a/b.txt
index 1111111..2222222 100644
--- a/a/b.txt
+++ b/a/b.txt
@@ -1,3 +1,3 @@
 one
-two
+TWO
 three
`

func fakeModule(t *testing.T, files map[string]string) publication {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o444); err != nil {
			t.Fatal(err)
		}
	}
	return publication{Version: "v1.0.0", Dir: dir}
}

func read(t *testing.T, parts ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestCopyIsChanged(t *testing.T) {
	p := fakeModule(t, map[string]string{"a/b.txt": "one\ntwo\nthree\n", "c.txt": "as it is\n", versionFile: "package version\n" + versionLine})
	to := filepath.Join(t.TempDir(), "copy")
	if err := copyOf(p, []byte(diff), to); err != nil {
		t.Fatal(err)
	}
	if got := read(t, to, "a", "b.txt"); got != "one\nTWO\nthree\n" {
		t.Errorf("changed: %q", got)
	}
	if got := read(t, to, "c.txt"); got != "as it is\n" {
		t.Errorf("not changed: %q", got)
	}
	version := read(t, to, filepath.FromSlash(versionFile))
	if !strings.Contains(version, `var version = "v1.0.0-qvat-`) {
		t.Errorf("the version: %q", version)
	}
	other := filepath.Join(t.TempDir(), "copy")
	if err := copyOf(p, []byte(strings.Replace(diff, "TWO", "2", 1)), other); err != nil {
		t.Fatal(err)
	}
	if read(t, other, filepath.FromSlash(versionFile)) == version {
		t.Error("another diff has the same version: machine code of the one would be taken for the other's")
	}
}

// TestDiffThatDoesNotFit: what stands elsewhere than the diff says is not changed.
func TestDiffThatDoesNotFit(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"another line":    {"a/b.txt": "one\n2\nthree\n", versionFile: versionLine},
		"another context": {"a/b.txt": "1\ntwo\nthree\n", versionFile: versionLine},
		"moved":           {"a/b.txt": "zero\none\ntwo\nthree\n", versionFile: versionLine},
		"no such file":    {versionFile: versionLine},
		"another version": {"a/b.txt": "one\ntwo\nthree\n", versionFile: "var version = 1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := copyOf(fakeModule(t, files), []byte(diff), filepath.Join(t.TempDir(), "copy")); err == nil {
				t.Error("it was changed all the same")
			}
		})
	}
}

// TestDiffOfNothing: what is no diff does not pass for one that has been applied.
func TestDiffOfNothing(t *testing.T) {
	for _, text := range []string{"", "not a diff\n"} {
		p := fakeModule(t, map[string]string{"a/b.txt": "one\n", versionFile: "package version\n" + versionLine})
		if err := copyOf(p, []byte(text), filepath.Join(t.TempDir(), "copy")); err == nil {
			t.Errorf("%q was applied", text)
		}
	}
}

// TestOthersFolders: nothing is deleted that the command has not made.
func TestOthersFolders(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.MkdirAll("docs/empty", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", ".", "..", "docs", "docs/..", t.TempDir()} {
		if err := checkReplaceable(dir); err == nil {
			t.Errorf("%q may be deleted", dir)
		}
	}
	if err := os.MkdirAll("cut-short/wazero", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"new", "docs/empty", "cut-short"} {
		if err := checkReplaceable(dir); err != nil {
			t.Error(err)
		}
	}
}

// TestPublished runs the command over the module itself, twice.
func TestPublished(t *testing.T) {
	t.Chdir("../..")
	if err := os.MkdirAll(".build", 0o755); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp(".build", "test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) }) //nolint:errcheck // git does not see it
	if err := run(dir); err != nil {
		t.Fatal(err)
	}
	mod := read(t, dir, "go.mod")
	if !strings.HasSuffix(mod, "\nreplace "+module+" => ./"+filepath.ToSlash(dir)+"/wazero\n") {
		t.Errorf("its go.mod ends %q", mod[max(0, len(mod)-100):])
	}
	mark := filepath.Join(dir, "wazero", "mark")
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(mark); err != nil {
		t.Error("what was up to date was made anew")
	}
	if err := os.WriteFile(filepath.Join(dir, "stamp"), []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("what was out of date was left as it was")
	}
}
