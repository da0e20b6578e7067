package bundle_test

import (
	"slices"
	"strings"
	"testing"

	"qvat/tools/bundle"
)

// circle is a project with modules that import each other.
type circle struct {
	name  string
	files sources
	want  string
	// members are what the program of the circle is made of; none for a module
	// that imports only itself.
	members []string
}

// TestCircles: modules that import each other behave as their sources say, and
// are one program.
func TestCircles(t *testing.T) {
	const log = "const list = []; exports.push = s => { list.push(s) }; exports.all = () => list.slice()"
	table := []circle{
		{"two, CommonJS", sources{
			"main.js": "exports.main = () => require('./a').even(10)",
			"a.js":    "const b = require('./b'); exports.even = n => n === 0 || b.odd(n - 1)",
			"b.js":    "const a = require('./a'); exports.odd = n => n !== 0 && a.even(n - 1)",
		}, `true`, []string{"a.js", "b.js"}},
		{"two, ES modules", sources{
			"main.mjs": "import { even } from './a.mjs'; export const main = () => even(10)",
			"a.mjs":    "import { odd } from './b.mjs'; export const even = n => n === 0 || odd(n - 1)",
			"b.mjs":    "import { even } from './a.mjs'; export const odd = n => n !== 0 && even(n - 1)",
		}, `true`, []string{"a.mjs", "b.mjs"}},
		{"two, one of each", sources{
			"main.js": "exports.main = () => require('./a.mjs').even(9)",
			"a.mjs":   "import b from './b.cjs'; export const even = n => n === 0 || b.odd(n - 1)",
			"b.cjs":   "exports.odd = n => n !== 0 && a.even(n - 1); const a = require('./a.mjs')",
		}, `false`, []string{"a.mjs", "b.cjs"}},
		{"two, TypeScript", sources{
			"main.ts": "import { make } from './a.js'; export const main = () => make(3)",
			"a.ts":    "import { B } from './b.js'; export class A { constructor(public n: number) {} } export const make = (n: number): unknown => new B(n)",
			"b.ts":    "import type { A } from './a.js'; import * as a from './a.js'; export class B { a: A; constructor(n: number) { this.a = new a.A(n); return { n: this.a.n } as B } }",
		}, `{"n":3}`, []string{"a.ts", "b.ts"}},
		{"three, in order", sources{
			"main.js": "require('./a'); exports.main = () => require('./log').all()", "log.js": log,
			"a.js": "const log = require('./log'); log.push('a1'); const b = require('./b'); log.push('a2 ' + b.x); exports.x = 'ax'",
			"b.js": "const log = require('./log'); log.push('b1'); const c = require('./c'); log.push('b2 ' + c.x); exports.x = 'bx'",
			"c.js": "const log = require('./log'); log.push('c1'); const a = require('./a'); log.push('c2 ' + a.x); exports.x = 'cx'",
		}, `["a1","b1","c1","c2 undefined","b2 cx","a2 bx"]`, []string{"a.js", "b.js", "c.js"}},
		{"three ES modules, in order", sources{
			"main.mjs": "import './a.mjs'; import log from './log.cjs'; export const main = () => log.all()", "log.cjs": log,
			"a.mjs": "import { b } from './b.mjs'; import log from './log.cjs'; log.push('a ' + b()); export function a() { return 'A' }",
			"b.mjs": "import { c } from './c.mjs'; import log from './log.cjs'; log.push('b ' + c()); export function b() { return 'B' }",
			"c.mjs": "import { a } from './a.mjs'; import log from './log.cjs'; log.push('c ' + a()); export function c() { return 'C' }",
		}, `["c A","b C","a B"]`, []string{"a.mjs", "b.mjs", "c.mjs"}},
		{"by several entries", sources{
			"main.js": "exports.main = () => [require('./x').f(4), require('./y').f(4)]",
			"x.js":    "const { even } = require('./lib/a'); exports.f = n => even(n)", "y.js": "const { odd } = require('./lib/b'); exports.f = n => odd(n)",
			"lib/a.js": "const b = require('./b'); exports.even = n => n === 0 || b.odd(n - 1)",
			"lib/b.js": "const a = require('./a'); exports.odd = n => n !== 0 && a.even(n - 1)",
		}, `[true,false]`, []string{"lib/a.js", "lib/b.js"}},
		{"by several entries, ES modules, all ways of importing", sources{
			"main.mjs":  "import d, { a } from './lib/a.mjs'; import * as n from './lib/b.mjs'; import './lib/c.mjs'; export * from './lib/c.mjs'; import { createX } from './x.cjs'; export const main = async () => [d, a(), n.default, n.b(), Object.keys(n), createX(), (await import('./lib/c.mjs')).c()]",
			"x.cjs":     "exports.createX = () => [require('./lib/a.mjs').default, require('./lib/a.mjs').__esModule]",
			"lib/a.mjs": "import { b } from './b.mjs'; export const a = () => 'a' + b(); export default 'A'",
			"lib/b.mjs": "import { c } from './c.mjs'; export const b = () => 'b' + c(1); export { default } from './a.mjs'",
			"lib/c.mjs": "import { a } from './a.mjs'; export const c = stop => 'c' + (stop ? '' : a())",
		}, `["A","abc","A","bc",["b","default"],["A",true],"cabc"]`, []string{"lib/a.mjs", "lib/b.mjs", "lib/c.mjs"}},
		{"by several entries, CommonJS with __esModule from .mjs and .js", sources{
			"main.mjs":  "import d from './lib/a.cjs'; import e from './plain.js'; import f from './lib/b.cjs'; export const main = () => [Object.keys(d), e, f.x]",
			"plain.js":  "import d from './lib/a.cjs'; export default d",
			"lib/a.cjs": "exports.__esModule = true; exports.default = 'A'; exports.b = require('./b.cjs').x", "lib/b.cjs": "exports.x = 'B'; require('./a.cjs')",
		}, `[["__esModule","default","b"],"A","B"]`, []string{"lib/a.cjs", "lib/b.cjs"}},
		{"by several entries, each evaluated when asked for", sources{
			"main.js": "const log = require('./log'); exports.main = () => { log.push('main'); require('./b'); log.push('between'); require('./a'); return log.all() }", "log.js": log,
			"a.js": "require('./log').push('a'); exports.late = () => require('./b')", "b.js": "require('./log').push('b'); exports.late = () => require('./a')",
		}, `["main","b","between","a"]`, []string{"a.js", "b.js"}},
		{"live bindings through it", sources{
			"main.mjs": "import { n, add } from './a.mjs'; import { m } from './b.mjs'; export const main = () => { add(); add(); return [n, m()] }",
			"a.mjs":    "import { m } from './b.mjs'; export let n = 0; export const add = () => { n++ }; export const see = () => m()",
			"b.mjs":    "import { n } from './a.mjs'; export const m = () => n * 10",
		}, `[2,20]`, []string{"a.mjs", "b.mjs"}},
		{"with main in it", sources{
			"main.js": "exports.name = 'main'; const a = require('./a'); exports.main = () => [a.see(), a.name]",
			"a.js":    "exports.name = 'a'; const m = require('./main'); exports.see = () => m.name",
		}, `["main","a"]`, []string{"a.js", "main.js"}},
		{"with main in it, ES modules", sources{
			"main.mjs": "import { see } from './a.mjs'; export let name = 'before'; export const main = () => { name = 'after'; return see() }",
			"a.mjs":    "import { name } from './main.mjs'; export const see = () => name",
		}, `"after"`, []string{"a.mjs", "main.mjs"}},
		{"with main in it, and what stands aside", sources{
			"main.js": "const a = require('./a'), c = require('./c'); exports.x = 1; exports.main = () => [a.see(), c.x]",
			"a.js":    "const m = require('./main'); exports.see = () => m.x + require('./c').x", "c.js": "exports.x = 5",
		}, `[6,5]`, []string{"a.js", "main.js"}},
		{"of one: CommonJS", sources{"main.js": "exports.x = 1; const self = require('./main'); exports.main = () => self.x"}, `1`, nil},
		{"of one: ES module", sources{"main.mjs": "import { a } from './a.mjs'; export const main = () => a()", "a.mjs": "import { x as y } from './a.mjs'; import * as self from './a.mjs'; export const x = 1; export const a = () => [y, self.x, Object.keys(self)]"}, `[1,1,["a","x"]]`, nil},
		{"of a package", sources{
			"main.js":                 "exports.main = () => [require('p').name, require('p/lib/b').up()]",
			"node_modules/p/index.js": "exports.name = 'p'; exports.b = require('./lib/b')", "node_modules/p/lib/b.js": "const p = require('..'); exports.up = () => p.name",
		}, `["p","p"]`, []string{"p/index.js", "p/lib/b.js"}},
		{"across packages", sources{
			"main.js":                 "exports.main = () => require('p').ask()",
			"node_modules/p/index.js": "exports.name = 'p'; exports.ask = () => require('q').answer()", "node_modules/q/index.js": "const p = require('p'); exports.answer = () => 'q of ' + p.name",
		}, `"q of p"`, []string{"p/index.js", "q/index.js"}},
		{"across the project and a linked package", sources{
			"main.js": "exports.main = () => require('./x').ask()", "node_modules/p": "-> ../packages/p",
			"x.js": "exports.name = 'x'; exports.ask = () => require('p').answer()", "packages/p/index.js": "const x = require('../../x.js'); exports.answer = () => x.name",
		}, `"x"`, []string{"packages/p/index.js", "x.js"}},
		{"two that touch", sources{
			"main.js": "exports.main = () => [require('./a').x(), require('./c').x()]",
			"a.js":    "const b = require('./b'); exports.x = () => b.x(); exports.y = 'a'", "b.js": "const a = require('./a'), c = require('./c'); exports.x = () => a.y + c.x()",
			"c.js": "const d = require('./d'); exports.x = () => d.x(); exports.y = 'c'", "d.js": "const c = require('./c'); exports.x = () => c.y",
		}, `["ac","c"]`, []string{"a.js", "b.js"}},
		{"with JSON and text in reach", sources{
			"main.js": "exports.main = () => require('./a').x()", "a.js": "const b = require('./b'), t = require('./t.txt'); exports.x = () => [b.x, t, b.y()]", "b.js": "exports.x = require('./j.json').x; exports.y = () => Object.keys(require('./a'))",
			"j.json": `{"x":1}`, "t.txt": "text",
		}, `[1,"text",["x"]]`, []string{"a.js", "b.js"}},
		{"with import()", sources{
			"main.mjs": "import { a } from './a.mjs'; export const main = () => a()",
			"a.mjs":    "export const x = 1; export const a = async () => (await import('./b.mjs')).b()", "b.mjs": "import { x } from './a.mjs'; export const b = () => x",
		}, `1`, []string{"a.mjs", "b.mjs"}},
		{"classes that extend across it", sources{
			"main.mjs": "import { Leaf } from './base.mjs'; export const main = () => new Leaf().name()",
			"base.mjs": "export class Base { name() { return 'base' } } export { Leaf } from './leaf.mjs'", "leaf.mjs": "import * as b from './base.mjs'; let made; export const Leaf = function () { made ??= class extends b.Base { name() { return 'leaf of ' + super.name() } }; return new made() }",
		}, `"leaf of base"`, []string{"base.mjs", "leaf.mjs"}},
		{"what throws, throws again", sources{
			"main.js": "const tries = []; for (const n of [1, 2]) try { require('./a') } catch (e) { tries.push(e.message) } exports.main = () => tries",
			"a.js":    "exports.b = require('./b'); throw new Error('of a')", "b.js": "exports.a = () => require('./a')",
		}, `["of a","of a"]`, []string{"a.js", "b.js"}},
	}
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			b := build(t, bundle.Options{Path: project(t, c.files)})
			if got := answer(t, b); got != c.want {
				t.Errorf("got  %s\nwant %s\n%s", got, c.want, texts(b))
			}
			found := [][]string{}
			for _, m := range b.Modules {
				if len(m.Members) > 0 {
					found = append(found, m.Members)
				}
			}
			switch {
			case c.members == nil && len(found) == 0:
			case !slices.ContainsFunc(found, func(members []string) bool { return slices.Equal(members, c.members) }):
				t.Errorf("the circles are %q", found)
			}
		})
	}
}

// TestCircleIsOneProgram: no member of a circle is a program besides, whichever
// of its members are asked for.
func TestCircleIsOneProgram(t *testing.T) {
	files := sources{
		"lib/a.mjs": "import { b } from './b.mjs'; export const a = () => 'a' + b.name", "lib/b.mjs": "import { c } from './c.mjs'; export const b = () => 'b' + c.name", "lib/c.mjs": "import { a } from './a.mjs'; export const c = () => 'c' + a.name",
	}
	programs := map[string]bool{}
	for _, main := range []string{
		"import { a } from './lib/a.mjs'; import { b } from './lib/b.mjs'; export const main = () => [a(), b()]",
		"import { c } from './lib/c.mjs'; import { b } from './lib/b.mjs'; export const main = () => [b(), c()]",
		"import * as a from './lib/a.mjs'; import * as b from './lib/b.mjs'; import * as c from './lib/c.mjs'; export const main = () => [a.a(), b.b(), c.c()]",
	} {
		files["main.mjs"] = main
		b := build(t, bundle.Options{Path: project(t, files)})
		if len(b.Modules) != 3 { // main, the circle, the helpers
			t.Errorf("there are %d programs:\n%s", len(b.Modules), texts(b))
		}
		for name, h := range hashes(b) {
			if strings.Contains(name, " + ") {
				programs[h.String()] = true
			}
		}
		if got := answer(t, b); !strings.HasPrefix(got, "[") {
			t.Error(got)
		}
	}
	if len(programs) != 1 {
		t.Errorf("the circle is %d programs", len(programs))
	}
}
