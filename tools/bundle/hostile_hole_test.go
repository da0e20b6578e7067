//go:build unix

package bundle_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"qvat/tools/bundle"
)

// A package may import any file of the author's machine, whatever its name: it
// becomes a program, which is signed and sent.
func TestHoleFilesOutsideOfTheProject(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "root.key")
	if err := os.WriteFile(secret, []byte("PRIVATE"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, with := range []string{"text", "json"} {
		if with == "json" {
			secret = strings.TrimSuffix(secret, ".key") + ".json"
			if err := os.WriteFile(secret, []byte(`"PRIVATE"`), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		dir := project(t, sources{
			"package.json": "{}", "main.js": "exports.main = () => require('evil')",
			"node_modules/evil/package.json": `{"main":"index.mjs"}`,
			"node_modules/evil/index.mjs":    "export { default } from '" + secret + "' with { type: '" + with + "' }",
		})
		b, err := bundle.Build(bundle.Options{Path: dir})
		if err != nil {
			continue // refused: no hole
		}
		for _, m := range b.Bundle.Modules {
			if strings.Contains(m.Program.Text(), "PRIVATE") {
				t.Errorf("as %s: a program holds a file from outside of the project: %s", with, m.Name)
			}
		}
	}
}

// A comment names a file that esbuild reads whole, whatever it is: /dev/zero
// takes all memory, a FIFO never ends.
func TestHoleSourceMapOfAPackage(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	dir := project(t, sources{
		"package.json": "{}", "main.mjs": "import x from 'evil'; export const main = () => x",
		"node_modules/evil/index.mjs":    "export default 1\n//# sourceMappingURL=" + fifo + "\n",
		"node_modules/evil/package.json": `{"main":"index.mjs"}`,
	})
	// Where it waits for the file, this does not end.
	_, _ = bundle.Build(bundle.Options{Path: dir})
}

// What tsup and esbuild make of TypeScript holds __toESM(require("x"), 1) of its
// own. It is the author's text, and is changed as if esbuild had written it now.
func TestHoleAuthorsOwnToESM(t *testing.T) {
	const line = `var import_lib = __toESM(require("lib"), 1);`
	dir := project(t, sources{
		"package.json": "{}", "main.js": "exports.main = () => require('made')",
		"node_modules/lib/package.json": `{"main":"index.cjs","module":"index.mjs"}`,
		"node_modules/lib/index.cjs":    "exports.map = () => 'ok'", "node_modules/lib/index.mjs": "export const map = () => 'ok'",
		"node_modules/made/index.js": "var __toESM = (m, node) => node || !m.__esModule ? { __proto__: m, default: m } : m;\n" + line + "\nmodule.exports = import_lib.default.map()\n",
	})
	b, err := bundle.Build(bundle.Options{Path: dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range b.Bundle.Modules {
		if m.Name == "made/index.js" && !strings.Contains(m.Program.Text(), "\"), 1);") {
			t.Errorf("the author's text is changed, and import_lib.default is undefined then:\n%s", m.Program.Text())
		}
	}
}

// A package that ships a source map loses the places of its errors: its sources
// are none of the files that were bundled.
func TestHolePlacesOfAPackageWithAMap(t *testing.T) {
	dir := project(t, sources{
		"package.json": "{}", "main.mjs": "import { f } from 'p'; export const main = () => f()",
		"node_modules/p/package.json":  `{"main":"index.mjs"}`,
		"node_modules/p/index.mjs":     "export const f = () => { throw new Error('x') }\n//# sourceMappingURL=index.mjs.map\n",
		"node_modules/p/index.mjs.map": `{"version":3,"sources":["src/index.ts"],"names":[],"mappings":"AAAA"}`,
	})
	b, err := bundle.Build(bundle.Options{Path: dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range b.Bundle.Modules {
		if m.Name != "p/index.mjs" {
			continue
		}
		for i, line := range strings.Split(m.Program.Text(), "\n") {
			if at := strings.Index(line, "throw"); at >= 0 {
				if p, ok := b.Map.Position(m.Program.Hash(), i+1, at+1); !ok || p.File == "" {
					t.Errorf("line %d has no place in the sources: %v", i+1, p)
				}
			}
		}
	}
}
