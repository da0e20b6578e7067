package bundle_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"qvat/tools/bundle"
)

// described tells in a program what modules export: of each the properties, in
// their order, with what can be seen of them and of their values. What import * as
// gives may be frozen or not, and marked as a module or not: in the standard it
// is neither. In names of
// functions esbuild's hand shows: it tells them from others by a number or a _,
// and gives a default without one the file's.
const described = `
const kind = (v, deep) => {
  if (typeof v === 'function') return ['function', v.name.replace(/^_|\d+$/g, '').replace(/.*default$/, ''), v.length, Object.getOwnPropertyNames(v).sort().join(), Object.getPrototypeOf(v)?.name]
  if (typeof v !== 'object' || v === null) return typeof v + ' ' + String(v)
  if (deep < 1) return Array.isArray(v) ? v.length : Object.prototype.toString.call(v)
  return [Object.getOwnPropertyNames(v).filter(k => k !== '__esModule').map(k => {
    const d = Object.getOwnPropertyDescriptor(v, k)
    return [k, d.enumerable, d.configurable, typeof d.get, typeof d.set, 'value' in d ? kind(d.value, deep - 1) : 0]
  })]
}
const get = f => {
  let ns
  try { ns = f() } catch (e) { return 'throws ' + e.message }
  return describe(ns)
}
const describe = ns => {
  const own = Object.getOwnPropertyDescriptor(ns, '__esModule')
  const list = [JSON.stringify(own), Object.isFrozen(ns), Object.getPrototypeOf(ns) === Object.prototype, Object.keys(ns).join()]
  for (const k of Object.getOwnPropertyNames(ns).filter(k => k !== '__esModule')) {
    const d = Object.getOwnPropertyDescriptor(ns, k)
    let v
    try { v = kind(ns[k], 2) } catch (e) { v = 'throws ' + e.message }
    list.push([k, d.enumerable, d.configurable, typeof d.get, typeof d.set, v])
  }
  return list
}
`

// bothWays bundles a project with ES modules as they are written and as esbuild
// prints them, and fails unless both give the same. It gives how many modules
// stayed as they are, and what came of it.
func bothWays(t *testing.T, o bundle.Options) (kept int, result string) {
	t.Helper()
	one := build(t, o)
	printed, err := bundle.Printed(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range one.Bundle.Modules {
		if strings.Contains(m.Program.Text(), endMark) {
			kept++
		}
	}
	got, err1 := invoke(theVat(t), one.Bundle)
	want, err2 := invoke(theVat(t), printed.Bundle)
	if err1 != nil || err2 != nil || !bytes.Equal(got, want) {
		i := 0
		for i < min(len(got), len(want)) && got[i] == want[i] {
			i++
		}
		i = max(0, i-200)
		shown := ""
		if len(one.Modules) < 30 {
			shown = texts(one)
		}
		t.Errorf("%v, and printed %v\n…%.400s\nand printed\n…%.400s\n%.8000s", err1, err2, got[i:], want[i:], shown)
	}
	return kept, string(got)
}

// TestSameAsPrinted: whatever imports a module and whatever it imports, it is
// the same as when esbuild prints it.
func TestSameAsPrinted(t *testing.T) {
	base := sources{
		"x.mjs":   "export const a = 1, b = { c: [2] }; export let n = 0; export function add() { n++; return n } export default class D { static s = 1 }; export var v; export const f = (p, q) => p",
		"y.mjs":   "import { a, b as c } from './x.mjs'\nimport D from './x.mjs'; import * as x from './x.mjs'; export { D, x }; export default function (z) { return [a, c] }\nexport * from './z.mjs'\nexport * from './x.mjs'",
		"z.mjs":   "export * as all from './x.mjs'\nexport { default, a as one, n, add as plus } from './x.mjs'",
		"cjs.js":  "exports.q = 1; Object.defineProperty(exports, 'hidden', { value: 2 }); exports.default = 3",
		"w.mjs":   "export * from './cjs.js'; export * from './y.mjs'; export const w = 1; import './cjs.js'; import q from './cjs.js'; export { q }",
		"ts.ts":   "import { a, add, n } from './x.mjs'; import * as y from './y.mjs'; import z from './z.mjs'; export enum E { A = a } export default () => [n, add(), n, y, z]; export * from './z.mjs'",
		"u.mjs":   "export * from './ts.ts'; import ts, { E } from './ts.ts'; export { ts, E as F }; import * as all from './ts.ts'; export { all }; export const e = E",
		"one.mjs": "import { two } from './two.mjs'; export const one = () => two; export { late } from './two.mjs'", "two.mjs": "import { one } from './one.mjs'; export const two = [() => one]; export let late = 1; export const f = () => late++",
		"v.mjs": "import { one } from './one.mjs'; import { two, f } from './two.mjs'; import * as ones from './one.mjs'; export { late } from './two.mjs'; export * from './one.mjs'; export const v = [one(), two], g = f; export { ones }; import './two.mjs'",
		"s.mjs": "'use strict'; import './x.mjs'; export { a as default } from './x.mjs'; export let s = function () { return this === undefined }()",
		"e.mjs": "import './x.mjs'", "o.mjs": "import './e.mjs'; export {}", "h.mjs": "import './o.mjs'; export * from './e.mjs'", "d.mjs": "import d from './d.json'; import { k } from './d.json'; import * as all from './d.json'; export { d, k, all }", "d.json": `{"k":[1]}`,
		"k.mjs": "export default (() => 1); export const m = class {}, o = { f() {}, ['g']: () => 1 }", "g.mjs": "export default async function* gen(a, b = 1, ...c) {}; export { gen as other }",
		"p.mjs": "import { n, add } from './x.mjs'; add(); export const before = n; add(); export const after = n",
		"i.mjs": "export { n as live, plus } from './z.mjs'; import { one as d } from './z.mjs'; export default d\nimport { all } from './z.mjs'; export { all as ALL }",
	}
	var names []string
	for name := range base {
		names = append(names, name)
	}
	// What a package says of side effects changes nothing: esbuild leaves such
	// imports out where it makes one text of all.
	base["node_modules/p/package.json"] = `{"sideEffects":false,"type":"module","exports":{".":"./i.js","./*":"./*.js"}}`
	base["node_modules/p/i.js"] = "import './j.js'; import { k } from './j.js'; export * from './j.js'; export { k as l } from 'p/j'; export const i = 1"
	base["node_modules/p/j.js"] = "export let k = 1; export const push = s => list.push(s), list = []; list.push('j')"
	base["node_modules/p/n.js"] = "import { push } from './j.js'; push('n')"
	base["m.mjs"] = "import 'p/n'; import { k } from 'p'; import 'p'; export { list } from 'p'; export const m = 1"
	names = append(names, "m.mjs")
	list := func(names []string) string {
		var b strings.Builder
		for _, name := range names {
			fmt.Fprintf(&b, "  [%q, describe(require('./%s')), String(require('./%[2]s').n), require('./%[2]s').add?.(), require('./%[2]s').plus?.(), require('./%[2]s').live],\n", name, name)
		}
		return b.String()
	}
	// In several orders: what is evaluated when must not matter.
	for seed := range uint64(4) {
		some := append([]string(nil), names...)
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
		files := sources{"main.js": described + "exports.main = () => JSON.stringify([\n" + list(some) + "])"}
		for name, text := range base {
			files[name] = text
		}
		if kept, _ := bothWays(t, bundle.Options{Path: project(t, files)}); kept < 8 {
			t.Errorf("only %d modules stay as they are", kept)
		}
	}
	// And by import.
	var b strings.Builder
	slices.Sort(names)
	for i, name := range names {
		fmt.Fprintf(&b, "import * as n%d from './%s'\n", i, name)
	}
	b.WriteString(described + "export const main = () => JSON.stringify([")
	for i, name := range names {
		if name != "e.mjs" && name != "o.mjs" && name != "h.mjs" { // of no exports esbuild makes a default one
			fmt.Fprintf(&b, "[%q, Object.keys(n%d), Object.keys(n%d).map(k => kind(n%[2]d[k], 1))],\n", name, i, i)
		}
	}
	files := sources{"main.mjs": b.String() + "])"}
	for name, text := range base {
		files[name] = text
	}
	bothWays(t, bundle.Options{Path: project(t, files)})
}

// TestPackagesAsWritten: the ES modules of packages export the same as when
// esbuild prints them.
func TestPackagesAsWritten(t *testing.T) {
	modules, err := filepath.Abs(filepath.Join(packages, "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	const most = 400 // at once, for the fuel of a message
	shims, err := filepath.Abs(filepath.Join(packages, "shims"))
	if err != nil {
		t.Fatal(err)
	}
	for dir, least := range map[string]int{
		"date-fns": 300, "ramda/es": 300, "luxon/src": 5, "luxon/build/es6": 1, "zod": 60, "zod/v4": 80, "mathjs/lib/esm": 700, "@babel/runtime/helpers/esm": 50,
		"decimal.js": 1, "nanoid": 2, "uuid/dist": 10, "preact": 1, "yaml/browser": 10,
	} {
		t.Run(strings.ReplaceAll(dir, "/", "."), func(t *testing.T) {
			var b strings.Builder
			b.WriteString(described + "const all = []\n")
			n := 0
			err := filepath.WalkDir(filepath.Join(modules, dir), func(path string, d fs.DirEntry, err error) error {
				if err != nil {
					return err
				}
				if d.IsDir() {
					if skip := map[string]bool{"locale": true, "docs": true, "node_modules": true, "cli": true, "fp": true}; skip[d.Name()] {
						return filepath.SkipDir
					}
					return nil
				}
				text, err := os.ReadFile(path)
				if ext := filepath.Ext(path); err != nil || ext != ".js" && ext != ".mjs" {
					return err
				}
				if s, ok := bundle.ReadSimple(string(text)); !ok || len(s.Imports)+len(s.Exports) == 0 || n == most || d.Name() == "test.js" {
					return nil
				}
				rel, err := filepath.Rel(modules, path)
				n++
				fmt.Fprintf(&b, "all.push([%q, get(() => require('./node_modules/%s'))])\n", rel, filepath.ToSlash(rel))
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			b.WriteString("exports.main = () => { const text = JSON.stringify(all); return [all.length, text] }")
			files := sources{"main.js": b.String(), "node_modules": "-> " + modules, "package.json": `{"qvat":{"shims":{"crypto":false,"fs":false,"path":false,"process":false,"assert":false,"assert/strict":false,"stream":false,"util":false,"test":false,"globalThis":"./shims/global.js"}}}`, "shims": "-> " + shims}
			kept, result := bothWays(t, bundle.Options{Path: project(t, files)})
			t.Logf("%d of %d stay as they are: %.80s", kept, n, result)
			if kept < least {
				t.Errorf("only %d of %d stay as they are", kept, n)
			}
		})
	}
}
