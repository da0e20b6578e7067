package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

// TestNames holds that exactly what is promised is a name, and that no name
// leads out of its folder.
func TestNames(t *testing.T) {
	is := regexp.MustCompile(`\A[a-z0-9][a-z0-9-]{0,127}\z`)
	hash := regexp.MustCompile(`\A[0-9a-f]{64}\z`)
	h := home{"home"}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(
			rapid.StringMatching(`[a-z0-9-]{0,130}`),
			rapid.StringMatching(`[0-9a-f]{63,65}`),
			rapid.String(),
			rapid.SampledFrom([]string{"", ".", "..", "-", "a/b", `a\b`, "a\x00", "a.", "é", "a\n"}),
		).Draw(t, "name")
		want := is.MatchString(name) && !hash.MatchString(name)
		if got := checkName(name) == nil; got != want {
			t.Fatalf("%q is a name: %t, want %t", name, got, want)
		}
		if want && filepath.Dir(h.path(vatsDir, name, vatExt)) != filepath.Join("home", vatsDir) {
			t.Fatalf("%q leads to %s", name, h.path(vatsDir, name, vatExt))
		}
	})
}

// TestWriteFileKeepsTheOld holds that a write that fails leaves what was there.
func TestWriteFileKeepsTheOld(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for _, text := range []string{"old", "new"} {
		if err := writeFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// A folder in its place makes the last step, the rename, impossible.
	blocked := filepath.Join(dir, "blocked")
	if err := os.MkdirAll(filepath.Join(blocked, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := writeFile(blocked, []byte("x"), 0o600); err == nil {
		t.Error("a folder was replaced")
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "new" {
		t.Errorf("the file holds %q, %v", got, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}
