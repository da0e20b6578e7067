package project

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"qvat/chains"
	"qvat/host"
	"qvat/host/fault"
	"qvat/runtime"
	"qvat/tools/bundle"
)

// folder makes a folder of files.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func opened(t *testing.T, files map[string]string) *Project {
	t.Helper()
	p, err := Open(folder(t, files))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTests(t *testing.T) {
	p := opened(t, map[string]string{
		"main.js": "", "main.test.js": "", "test/a.test.ts": "", "test/b.test.mjs": "", "test/helper.js": "",
		"test/deep/c.test.js": "", "lib/d.test.js": "", "test/e.test.css": "", "test/.test.js.swp": "", "test/f.test.js/x": "",
	})
	got, err := p.Tests()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"main.test.js", "test/a.test.ts", "test/b.test.mjs"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOpen(t *testing.T) {
	dir := folder(t, map[string]string{"main.js": ""})
	if _, err := Open(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
	if _, err := Open(filepath.Join(dir, "main.js")); err == nil || !strings.Contains(err.Error(), "is not a folder") {
		t.Errorf("a file: %v", err)
	}
}

// TestFile: no name leads out of the folder.
func TestFile(t *testing.T) {
	p := opened(t, map[string]string{"main.js": "", "lib/x.js": ""})
	outside := folder(t, map[string]string{"secret.js": ""})
	for link, to := range map[string]string{"out": outside, "in": filepath.Join(p.Dir, "lib")} {
		if err := os.Symlink(to, filepath.Join(p.Dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct{ name, want string }{
		{"main.js", "main.js"},
		{"./lib/x.js", "lib/x.js"},
		{"lib/../main.js", "main.js"},
		{"in/x.js", "lib/x.js"},
		{"none.js", ""},
		{"../main.js", ""},
		{"/etc/hosts", ""},
		{"lib/../../x", ""},
		{"out/secret.js", ""},
		{"", p.Dir},
	} {
		got, err := p.File(row.name)
		want := row.want
		if want != "" && !filepath.IsAbs(want) {
			want = filepath.Join(p.Dir, filepath.FromSlash(want))
		}
		if got != want || (err == nil) == (want == "") {
			t.Errorf("File(%q) = %q, %v; want %q", row.name, got, err, want)
		}
	}
}

func TestMakeVat(t *testing.T) {
	p := opened(t, map[string]string{
		"vat.toml": "[limits]\nfuel = 1_000_000\ntime = \"3s\"\n[powers]\nrandom = false\n[powers.files]\ndir = \"/srv/real\"\nwrite = true\n",
	})
	dir := filepath.Join(t.TempDir(), "vat")
	if err := p.MakeVat(dir, Vat{Name: "test", Listen: "127.0.0.1:0", Throwaway: true}); err != nil {
		t.Fatal(err)
	}
	v, err := host.Open(t.Context(), host.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	info := v.Info()
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	if info.Limits["fuel"] != 1_000_000 || info.Limits["time_micros"] != 3_000_000 || info.Name != "test" {
		t.Errorf("the vat is %+v", info)
	}
	if _, err := os.Stat(filepath.Join(dir, "files")); err != nil {
		t.Errorf("a throw-away vat has no files of its own: %v", err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "qvat.toml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"random = false", "store = true", "clock = true", "sandbox = false", info.RootKey} {
		if !strings.Contains(string(text), want) {
			t.Errorf("qvat.toml has no %s:\n%s", want, text)
		}
	}
	// Again: the key is the same, and the settings are those of now.
	if err := os.Remove(filepath.Join(p.Dir, "vat.toml")); err != nil {
		t.Fatal(err)
	}
	if err := p.MakeVat(dir, Vat{Name: "again", Listen: "127.0.0.1:0"}); err != nil {
		t.Fatal(err)
	}
	if v, err = host.Open(t.Context(), host.Options{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	if again := v.Info(); again.RootKey != info.RootKey || again.Name != "again" || again.Limits["fuel"] != runtime.DefaultFuel {
		t.Errorf("made again, the vat is %+v", again)
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestVatConfigIsChecked(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"name = \"x\"\n", "neither [limits] nor [powers]"},
		{"[limits]\nfule = 1\n", "fule"},
		{"[powers]\nstore = 1\n", "vat.toml"},
		{"[powers\n", "vat.toml"},
		{strings.Repeat("#", 1<<20+1), "larger than"},
	} {
		p := opened(t, map[string]string{VatConfig: row.text})
		err := p.MakeVat(filepath.Join(t.TempDir(), "vat"), Vat{Name: "test"})
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%.40q: %v, want %q", row.text, err, row.want)
		}
	}
}

func TestNew(t *testing.T) {
	for _, name := range Templates() {
		dir := filepath.Join(t.TempDir(), "My Project", "Über Counter")
		files, err := New(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{".gitignore", "README.md", "package.json", "qvat.d.ts", "root-power.js", "tsconfig.json"} {
			if !slices.Contains(files, want) {
				t.Errorf("%s has no %s: %q", name, want, files)
			}
		}
		for _, f := range files {
			text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(f)))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "PROJECT-NAME") {
				t.Errorf("%s/%s does not know its project's name", name, f)
			}
			if f == "README.md" && strings.Count(string(text), "\n") > 12 {
				t.Errorf("%s: nobody reads that much: %s", name, f)
			}
		}
		text, err := os.ReadFile(filepath.Join(dir, "package.json"))
		if err != nil || !strings.Contains(string(text), `"name": "ber-counter"`) {
			t.Errorf("package.json: %s, %v", text, err)
		}
	}
	if !slices.Contains(Templates(), DefaultTemplate) {
		t.Errorf("%s is no template", DefaultTemplate)
	}
}

func TestNewOverwritesNothing(t *testing.T) {
	dir := folder(t, map[string]string{"notes.txt": "mine"})
	if _, err := New(dir, DefaultTemplate); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a folder that holds something: %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("it holds %v now, %v", entries, err)
	}
	if _, err := New(filepath.Join(dir, "notes.txt"), DefaultTemplate); err == nil {
		t.Error("a file was taken for a folder")
	}
	if _, err := New(filepath.Join(dir, "new"), "nothing"); !errors.Is(err, ErrTemplate) {
		t.Errorf("a template that is not there: %v", err)
	}
	if _, err := New(t.TempDir(), DefaultTemplate); err != nil {
		t.Errorf("an empty folder: %v", err)
	}
}

func TestPackageName(t *testing.T) {
	for folder, want := range map[string]string{
		"counter": "counter", "My Thing": "my-thing", "..x": "x", "_": "project", "Ü": "project", "a.b_c-1": "a.b_c-1",
		strings.Repeat("x", 200): strings.Repeat("x", 100), "/": "project",
	} {
		if got := packageName(folder); got != want {
			t.Errorf("packageName(%.20q) = %q, want %q", folder, got, want)
		}
	}
}

// TestPlace: a place in a program is found in its source, in bytes, whatever
// stands before it on its line.
func TestPlace(t *testing.T) {
	source := "const one = 1\nexports.main = () => { /* é😀 */ throw new Error('no') }\n"
	p := opened(t, map[string]string{"main.js": source})
	b, err := bundle.Build(bundle.Options{Path: p.Dir})
	if err != nil {
		t.Fatal(err)
	}
	main := b.Bundle.Modules[0].Program
	line, column := 0, 0
	for i, text := range strings.Split(main.Text(), "\n") {
		if at := strings.Index(text, "throw"); at >= 0 {
			line, column = i+1, at+1
		}
	}
	at, ok := p.Place(b.Map, p.Dir, main, line, column)
	text := strings.Split(source, "\n")[1]
	if want := (Place{"main.js", 2, strings.Index(text, "throw") + 1, text}); !ok || at != want {
		t.Errorf("got %+v, want %+v", at, want)
	}
	for _, bad := range []int{0, -1, 1000} {
		if at, ok := p.Place(b.Map, p.Dir, main, bad, 1); ok {
			t.Errorf("line %d is at %+v", bad, at)
		}
	}
	other, err := chains.NewProgram([]byte("x"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if at, ok := p.Place(b.Map, p.Dir, other, 1, 1); ok {
		t.Errorf("another program's place is %+v", at)
	}
}

func TestColumns(t *testing.T) {
	const line = "aé😀b"
	for _, row := range []struct{ bytes, units int }{{0, 0}, {1, 1}, {2, 2}, {4, 3}, {8, 5}, {9, 6}} {
		if got := units(line, row.bytes); got != row.units {
			t.Errorf("units(%d) = %d, want %d", row.bytes, got, row.units)
		}
		if got := bytesTo(line, row.units); got != row.bytes {
			t.Errorf("bytesTo(%d) = %d, want %d", row.units, got, row.bytes)
		}
	}
	if got := bytesTo("", 7); got != 7 {
		t.Errorf("a line that is not known: %d", got)
	}
}

func TestExplain(t *testing.T) {
	for _, row := range []struct {
		f    fault.Error
		want string
	}{
		{fault.Error{Code: fault.ProgramError, Name: "TypeError", Message: "no"}, "TypeError: no"},
		{fault.Error{Code: fault.ProgramError, Name: "Error", Message: "no"}, "no"},
		{fault.Error{Code: fault.OutOfFuel, Message: "too much"}, "too much"},
		{fault.Error{Code: fault.MissingPrograms, Message: "lacking", Missing: []string{"a", "b"}}, "lacking: a, b"},
		{fault.Error{Code: fault.Internal, Message: "hidden", Cause: errors.New("the disk")}, "the disk"},
		{
			fault.Error{Code: fault.Internal, Message: "hidden", Cause: &runtime.Failure{Name: "RangeError", Message: "x"}},
			"root-power.js fails: RangeError: x",
		},
		{fault.Error{Code: fault.Internal, Message: "said"}, "said"},
	} {
		if got := Explain(&row.f); got != row.want {
			t.Errorf("%+v: %q, want %q", row.f, got, row.want)
		}
	}
}
