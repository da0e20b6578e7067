package bundle_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"qvat/chains"
	"qvat/chains/chaintest"
	"qvat/host"
	"qvat/host/fault"
	"qvat/runtime/runtimetest"
	"qvat/tools/bundle"
)

// shared is the vat of all tests here that run bundles: making an engine takes
// longer than most of them.
var shared struct {
	once sync.Once
	dir  string
	vat  *host.Vat
	err  error
}

func TestMain(m *testing.M) { os.Exit(withShared(m)) }

func withShared(m *testing.M) int {
	code := runtimetest.Main(m)
	if shared.vat != nil {
		if err := shared.vat.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "closing the vat:", err)
			code = 1
		}
	}
	if shared.dir != "" {
		_ = os.RemoveAll(shared.dir) // it is in the folder for what may go
	}
	return code
}

// theVat gives the shared vat.
func theVat(t testing.TB) *host.Vat {
	t.Helper()
	shared.once.Do(func() { shared.vat, shared.err = openShared() })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.vat
}

func openShared() (*host.Vat, error) {
	dir, err := os.MkdirTemp("", "qvat-bundle-test-")
	if err != nil {
		return nil, err
	}
	shared.dir = dir
	dir = filepath.Join(dir, "vat")
	if err := host.Init(dir, host.InitOptions{Listen: "127.0.0.1:0"}); err != nil {
		return nil, err
	}
	text := "root_key = \"" + chaintest.Public("root").String() + "\"\nsandbox = false\ncache = \"" + runtimetest.Folder() + "\"\n[limits]\nfuel = 1000000000\ntime = \"1h\"\n"
	if err := os.WriteFile(filepath.Join(dir, "qvat.toml"), []byte(text), 0o600); err != nil {
		return nil, err
	}
	return host.Open(context.Background(), host.Options{Dir: dir})
}

// sources are files by their names; a text "-> TARGET" is a link to there.
type sources map[string]string

// project writes files into a new folder, with a package.json where there is
// none, so that nothing above the folder counts.
func project(t testing.TB, files sources) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "project")
	put(t, dir, sources{"package.json": "{}"})
	put(t, dir, files)
	return dir
}

// put writes files into a folder.
func put(t testing.TB, dir string, files sources) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		var err error
		if target, link := strings.CutPrefix(text, "-> "); link {
			err = os.Symlink(target, path)
		} else {
			err = os.WriteFile(path, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// build bundles a folder that must be in order, and checks what every bundle
// must be.
func build(t testing.TB, o bundle.Options) *bundle.Bundled {
	t.Helper()
	b, err := bundle.Build(o)
	if err != nil {
		t.Fatalf("\n%v", err)
	}
	text, side, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chains.DecodeBundle(text, chains.Limits{}); err != nil {
		t.Fatal(err)
	}
	if _, err := bundle.DecodeMap(side); err != nil {
		t.Fatal(err)
	}
	return b
}

// evaluate bundles files and gives what their main answers in a vat, as JSON.
func evaluate(t testing.TB, files sources) string {
	t.Helper()
	return answer(t, build(t, bundle.Options{Path: project(t, files)}))
}

// answer is what a bundle's main answers in a vat, as JSON.
func answer(t testing.TB, b *bundle.Bundled) string {
	t.Helper()
	result, err := invoke(theVat(t), b.Bundle)
	if err != nil {
		t.Fatalf("%v\n%s", err, texts(b))
	}
	return string(result)
}

// texts shows all programs of a bundle.
func texts(b *bundle.Bundled) string {
	var s strings.Builder
	for _, m := range b.Bundle.Modules {
		fmt.Fprintf(&s, "==== %s %s\n%s\n", m.Name, m.Program.Hash(), m.Program.Text())
	}
	return s.String()
}

// textOf is the program of that name.
func textOf(t testing.TB, b *bundle.Bundled, name string) string {
	t.Helper()
	for _, m := range b.Bundle.Modules {
		if m.Name == name {
			return m.Program.Text()
		}
	}
	t.Fatalf("there is no %s in\n%s", name, texts(b))
	return ""
}

// thrown is the fault of a bundle whose main throws.
func thrown(t testing.TB, b *bundle.Bundled) *fault.Error {
	t.Helper()
	result, err := invoke(theVat(t), b.Bundle)
	var f *fault.Error
	if !errors.As(err, &f) {
		t.Fatalf("it gave %s, %v\n%s", result, err, texts(b))
	}
	return f
}

// hashes are the programs of a bundle by their names.
func hashes(b *bundle.Bundled) map[string]chains.Hash {
	all := map[string]chains.Hash{}
	for _, m := range b.Modules {
		all[m.Name] = m.Hash
	}
	return all
}

// problems are the mistakes of a folder that must have some.
func problems(t testing.TB, o bundle.Options) []bundle.Problem {
	t.Helper()
	b, err := bundle.Build(o)
	var wrong *bundle.Problems
	if !errors.As(err, &wrong) {
		if b != nil {
			t.Fatalf("no problem was found:\n%s", texts(b))
		}
		t.Fatalf("it gave no problems, but %v", err)
	}
	if len(wrong.List) == 0 || wrong.Error() == "" {
		t.Fatalf("problems that say nothing: %#v", wrong)
	}
	return wrong.List
}

func mustJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func replace(s, old, now string) string { return strings.ReplaceAll(s, old, now) }
