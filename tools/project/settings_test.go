package project

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"qvat/host"
)

// TestMakeVatWhereOneWas: a vat's folder that came with the project is not
// believed.
func TestMakeVatWhereOneWas(t *testing.T) {
	for name, spoil := range map[string]func(dir string) error{
		"as Git makes it": func(dir string) error { return os.Chmod(dir, 0o755) },
		"a group's":       func(dir string) error { return os.Chmod(dir, 0o710) },
		"a link": func(dir string) error {
			if err := os.Rename(dir, dir+"2"); err != nil {
				return err
			}
			return os.Symlink(dir+"2", dir)
		},
		"a file": func(dir string) error {
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
			return os.WriteFile(dir, nil, 0o600)
		},
	} {
		p := opened(t, map[string]string{"main.js": ""})
		dir := filepath.Join(p.Dir, ".qvat")
		for range 2 {
			if err := p.MakeVat(dir, Vat{Name: "dev", Listen: "127.0.0.1:0"}); err != nil {
				t.Fatal(err)
			}
		}
		if err := spoil(dir); err != nil {
			t.Fatal(err)
		}
		err := p.MakeVat(dir, Vat{Name: "dev", Listen: "127.0.0.1:0"})
		if err == nil || !strings.Contains(err.Error(), ".qvat was not made by qvat dev on this machine: look at it, and delete it") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCache: machine code lies in the folder that is named, where that is this
// user's alone, and never in the vat's own.
func TestCache(t *testing.T) {
	for name, row := range map[string]struct {
		make func(at string) error
		kept bool
	}{
		"there is none yet": {func(string) error { return nil }, true},
		"ours":              {func(at string) error { return os.Mkdir(at, 0o700) }, true},
		"as Git makes it":   {func(at string) error { return os.Mkdir(at, 0o755) }, false},
		"a file":            {func(at string) error { return os.WriteFile(at, nil, 0o600) }, false},
		"a link": {func(at string) error {
			if err := os.Mkdir(at+"2", 0o700); err != nil {
				return err
			}
			return os.Symlink(at+"2", at)
		}, false},
	} {
		p := opened(t, map[string]string{"main.js": ""})
		cache, dir := filepath.Join(t.TempDir(), "engine"), filepath.Join(p.Dir, ".qvat")
		if err := row.make(cache); err != nil {
			t.Fatal(err)
		}
		if err := p.MakeVat(dir, Vat{Name: "dev", Listen: "127.0.0.1:0", Cache: cache}); err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		v, err := host.Open(t.Context(), host.Options{Dir: dir, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		if err := v.Close(); err != nil {
			t.Error(err)
		}
		if entries, _ := os.ReadDir(cache); (len(entries) > 0) != row.kept {
			t.Errorf("%s: it holds %v", name, entries)
		}
		if warned := strings.Contains(log.String(), "no machine code is kept"); warned == row.kept {
			t.Errorf("%s: the log is %s", name, log.String())
		}
		if _, err := os.Lstat(filepath.Join(dir, "cache")); err == nil {
			t.Errorf("%s: machine code lies in the project", name)
		}
	}
}

// TestSmallLetters: a key in another case is refused wherever it stands, also in
// the settings of a vat.
func TestSmallLetters(t *testing.T) {
	for _, row := range []struct{ text, bad string }{
		{"[powers.Files]\ndir = 'x'\n", "Files"},
		{"[Powers.files]\ndir = 'x'\n", "Powers"},
		{"powers.files.Dir = 'x'\n", "Dir"},
		{"powers = { files = { 'dir' = 'x', WRITE = true } }\n", "WRITE"},
		{"[limits]\nfuel = 7\nhost_calls = 3\n", ""},
	} {
		p := opened(t, map[string]string{VatConfig: row.text})
		dir := filepath.Join(t.TempDir(), "vat")
		if err := host.Init(dir, host.InitOptions{}); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "qvat.toml"))
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(string(text), "\n[limits]")
		if err := os.WriteFile(filepath.Join(dir, "qvat.toml"), []byte(head+"\n"+row.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, inVat := host.Open(t.Context(), host.Options{Dir: dir, RootPower: "/none"})
		for where, err := range map[string]error{"vat.toml": p.CheckVat(), "qvat.toml": inVat} {
			refused := err != nil && strings.Contains(err.Error(), `"`+row.bad+`": settings are written in small letters`)
			if refused != (row.bad != "") {
				t.Errorf("%s, %q: %v", where, row.text, err)
			}
		}
	}
}

func TestGrants(t *testing.T) {
	p := opened(t, map[string]string{"main.js": "", "data/x": "", ".git/hooks/x": ""})
	outside := t.TempDir()
	for link, to := range map[string]string{"out": outside, "in": "data", "lost": "nowhere"} {
		if err := os.Symlink(to, filepath.Join(p.Dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	dir := filepath.Join(p.Dir, ".qvat")
	for _, row := range []struct {
		text    string
		want    Grants
		refused string
	}{
		{text: ""},
		{text: "[powers]\nmail = true", want: Grants{Mail: true}},
		{
			text: "[powers.http]\norigins = ['https://a.example']\nimmediate = true\nallow_private = true",
			want: Grants{Origins: []string{"https://a.example"}, Immediate: true, AllowPrivate: true},
		},
		{text: "[powers.files]\ndir = 'files/new'\nwrite = true", want: Grants{Files: filepath.Join(dir, "files/new"), Write: true}},
		{text: "[powers.files]\ndir = '../in/new'", want: Grants{Files: filepath.Join(p.Dir, "data/new")}},
		{text: "[powers.files]\ndir = '../out/new'", want: Grants{Files: filepath.Join(outside, "new"), Outside: true}},
		{text: "[powers.files]\ndir = '../../'", want: Grants{Files: filepath.Dir(p.Dir), Outside: true}},
		{text: "[powers.files]\ndir = '" + outside + "'", want: Grants{Files: outside, Outside: true}},
		{text: "[powers.files]\ndir = '../.git/hooks'", want: Grants{Files: filepath.Join(p.Dir, ".git/hooks"), Outside: true}},
		{text: "[powers.files]\ndir = '../lost/new'", refused: "leads nowhere"},
		{text: "[powers.Files]\ndir = '/'", refused: "small letters"},
	} {
		if err := os.WriteFile(filepath.Join(p.Dir, VatConfig), []byte(row.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := p.Grants(dir)
		if row.refused != "" {
			if err == nil || !strings.Contains(err.Error(), row.refused) {
				t.Errorf("%q: %v, want %q", row.text, err, row.refused)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, row.want) {
			t.Errorf("%q: %+v, %v; want %+v", row.text, got, err, row.want)
		}
	}
}
