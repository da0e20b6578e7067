package bundle_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"qvat/chains"
	"qvat/tools/bundle"
)

// shareable are packages as they lie under a node_modules.
func shareable() sources {
	return sources{
		"node_modules/one/package.json": `{"name":"one","version":"1.0.0","main":"lib/index.js"}`,
		"node_modules/one/lib/index.js": "/*! Copyright */ exports.one = () => require('./deep').x + require('two').two()",
		"node_modules/one/lib/deep.js":  "exports.x = 1",
		"node_modules/two/package.json": `{"module":"index.mjs","type":"module"}`,
		"node_modules/two/index.mjs":    "import json from './data.json'; import { a } from './a.mjs'; export { b } from './b.mjs'; export const two = () => json.n + a()",
		"node_modules/two/a.mjs":        "import { b } from './b.mjs'; export const a = () => b.n", "node_modules/two/b.mjs": "import { a } from './a.mjs'; export const b = { n: 5, a: () => a }",
		"node_modules/two/data.json":  `{"n": 2}`,
		"node_modules/@s/ts/index.ts": "enum E { A = 7 } export default class { x = E.A }",
	}
}

// TestShared: a module is one program, in whatever project and wherever its
// package lies.
func TestShared(t *testing.T) {
	const main = "import { one } from 'one'; import { b } from 'two'; import T from '@s/ts'; export const main = () => [one(), b.n, new T().x, %d]"
	places := []struct{ name, from, to string }{
		{"in the project", "", ""},
		{"beside a deeper main", "", ""},
		{"above the project", "node_modules", "../node_modules"},
		{"far above", "node_modules", "../../node_modules"},
		{"in a folder of the project", "node_modules", "packages/app/node_modules"},
		{"with more beside them", "", ""},
		{"with other settings", "", ""},
		{"linked", "node_modules/", "../store/deep/"},
	}
	programs := map[string]chains.Hash{}
	for i, place := range places {
		files := sources{"main.mjs": fmt.Sprintf(main, i)}
		for name, text := range shareable() {
			files[place.to+name[len(place.from):]] = text
		}
		switch place.name {
		case "beside a deeper main":
			files["src/deep/x.mjs"] = files["main.mjs"]
			files["main.mjs"] = "export * from './src/deep/x.mjs'"
		case "in a folder of the project":
			files["packages/app/x.mjs"] = files["main.mjs"]
			files["main.mjs"] = "export * from './packages/app/x.mjs'"
		case "with more beside them":
			for n := range 70 { // more than one run of esbuild
				files[fmt.Sprintf("m%d.mjs", n)] = fmt.Sprintf("import './m%d.mjs'; export const x = %d", n+1, n)
			}
			files["m70.mjs"] = "export const x = 1"
			files["main.mjs"] = "import './m0.mjs'; import './y.mjs'; import './z.mjs'; " + files["main.mjs"]
			files["y.mjs"], files["z.mjs"] = "import './z.mjs'", "import './y.mjs'"
		case "with other settings":
			files["package.json"] = `{"type":"commonjs","qvat":{"shims":{"fs":false,"process":"./p.js"},"define":{"X":1,"Y":{"a":[]}}}}`
			files["tsconfig.json"] = `{"compilerOptions":{"useDefineForClassFields":false,"target":"es2015","alwaysStrict":false}}`
			files["p.js"] = ""
		case "linked":
			files["node_modules/one"], files["node_modules/two"], files["node_modules/@s"] = "-> ../../store/deep/one", "-> ../../store/deep/two", "-> ../../store/deep/@s"
			files["../store/deep/one/node_modules/two"] = "-> ../../two"
		}
		dir := filepath.Join(t.TempDir(), "a", "b", "project")
		put(t, dir, sources{"../../package.json": "{}"})
		if _, ok := files["package.json"]; !ok {
			files["package.json"] = "{}"
		}
		put(t, dir, files)
		b := build(t, bundle.Options{Path: dir})
		if got, want := answer(t, b), fmt.Sprintf("[8,5,7,%d]", i); got != want {
			t.Errorf("%s: got %s, want %s", place.name, got, want)
		}
		seen := 0
		for _, m := range b.Modules {
			for _, name := range []string{"one/lib/index.js", "one/lib/deep.js", "two/index.mjs", "two/data.json", "@s/ts/index.ts", "two/a.mjs + two/b.mjs", "esbuild's helpers"} {
				if trimPlace(m.Name) != name {
					continue
				}
				seen++
				if was, ok := programs[name]; ok && was != m.Hash {
					t.Errorf("%s: %s is another program:\n%s", place.name, name, textOf(t, b, m.Name))
				}
				programs[name] = m.Hash
			}
		}
		if seen != 7 {
			t.Errorf("%s: %d of 7 are programs of their own: %q", place.name, seen, hashes(b))
		}
	}
}

// trimPlace takes off a name where its package lies, if that is no node_modules.
func trimPlace(name string) string { return replace(name, "../store/deep/", "") }

// TestStoredOnce: a vat that has a module from one bundle asks for it no more.
func TestStoredOnce(t *testing.T) {
	v := theVat(t)
	shared := shareable()
	lacking := 0
	for i := range 10 {
		files := sources{"main.mjs": fmt.Sprintf("import { one } from 'one'; export const main = () => ['stored once', one(), %d]", i)}
		for name, text := range shared {
			// Texts that no other test has sent.
			files[name] = replace(text, "exports.x = 1", "exports.x = 'stored once'")
		}
		files["node_modules/two/data.json"] = `{"n": "stored once"}`
		b := build(t, bundle.Options{Path: project(t, files)})
		var all []chains.Hash
		for _, m := range b.Modules {
			all = append(all, m.Hash)
		}
		missing, err := v.Missing(context.Background(), "test", all)
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 && (len(missing) != 1 || missing[0] != b.Bundle.Main) {
			t.Errorf("of bundle %d the vat lacks %v, and not main alone", i, missing)
		}
		lacking += len(missing)
		// What the vat has need not be sent.
		sent := b.Bundle
		sent.Modules = nil
		for _, m := range b.Bundle.Modules {
			for _, h := range missing {
				if m.Program.Hash() == h {
					sent.Modules = append(sent.Modules, m)
				}
			}
		}
		if _, err := invoke(v, sent); err != nil {
			t.Fatal(err)
		}
	}
	if lacking < 10+4 {
		t.Errorf("the vat lacked %d programs in all: less than ten mains and their modules", lacking)
	}
}

// TestEqualTexts: two files of one text that lead to the same are one program,
// and share its state as one module does.
func TestEqualTexts(t *testing.T) {
	counter := "let n = 0; exports.next = () => ++n"
	b := build(t, bundle.Options{Path: project(t, sources{
		"main.js": "exports.main = () => [require('./a/counter').next(), require('./b/counter').next()]", "a/counter.js": counter, "b/counter.js": counter,
	})})
	if len(b.Modules) != 2 {
		t.Errorf("there are %d programs", len(b.Modules))
	}
	if got := answer(t, b); got != "[1,2]" {
		t.Errorf("got %s", got)
	}
}

// TestEqualModules: two ES modules of one text are two, if their files are
// called otherwise; whatever these are called.
func TestEqualModules(t *testing.T) {
	const counter, odd = "let n = 0; export const next = () => ++n", "b\u2028\nexports.x = 1;\n.mjs"
	b := build(t, bundle.Options{Path: project(t, sources{
		"main.mjs": "import { next as a } from './a.mjs'; import { next as b } from './b.mjs'; import { next as c } from './deep/a.mjs'; import * as d from './" + strings.ReplaceAll(strings.ReplaceAll(odd, "\n", "\\n"), "\u2028", "\\u2028") + "'; export const main = () => [a(), b(), c(), d.next(), Object.keys(d)]",
		"a.mjs":    counter, "b.mjs": counter, "deep/a.mjs": counter, odd: counter,
	})})
	if len(b.Modules) != 4+1 { // with esbuild's helpers, for the odd name
		t.Errorf("there are %d programs:\n%s", len(b.Modules), texts(b))
	}
	if got := answer(t, b); got != `[1,1,2,1,["next"]]` {
		t.Errorf("got %s", got)
	}
}
