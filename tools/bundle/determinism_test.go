package bundle_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"qvat/tools/bundle"
)

// encoded are the two files of a bundle.
func encoded(t testing.TB, o bundle.Options) (text, side []byte) {
	t.Helper()
	text, side, err := build(t, o).Encode()
	if err != nil {
		t.Fatal(err)
	}
	return text, side
}

// alike are projects of many kinds, for whoever bundles one twice.
func alike() map[string]sources {
	return map[string]sources{
		"CommonJS": {"main.js": "exports.main = () => require('./lib/a').x", "lib/a.js": "exports.x = require('p') + require('./b.json').n", "lib/b.json": `{"n":1}`, "node_modules/p/index.js": "module.exports = 1"},
		"ES modules": {
			"main.mjs": "import { a } from './lib'; import p from 'p'; export * from './lib'; export const main = () => a + p", "lib/index.js": "export const a = 1; export { default } from './deep/index.mjs'", "lib/deep/index.mjs": "export default class {}",
			"node_modules/p/index.js": "export default 1",
		},
		"TypeScript":             {"tsconfig.json": `{"compilerOptions":{"paths":{"@/*":["./src/*"]},"experimentalDecorators":true}}`, "main.ts": "import { a } from '@/a'; export const main = (): number => a", "src/a.ts": "const note = (c: unknown) => {}; @note class A {} export const a = 1; export enum E { A }"},
		"an index":               {"index.js": "export { x } from './x.js'; export default function () { return 1 }; export const main = () => 1", "x.js": "export const x = 1"},
		"an index of CommonJS":   {"index.js": "exports.main = () => require('./x.js')", "x.js": "exports.x = 1"},
		"an index of TypeScript": {"index.ts": "import { x } from './x.js'; export default x; export const main = () => x", "x.ts": "export enum x { a }"},
		"an index in a circle": {
			"index.ts": "import * as schema from './schema'; export * from './lib'; export default class { }; export const main = () => schema.default", "schema.ts": "import I from './index'; export default { I }; export const index_exports = 1",
			"lib/index.ts": "import * as up from '..'; export default () => up; export const b = 1",
		},
		"an index of CommonJS in a circle": {"index.js": "exports.s = require('./schema'); exports.l = require('./lib'); exports.main = () => 1", "schema.js": "exports.i = require('.')", "lib/index.js": "exports.up = require('..')"},
		"circles by several entries": {
			"index.mjs": "import { a } from './lib/a.js'; import { b } from './lib/b.js'; import './lib/index.js'; export const main = () => [a(), b()]",
			"lib/a.js":  "import { b } from './b.js'; export const a = () => b.name", "lib/b.js": "import { a } from './a.js'; import './index.js'; export const b = () => a.name", "lib/index.js": "import * as a from './a.js'; export default a",
		},
		"shims and definitions": {
			"package.json": `{"qvat":{"shims":{"process":"./shims/index.js","crypto":"./shims/crypto.mjs","fs":false},"define":{"LIMITS":{"a":[1]},"N":1}}}`,
			"main.js":      "exports.main = () => [process.x, require('crypto').y, require('node:fs'), LIMITS, N]", "shims/index.js": "exports.x = 1", "shims/crypto.mjs": "export const y = 2",
		},
		"one program": {"package.json": `{"qvat":{"merge":["*"]}}`, "index.js": "exports.main = () => [require('./lib'), require('p'), require('./index.json')]", "lib/index.js": "exports.x = 1", "node_modules/p/index.js": "exports.y = 1", "index.json": "{}"},
	}
}

// TestSameEverywhere: neither where a project lies, nor when its files were
// made, nor in which order, is in what comes of it.
func TestSameEverywhere(t *testing.T) {
	folders := []string{
		"project", "deeper/and/deeper/still/project", "schema", "a", "lib", "x", "index", "main", "default", "exports", "I", "process", "p", "src", "import", "my-project", "1", "with space", "quote'\"`", "é", "日本", "node_modules.d", "dot.js", "a+b", "line\nbreak", "dollar$1${x}",
	}
	for name, files := range alike() {
		t.Run(name, func(t *testing.T) {
			var first, firstSide []byte
			for i, folder := range folders {
				dir := filepath.Join(t.TempDir(), filepath.FromSlash(folder))
				names := slices.Sorted(maps.Keys(files))
				if i%2 == 1 {
					slices.Reverse(names)
				}
				for _, n := range names {
					put(t, dir, sources{n: files[n]})
				}
				if _, ok := files["package.json"]; !ok {
					put(t, dir, sources{"package.json": "{}"})
				}
				text, side := encoded(t, bundle.Options{Path: dir})
				if bytes.Contains(text, []byte(filepath.Dir(dir))) || bytes.Contains(side, []byte(filepath.Dir(dir))) {
					t.Errorf("%q: the folder's path is in it:\n%s%s", folder, text, side)
				}
				if i == 0 {
					first, firstSide = text, side
					continue
				}
				if !bytes.Equal(text, first) {
					t.Errorf("in a folder called %q there is another bundle:\n%s\nand not\n%s", folder, text, first)
				}
				if !bytes.Equal(side, firstSide) {
					t.Errorf("in a folder called %q there is another map:\n%s\nand not\n%s", folder, side, firstSide)
				}
			}
		})
	}
}

// TestNothingAboveCounts: what stands above a project's package.json changes
// nothing of it.
func TestNothingAboveCounts(t *testing.T) {
	above := sources{
		"package.json":  `{"type":"module","main":"../../nowhere.js","imports":{"#x":"./y.js"},"sideEffects":false,"browser":{"fs":false},"qvat":{"merge":["*"],"define":{"N":2},"main":"z.js"}}`,
		"tsconfig.json": `{"compilerOptions":{"jsx":"react","jsxFactory":"nobody","experimentalDecorators":true,"useDefineForClassFields":false,"target":"es5","paths":{"./x.js":["./y.js"]},"alwaysStrict":true,"verbatimModuleSyntax":true}}`,
	}
	more := alike()
	more["jsx"] = sources{"main.tsx": "const React = { createElement: (n: string) => n }; class A { x = 1 } export const main = () => [<a/>, new A()]"}
	for name, files := range more {
		t.Run(name, func(t *testing.T) {
			alone := project(t, files)
			dir := project(t, files)
			put(t, filepath.Dir(dir), above)
			text, side := encoded(t, bundle.Options{Path: alone})
			below, belowSide := encoded(t, bundle.Options{Path: dir})
			if !bytes.Equal(text, below) || !bytes.Equal(side, belowSide) {
				t.Errorf("what stands above counts:\n%s\nand not\n%s", below, text)
			}
		})
	}
}

// TestPathOfAProject: however its folder is named, it is the same project.
func TestPathOfAProject(t *testing.T) {
	dir := project(t, alike()["an index in a circle"])
	want, wantSide := encoded(t, bundle.Options{Path: dir})
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Dir(dir))
	for _, path := range []string{dir + "/", "project", "./project/.", "project/../project", link, dir + "/index.ts", link + "/index.ts"} {
		text, side := encoded(t, bundle.Options{Path: path})
		if !bytes.Equal(text, want) || !bytes.Equal(side, wantSide) {
			t.Errorf("%s: another bundle", path)
		}
	}
}

// TestAgain: a project gives the same bytes, however often it is bundled.
func TestAgain(t *testing.T) {
	for name, files := range alike() {
		t.Run(name, func(t *testing.T) {
			dir := project(t, files)
			first, firstSide := encoded(t, bundle.Options{Path: dir})
			for range 5 {
				text, side := encoded(t, bundle.Options{Path: dir})
				if !bytes.Equal(text, first) || !bytes.Equal(side, firstSide) {
					t.Fatal("another run gives another bundle")
				}
			}
		})
	}
}

// TestComments: a text says nothing of where it lies in a project, but for the
// comments that its author wrote.
func TestComments(t *testing.T) {
	b := build(t, bundle.Options{Path: project(t, sources{
		"src/deep/main.mjs":  "import { a } from './lib/a.mjs'; import { b } from './lib/b.mjs'; import '../elsewhere/x.mjs'; export const main = () => [a, b]",
		"src/deep/lib/a.mjs": "export { b } from './b.mjs'; export const a = 1", "src/deep/lib/b.mjs": "export { a } from './a.mjs'; export const b = 2",
		"src/elsewhere/x.mjs": "export const x = 1", "package.json": `{"main":"src/deep/main.mjs"}`,
	})})
	for _, m := range b.Bundle.Modules {
		for _, part := range []string{"src", "deep", "elsewhere", "circle:", "member:"} {
			if strings.Contains(m.Program.Text(), part) {
				t.Errorf("%s speaks of %s:\n%s", m.Name, part, m.Program.Text())
			}
		}
	}
}
