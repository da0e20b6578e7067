package project

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TOML's keys are read whatever their case, and vat.toml is rewritten by their
// exact case: a throw-away vat writes to the folder that the project names.
func TestHoleThrowawayFilesByAnotherCase(t *testing.T) {
	outside := t.TempDir()
	p := opened(t, map[string]string{"vat.toml": "[powers.Files]\ndir = '" + outside + "'\nwrite = true\n"})
	dir := filepath.Join(t.TempDir(), "vat")
	if err := p.MakeVat(dir, Vat{Root: nil, Name: "test", Listen: "127.0.0.1:0", Throwaway: true}); err != nil {
		return // refused: no hole
	}
	text, err := os.ReadFile(filepath.Join(dir, "qvat.toml"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), outside) {
		t.Errorf("a throw-away vat is granted %s:\n%s", outside, text)
	}
}

// The dev vat lies in the project's folder, which may come from somebody else:
// links in it lead anywhere.
func TestHoleMakeVatFollowsLinks(t *testing.T) {
	p := opened(t, map[string]string{"main.js": ""})
	victim := filepath.Join(t.TempDir(), "bashrc")
	if err := os.WriteFile(victim, []byte("export A=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(p.Dir, ".qvat")
	if err := p.MakeVat(dir, Vat{Name: "dev", Listen: "127.0.0.1:0"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"qvat.toml", RootPower} {
		at := filepath.Join(dir, name)
		if err := os.Remove(at); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(victim, at); err != nil {
			t.Fatal(err)
		}
		_ = p.MakeVat(dir, Vat{Name: "dev", Listen: "127.0.0.1:0"})
		if got, err := os.ReadFile(victim); err != nil || string(got) != "export A=1\n" {
			t.Errorf("%s: a file outside of the project is overwritten: %q, %v", name, got, err)
		}
		if err := os.Remove(at); err != nil {
			t.Fatal(err)
		}
		if err := p.MakeVat(dir, Vat{Name: "dev", Listen: "127.0.0.1:0"}); err != nil {
			t.Fatal(err)
		}
	}
}
