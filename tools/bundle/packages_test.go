package bundle_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qvat/chains"
	"qvat/chains/chaintest"
	"qvat/host"
	"qvat/tools/bundle"
)

const packages = "testdata/packages"

// use is programs/NAME.json: how a package is used, and what comes of it.
type use struct {
	How    string                     `json:"how"`
	Why    string                     `json:"why"`
	Shims  map[string]json.RawMessage `json:"shims"`
	Result json.RawMessage            `json:"result"`
}

// TestPackages bundles each of the packages of docs/PACKAGES.md and uses it in
// a vat.
func TestPackages(t *testing.T) {
	if _, err := os.Stat(filepath.Join(packages, "made", "ajv.js")); err != nil {
		t.Fatal("the packages are not there: run 'just setup'")
	}
	files, err := filepath.Glob(filepath.Join(packages, "programs", "*.json"))
	if err != nil || len(files) < 20 {
		t.Fatalf("there are %d programs, %v", len(files), err)
	}
	v := openVat(t)
	run := 0
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			u := readUse(t, file)
			b := bundleUse(t, strings.TrimSuffix(file, ".json"), u)
			result, err := invoke(v, b.Bundle)
			if u.How == "cannot" {
				if err == nil {
					t.Fatalf("it runs, though it cannot: %s", result)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !sameJSON(t, result, u.Result) {
				t.Errorf("got  %s\nwant %s", result, u.Result)
			}
			run++
		})
	}
	if run < 20 {
		t.Errorf("only %d programs ran", run)
	}
}

func readUse(t *testing.T, file string) use {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var u use
	if err := json.Unmarshal(text, &u); err != nil {
		t.Fatal(err)
	}
	return u
}

func bundleUse(t *testing.T, path string, u use) *bundle.Bundled {
	t.Helper()
	o := bundle.Options{Shims: map[string]string{}}
	for _, ext := range []string{".js", ".mjs", ".ts"} {
		if _, err := os.Stat(path + ext); err == nil {
			o.Path = path + ext
		}
	}
	for name, raw := range u.Shims {
		module := ""
		if string(raw) != "false" {
			if err := json.Unmarshal(raw, &module); err != nil {
				t.Fatal(err)
			}
		}
		o.Shims[name] = module
	}
	b, err := bundle.Build(o)
	if err != nil {
		t.Fatalf("\n%v", err)
	}
	return b
}

// openVat opens a vat that gives large packages what they need.
func openVat(t *testing.T) *host.Vat {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "vat")
	if err := host.Init(dir, host.InitOptions{Listen: "127.0.0.1:0"}); err != nil {
		t.Fatal(err)
	}
	text := "root_key = \"" + chaintest.Public("root").String() + "\"\nsandbox = false\n[limits]\nfuel = 1000000000\ntime = \"60s\"\n"
	if err := os.WriteFile(filepath.Join(dir, "qvat.toml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	v, err := host.Open(context.Background(), host.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

// invoke sends a bundle as a chain of one link, by the root key.
func invoke(v *host.Vat, b chains.Bundle) (json.RawMessage, error) {
	s, err := chains.Sign(chaintest.Key("root"), chains.Plain, chains.PublicKey{}, nil, b.Main)
	if err != nil {
		return nil, err
	}
	c := chains.Capsule{Chain: chains.Chain{Links: []chains.Link{{Program: b.Main, Signatures: []chains.Signature{s}}}}}
	for _, m := range b.Modules {
		c.Programs = append(c.Programs, m.Program)
	}
	answer, err := v.Invoke(context.Background(), "test", c)
	if err != nil {
		return nil, err
	}
	if answer.Result == nil {
		return nil, errors.New("there is no result")
	}
	return answer.Result, nil
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if err := errors.Join(json.Unmarshal(a, &x), json.Unmarshal(b, &y)); err != nil {
		t.Fatal(err)
	}
	one, err1 := json.Marshal(x)
	two, err2 := json.Marshal(y)
	return err1 == nil && err2 == nil && string(one) == string(two)
}

// TestPackagesTable holds docs/PACKAGES.md against the programs.
func TestPackagesTable(t *testing.T) {
	doc, err := os.ReadFile("../../docs/PACKAGES.md")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(packages, "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Dependencies map[string]string `json:"dependencies"`
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	for line := range strings.Lines(string(doc)) {
		if cells := strings.Split(line, " | "); len(cells) == 5 && strings.HasPrefix(line, "| ") {
			rows[strings.TrimPrefix(cells[0], "| ")] = cells
		}
	}
	files, err := filepath.Glob(filepath.Join(packages, "programs", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		u, row := readUse(t, file), rows[name]
		if row == nil {
			t.Errorf("%s has no row", name)
			continue
		}
		if how, _, _ := strings.Cut(row[2], ":"); how != u.How {
			t.Errorf("%s: the table says %q, its program %q", name, how, u.How)
		}
		for _, said := range strings.Split(row[1], ", ") {
			if pkg, version, _ := strings.Cut(said, " "); manifest.Dependencies[pkg] != version {
				t.Errorf("%s: the table says %s, package.json %s", name, said, manifest.Dependencies[pkg])
			}
		}
	}
}
