//go:build unix

package bundle_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"qvat/tools/bundle"
)

// TestSpecialFiles: what is no ordinary file is not waited for.
func TestSpecialFiles(t *testing.T) {
	dir := project(t, sources{
		"main.js": "require('./zero'); require('./pipe'); require('./self'); require('./folder.js'); require('./loop/x'); require('./a\\\\b'); require('linked')",
		"zero.js": "-> /dev/zero", "self.js": "-> self.js", "folder.js/x": "", "loop": "-> loop", "a\\b.js": "", "node_modules/linked": "-> ../node_modules/linked",
	})
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.js"), 0o600); err != nil {
		t.Fatal(err)
	}
	list := problems(t, bundle.Options{Path: dir})
	for _, want := range []string{
		"main.js:1:9: zero is not an ordinary file", "main.js:1:28: pipe.js is not an ordinary file", `main.js:1:47: could not resolve "./self"`, `main.js:1:66: could not resolve "./folder.js"`,
		`main.js:1:90: could not resolve "./loop/x"`, `main.js:1:111: a\b.js: a file's name holds no backslash`, `main.js:1:130: there is no package "linked"`,
	} {
		if all := (&bundle.Problems{List: list}).Error(); !strings.Contains(all, want) {
			t.Errorf("it does not say %s:\n%s", want, all)
		}
	}
}

// TestUnreadableMain: a main that is none is an error at once.
func TestUnreadableMain(t *testing.T) {
	dir := project(t, sources{"loop/main.js": "-> main.js", "folder/main.js/x": "", "css/x.css": "", "nul/main.mjs": "const \x00 = 1", "json/package.json": "[", "deep/package.json": `{"x":` + strings.Repeat("[", 100_000), "deep/main.js": ""})
	for path, want := range map[string]string{
		"loop": "no main module", "folder": "no main module", "folder/main.js": "no main module", "nobody": "no such file", "css/x.css": "css", "nul": "main.mjs:1:7", "json": "package.json", "deep": "max depth", "../../dev/null/x": "",
	} {
		if _, err := bundle.Build(bundle.Options{Path: filepath.Join(dir, path)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := bundle.Build(bundle.Options{Path: "/dev/zero"}); err == nil || !strings.Contains(err.Error(), "not an ordinary file") {
		t.Error(err)
	}
}

// TestStrangeManifests: the package.json of a package may be anything.
func TestStrangeManifests(t *testing.T) {
	for manifest, works := range map[string]bool{
		"[]": true, `"x"`: true, "5": true, "null": true, "{": false, "": false, `{"main":5}`: true, `{"main":["a"],"module":{}}`: true, `{"exports":5}`: false, `{"exports":{"./x":"./y"}}`: false, `{"browser":5}`: true, `{"browser":["fs"]}`: true,
		`{"type":[],"imports":5,"sideEffects":3,"name":{}}`: true, `{"x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "}": true, `{"main":"nobody.js"}`: true, `{"main":"../p"}`: true, `{"browser":{"fs":false,"fs":true}}`: true, "\ufeff{}": true,
	} {
		dir := project(t, sources{"main.js": "exports.main = () => require('p')", "node_modules/p/package.json": manifest, "node_modules/p/index.js": "module.exports = 1"})
		b, err := bundle.Build(bundle.Options{Path: dir})
		if (err == nil) != works {
			t.Errorf("%.40s: %v", manifest, err)
		}
		if err == nil && answer(t, b) != "1" {
			t.Errorf("%.40s: another answer", manifest)
		}
	}
}

// TestForeignFiles: no package puts a file of its user's into a bundle.
func TestForeignFiles(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret.json")
	if err := os.WriteFile(secret, []byte(`"SECRET"`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, files := range map[string]sources{
		"absolute":        {"node_modules/p/index.js": "module.exports = require(" + mustJSON(t, secret) + ")"},
		"as text":         {"node_modules/p/index.mjs": "export { default } from " + mustJSON(t, secret) + " with { type: 'text' }", "node_modules/p/package.json": `{"module":"index.mjs"}`},
		"of the project":  {"node_modules/p/index.js": "module.exports = require('../../secret.json')", "secret.json": `"SECRET"`},
		"of another":      {"node_modules/p/index.js": "module.exports = require('../q/secret.json')", "node_modules/q/secret.json": `"SECRET"`},
		"as main":         {"node_modules/p/package.json": `{"main":"../../secret.json"}`, "secret.json": `"SECRET"`},
		"as module":       {"node_modules/p/package.json": `{"module":"../../../secret.json"}`, "../secret.json": `"SECRET"`},
		"by a link":       {"node_modules/p/index.js": "module.exports = require('./x.json')", "node_modules/p/x.json": "-> " + secret},
		"by another main": {"node_modules/p/index.js": "module.exports = require('q')", "node_modules/p/node_modules/q/package.json": `{"main":"../../../../secret.json"}`, "secret.json": `"SECRET"`},
	} {
		files["main.js"] = "exports.main = () => require('p')"
		b, err := bundle.Build(bundle.Options{Path: project(t, files)})
		if err == nil || !strings.Contains(err.Error(), "a package takes in a file that is not its own") {
			t.Errorf("%s: %v", name, err)
		}
		if b != nil && strings.Contains(texts(b), "SECRET") {
			t.Errorf("%s: it is sent", name)
		}
	}
}

// TestTextsThatLookMade: what an author wrote stays, though it looks like what
// is put into texts here and by esbuild.
func TestTextsThatLookMade(t *testing.T) {
	lines := []string{
		"// main.mjs", "// lib/deep/a.mjs", "// a.mjs", "// the shim of process", "// global:process", "// modules that import each other", "// circle:0", "// member:lib/b.cjs.cjs", "// sample:helpers",
		`var import_b = __toESM(require("./b.mjs"), 1);`, `__toESM(require_b(), 1)`, `var require_a = __commonJS({`, `  "a.mjs"(exports, module) {`, `  "lib/deep/a.mjs"() {`, `var __toESM = (x) => x;`, `var { __export } = require("x");`, "module.exports = __toCommonJS(main_exports);",
		"//# sourceMappingURL=a.map", "#!/usr/bin/env node", "/*! legal */", "__qvat_free_7c1f0e__process", "<define:LIMITS>",
	}
	quoted := "`\n" + strings.NewReplacer("`", "\\`", "$", "\\$").Replace(strings.Join(lines, "\n")) + "\n`"
	want := replace(replace(mustJSON(t, "\n"+strings.Join(lines, "\n")+"\n"), `\u003c`, "<"), `\u003e`, ">")
	object := "{ \"a.mjs\"() { return 1 }, \"lib/deep/a.mjs\"() { return 2 }, \"lib/deep/b.mjs\"() { return 3 } }"
	for name, files := range map[string]sources{
		"one":                     {"lib/deep/a.mjs": "export const text = " + quoted + "; export const o = " + object + "; export function late() { return " + quoted + " }"},
		"CommonJS":                {"lib/deep/a.mjs": "export { text, o, late } from './c.cjs'", "lib/deep/c.cjs": "exports.text = " + quoted + "; exports.o = " + object + "; exports.late = () => exports.text; global"},
		"a circle":                {"lib/deep/a.mjs": "import { b } from './b.mjs'; export const text = " + quoted + "; export const o = " + object + "; export function late() { b; return " + quoted + " }", "lib/deep/b.mjs": "import * as a from './a.mjs'; export const b = () => a.text"},
		"a circle by two entries": {"lib/deep/a.mjs": "import { b } from './b.mjs'; export const text = " + quoted + "; export const o = " + object + "; export function late() { b; return " + quoted + " }", "lib/deep/b.mjs": "import * as a from './a.mjs'; export const b = () => a.text", "x.mjs": "export { b } from './lib/deep/b.mjs'"},
		"with a shim":             {"package.json": `{"qvat":{"shims":{"process":"./p.js"},"define":{"LIMITS":{"a":1}}}}`, "p.js": "exports.x = 1", "lib/deep/a.mjs": "export const text = " + quoted + ", p = process.x + LIMITS.a; export const o = " + object + "; export function late() { return text }"},
	} {
		main := "import { text, o, late } from './lib/deep/a.mjs'; export const main = () => [text, late(), o['a.mjs']() + o['lib/deep/a.mjs']() + o['lib/deep/b.mjs']()]"
		if name == "a circle by two entries" {
			main = "import { b } from './x.mjs'; " + main + "; export const c = b"
		}
		files["main.mjs"] = main
		b := build(t, bundle.Options{Path: project(t, files)})
		if got, want := answer(t, b), "["+want+","+want+",6]"; got != want {
			t.Errorf("%s: got\n%s\nwant\n%s\n%s", name, got, want, texts(b))
		}
	}
}

// TestOwnHelpers: a module that was made by such a tool before keeps its own
// helpers, and the sense of its calls.
func TestOwnHelpers(t *testing.T) {
	files := sources{
		"main.mjs":                      "import made from 'made'; import lib, { map } from 'lib'; const __toESM = 'own'; export const main = () => [made, lib, map, __toESM]",
		"node_modules/lib/package.json": `{"main":"index.cjs","module":"index.mjs"}`, "node_modules/lib/index.cjs": "exports.map = 'cjs'", "node_modules/lib/index.mjs": "export const map = 'es'; export default 'default'",
		"node_modules/made/index.js": "var __toESM = (m, node) => node || !m.__esModule ? { __proto__: m, default: m } : m;\nvar import_lib = __toESM(require('lib'), 1);\nmodule.exports = import_lib.default.map\n",
	}
	want := `["es","default","es","own"]`
	if got := evaluate(t, files); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	files["node_modules/made/index.js"] += "global.x" // printed again
	if got := evaluate(t, files); got != want {
		t.Errorf("printed again: got %s, want %s", got, want)
	}
}

// TestSourceMapsOfOthers: what a file says of its own source map is not looked
// at: a place is one in the file that is at hand.
func TestSourceMapsOfOthers(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	inline := "data:application/json,{\"version\":3,\"sources\":[\"src/nobody.ts\"],\"names\":[],\"mappings\":\"AAAA;;;AAgBA\"}"
	for _, url := range []string{pipe, "index.mjs.map", "/dev/zero", inline, "data:application/json;base64,e30="} {
		b := build(t, bundle.Options{Path: project(t, sources{
			"main.mjs": "import { f } from 'p'; export const main = () => f()", "node_modules/p/package.json": `{"module":"index.mjs"}`, "node_modules/p/index.mjs.map": `{"version":3,"sources":["src/index.ts"],"names":[],"mappings":"AAAA"}`,
			"node_modules/p/index.mjs": "import './b.mjs'\n\nexport const f = () => {\n  throw new Error('here')\n}\nexport const g = () => setTimeout\n//# sourceMappingURL=" + url, "node_modules/p/b.mjs": "",
		})})
		f := thrown(t, b)
		for _, m := range b.Modules {
			if p, ok := b.Map.Position(m.Hash, f.Line, f.Column); m.Hash.String() == f.Program && (!ok || p.File != "p/index.mjs" || p.Line != 4) {
				t.Errorf("%s: it is at %v", url, p)
			}
		}
		if len(b.Warnings) != 1 || b.Warnings[0].Line != 6 || b.Warnings[0].Column != 24 {
			t.Errorf("%s: the warnings are %+v", url, b.Warnings)
		}
	}
}

// TestLarge: many modules, long chains and large circles, in reasonable time.
func TestLarge(t *testing.T) {
	chain := sources{"main.mjs": "import { x } from './m0.mjs'; export const main = () => x", "m1000.mjs": "export const x = 1"}
	for i := range 1000 {
		chain[fmt.Sprintf("m%d.mjs", i)] = fmt.Sprintf("import { x as y } from './m%d.mjs'; export const x = 1 + y", i+1)
	}
	circle := sources{"main.js": "exports.main = () => require('./m0').x(20) + require('./m250').x(20)"}
	for i := range 500 {
		circle[fmt.Sprintf("m%d.js", i)] = fmt.Sprintf("const n = require('./m%d'); exports.x = k => k === 0 ? %d : n.x(k - 1)", (i+1)%500, i)
	}
	wide, main := sources{"z.mjs": "export const z = 1"}, ""
	for i := range 3000 {
		wide[fmt.Sprintf("d%d/m%d.mjs", i%30, i)] = fmt.Sprintf("import { z } from '../z.mjs'; export const x%d = z + %d", i, i)
		main += fmt.Sprintf("export * from './d%d/m%d.mjs'\n", i%30, i)
	}
	wide["main.mjs"] = main + "import { x2999 } from './d29/m2999.mjs'; export const main = () => x2999"
	if b := build(t, bundle.Options{Path: project(t, chain)}); len(b.Modules) != 1002 {
		t.Errorf("the chain is %d programs", len(b.Modules))
	}
	// So many requires within each other are deeper than a vat goes; as one
	// program they are not.
	chain["package.json"] = `{"qvat":{"merge":["*"]}}`
	if got := evaluate(t, chain); got != "1001" {
		t.Errorf("the chain as one program gives %s", got)
	}
	if got := evaluate(t, circle); got != "290" {
		t.Errorf("the circle gives %s", got)
	}
	if got := evaluate(t, wide); got != "3000" {
		t.Errorf("3,000 modules give %s", got)
	}
}

// TestLargeFiles: a file of 5 MB is too large for a program, whatever is in it,
// and what is wrong in it is told in reasonable time.
func TestLargeFiles(t *testing.T) {
	const size = 5 << 20
	for name, text := range map[string]string{
		"a string": "exports.x = '" + strings.Repeat("x", size) + "'", "a comment": "exports.x = 1 // " + strings.Repeat("x", size), "statements": strings.Repeat("f();", size/4), "lines": strings.Repeat("f()\n", size/4),
	} {
		list := problems(t, bundle.Options{Path: project(t, sources{"main.js": text})})
		if len(list) != 1 || !strings.Contains(list[0].Text, "its program would have ") || !strings.Contains(list[0].Hint, "--max-bytes") {
			t.Errorf("%s: %v", name, &bundle.Problems{List: list})
		}
	}
	list := problems(t, bundle.Options{Path: project(t, sources{"main.js": strings.Repeat("f(process);", size/11) + "Buffer"})})
	last := list[len(list)-1]
	if len(list) != 101 || list[0].Column != 3 || list[99].Column != 3+99*11 || last.Global != "Buffer" || last.Column != size/11*11+1 {
		t.Errorf("there are %d problems, and the last is %s at %d", len(list), last.Global, last.Column)
	}
}

// TestLongNames: a module's name is cut to what a bundle takes.
func TestLongNames(t *testing.T) {
	folder := strings.Repeat(strings.Repeat("é", 100)+"/", 5)
	b := build(t, bundle.Options{Path: project(t, sources{"main.js": "exports.main = () => require('./" + folder + "x').x", folder + "x.js": "exports.x = 1"})})
	if got := answer(t, b); got != "1" {
		t.Error(got)
	}
	for _, m := range b.Modules {
		if m.Name != "main.js" && !strings.HasSuffix(m.Name, "é/x.js") {
			t.Errorf("it is called %s", m.Name)
		}
	}
}
