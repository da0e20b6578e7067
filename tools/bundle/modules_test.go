package bundle_test

import "testing"

// meaning is a project and what its main answers.
type meaning struct {
	name  string
	files sources
	want  string
}

// check evaluates each project in the vat.
func check(t *testing.T, table []meaning) {
	t.Helper()
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			if got := evaluate(t, c.files); got != c.want {
				t.Errorf("got  %s\nwant %s\n", got, c.want)
			}
		})
	}
}

// TestImports: what an import gives, whatever the importer and the imported are.
func TestImports(t *testing.T) {
	const (
		plain   = "exports.a = 1; exports.default = 2"
		esCJS   = "Object.defineProperty(exports, '__esModule', { value: true }); exports.a = 1; exports.default = 2"
		whole   = "module.exports = Object.assign(() => 'called', { a: 1 })"
		es      = "export const a = 1; export default 2"
		imports = "import d, { a } from 'X'; import * as n from 'X'; export const main = () => [typeof d === 'object' ? Object.keys(d).join() : d, a, n.a, Object.keys(n).sort().join()]"
		calls   = "import f, { a } from './x.cjs'; export const main = () => [f(), f.a, a]"
	)
	from := func(name string) string { return replace(imports, "'X'", "'"+name+"'") }
	check(t, []meaning{
		{"CommonJS without __esModule, from plain ESM", sources{"main.js": from("./x.cjs"), "x.cjs": plain}, `["a,default",1,1,"a,default"]`},
		{"CommonJS with __esModule, from plain ESM", sources{"main.js": from("./x.cjs"), "x.cjs": esCJS}, `[2,1,1,"a,default"]`},
		{"CommonJS without __esModule, from .mjs", sources{"main.mjs": from("./x.cjs"), "x.cjs": plain}, `["a,default",1,1,"a,default"]`},
		{"CommonJS with __esModule, from .mjs", sources{"main.mjs": from("./x.cjs"), "x.cjs": esCJS}, `["a,default",1,1,"a,default"]`},
		{"CommonJS with __esModule, from type module", sources{"package.json": `{"type":"module"}`, "main.js": from("./x.cjs"), "x.cjs": esCJS}, `["a,default",1,1,"a,default"]`},
		{"CommonJS with __esModule, from .mts", sources{"main.mts": from("./x.cjs"), "x.cjs": esCJS}, `["a,default",1,1,"a,default"]`},
		{"CommonJS with __esModule, from .ts", sources{"main.ts": from("./x.cjs"), "x.cjs": esCJS}, `[2,1,1,"a,default"]`},
		{"ESM from plain ESM", sources{"main.js": from("./x.js"), "x.js": es}, `[2,1,1,"a,default"]`},
		{"ESM from .mjs", sources{"main.mjs": from("./x.mjs"), "x.mjs": es}, `[2,1,1,"a,default"]`},
		{"ESM in .js from .mjs", sources{"main.mjs": from("./x.js"), "x.js": es}, `[2,1,1,"a,default"]`},
		{"ESM of type module from its like", sources{"package.json": `{"type":"module"}`, "main.js": from("./x.js"), "x.js": es}, `[2,1,1,"a,default"]`},
		{"TypeScript from .mjs", sources{"main.mjs": from("./x.ts"), "x.ts": es}, `[2,1,1,"a,default"]`},
		{"a function that CommonJS exports", sources{"main.js": calls, "x.cjs": whole}, `["called",1,1]`},
		{"a function that CommonJS exports, from .mjs", sources{"main.mjs": calls, "x.cjs": whole}, `["called",1,1]`},
		{"require of ESM", sources{"main.js": "const n = require('./x.mjs'); exports.main = () => [n.default, n.a, n.__esModule, Object.keys(n)]", "x.mjs": es}, `[2,1,true,["a","default"]]`},
		{"import() of ESM", sources{"main.js": "exports.main = async () => { const n = await import('./x.mjs'); return [n.default, n.a] }", "x.mjs": es}, `[2,1]`},
		{"import() of ESM, from .mjs", sources{"main.mjs": "export const main = async () => { const n = await import('./x.mjs'); return [n.default, n.a] }", "x.mjs": es}, `[2,1]`},
		{"import() of CommonJS, from .mjs", sources{"main.mjs": "export const main = async () => (await import('./x.cjs')).default()", "x.cjs": whole}, `"called"`},
		{"import() evaluates late", sources{
			"main.js": "const log = require('./log.js'); exports.main = async () => { log.push('main'); await import('./x.mjs'); return log.all() }",
			"x.mjs":   "import log from './log.js'; log.push('x')",
			"log.js":  "const list = []; exports.push = s => { list.push(s) }; exports.all = () => list.slice()",
		}, `["main","x"]`},
		{"require evaluates late", sources{
			"main.js": "const log = require('./log.js'); exports.main = () => { log.push('main'); require('./x.js'); require('./x.js'); return log.all() }",
			"x.js":    "require('./log.js').push('x')",
			"log.js":  "const list = []; exports.push = s => { list.push(s) }; exports.all = () => list.slice()",
		}, `["main","x"]`},
		{"import as a namespace only for its effect", sources{"main.mjs": "import './x.mjs'; import { all } from './log.mjs'; export const main = () => all()", "x.mjs": "import { push } from './log.mjs'; push(1)", "log.mjs": "const l = []; export const push = n => { l.push(n) }, all = () => l.slice()"}, `[1]`},
		{"a namespace is an object of its own", sources{"main.mjs": "import * as n from './x.mjs'; export const main = () => [Object.keys(n), 'a' in n, typeof n.b]", "x.mjs": es}, `[["a","default"],true,"undefined"]`},
		{"this at the top of CommonJS", sources{"main.js": "this.a = 1; exports.main = () => exports.a"}, `1`},
		{"this at the top of ESM", sources{"main.mjs": "const top = typeof this; export const main = () => top"}, `"undefined"`},
		{"UMD", sources{"main.js": "exports.main = () => require('./x.js').a", "x.js": "(function (g, f) { typeof exports === 'object' && typeof module !== 'undefined' ? f(exports) : typeof define === 'function' && define.amd ? define(['exports'], f) : f(g.X = {}) })(this, function (e) { 'use strict'; e.a = 1 })"}, `1`},
		{"main as the whole of CommonJS", sources{"main.js": "module.exports = () => 1"}, `1`},
		{"main of TypeScript by export =", sources{"main.ts": "import x = require('./x'); export = { main: (): number => x.a }", "x.ts": "export const a: number = 1"}, `1`},
	})
}

// TestExports: what a module gives, as the standard has it.
func TestExports(t *testing.T) {
	check(t, []meaning{
		{"a binding is live", sources{"main.mjs": "import { n, add } from './x.mjs'; export const main = () => { const a = n; add(); add(); return [a, n] }", "x.mjs": "export let n = 0; export function add() { n++ }"}, `[0,2]`},
		{"a binding is live through others", sources{"main.mjs": "import { m, add } from './y.mjs'; import * as y from './y.mjs'; export const main = () => { add(); return [m, y.m, y.z.n] }", "y.mjs": "export { n as m, add } from './x.mjs'; export * as z from './x.mjs'", "x.mjs": "export let n = 0; export function add() { n++ }"}, `[1,1,1]`},
		{"a binding is live through export *", sources{"main.mjs": "import { n, add } from './y.mjs'; export const main = () => { add(); return n }", "y.mjs": "export * from './x.mjs'", "x.mjs": "export let n = 0; export function add() { n++ }"}, `1`},
		{"a binding is live for require", sources{"main.js": "const x = require('./x.mjs'); exports.main = () => { x.add(); return x.n }", "x.mjs": "export let n = 0; export function add() { n++ }"}, `1`},
		{"a default is live where a function is", sources{"main.mjs": "import f, { change } from './x.mjs'; export const main = () => { const a = f(); change(); return [a, f()] }", "x.mjs": "export default function f() { return 1 } export function change() { f = () => 2 }"}, `[1,2]`},
		{"a default of a value is not", sources{"main.mjs": "import v, { change } from './x.mjs'; export const main = () => { change(); return v }", "x.mjs": "let v = 1; export default v; export function change() { v = 2 }"}, `1`},
		{"export { x as default }", sources{"main.mjs": "import v, { change } from './x.mjs'; export const main = () => { change(); return v }", "x.mjs": "let v = 1; export { v as default }; export function change() { v = 2 }"}, `2`},
		{"export { default } from", sources{"main.mjs": "import d, { e } from './y.mjs'; export const main = () => [d, e]", "y.mjs": "export { default, default as e } from './x.mjs'", "x.mjs": "export default 7"}, `[7,7]`},
		{"export { x as default } from", sources{"main.mjs": "import d from './y.mjs'; export const main = () => d", "y.mjs": "export { x as default } from './x.mjs'", "x.mjs": "export const x = 7"}, `7`},
		{"export { default } from CommonJS, from .mjs", sources{"main.mjs": "import d from './y.mjs'; export const main = () => d.a", "y.mjs": "export { default } from './x.cjs'", "x.cjs": "exports.__esModule = true; exports.a = 1; exports.default = 2"}, `1`},
		{"export * leaves default out", sources{"main.mjs": "import * as y from './y.mjs'; export const main = () => Object.keys(y)", "y.mjs": "export * from './x.mjs'", "x.mjs": "export default 1; export const a = 2"}, `["a"]`},
		{"one's own export goes before export *", sources{"main.mjs": "import { a, b } from './y.mjs'; export const main = () => [a, b]", "y.mjs": "export * from './x.mjs'; export const a = 'own'", "x.mjs": "export const a = 1, b = 2"}, `["own",2]`},
		{"the same by two ways is no conflict", sources{"main.mjs": "import { a } from './z.mjs'; export const main = () => a", "z.mjs": "export * from './x.mjs'; export * from './y.mjs'", "x.mjs": "export * from './base.mjs'", "y.mjs": "export * from './base.mjs'", "base.mjs": "export const a = 1"}, `1`},
		{"export * of CommonJS", sources{"main.js": "import { a } from './y.mjs'; export const main = () => a", "y.mjs": "export * from './x.cjs'", "x.cjs": "exports.a = 1"}, `1`},
		{"export * as a name", sources{"main.mjs": "import { n } from './y.mjs'; export const main = () => n.a", "y.mjs": "export * as n from './x.mjs'", "x.mjs": "export const a = 1"}, `1`},
		{"imported and exported again", sources{"main.mjs": "import { b } from './y.mjs'; export const main = () => b", "y.mjs": "import { a } from './x.mjs'; export { a as b }", "x.mjs": "export const a = 1"}, `1`},
		{"names of the language's own", sources{"main.mjs": "import * as n from './x.mjs'; import { constructor as c, __proto__ as p } from './x.mjs'; export const main = () => [c, p, n.constructor, n['hello world'], Object.keys(n).sort()]", "x.mjs": "const x = 1; export { x as constructor, x as __proto__, x as toString, x as 'hello world' }"}, `[1,1,1,1,["__proto__","constructor","hello world","toString"]]`},
		{"names of the language's own in CommonJS", sources{"main.js": "const x = require('./x.js'); exports.main = () => [x.constructor, x.toString, x.hasOwnProperty, Object.keys(x)]", "x.js": "exports.constructor = 1; exports.toString = 2; exports.hasOwnProperty = 3"}, `[1,2,3,["constructor","toString","hasOwnProperty"]]`},
		{"functions are there before they are reached", sources{"main.mjs": "export const main = () => early; const early = late(); function late() { return 1 }"}, `1`},
		{"classes and destructuring", sources{"main.mjs": "import { A, b, c } from './x.mjs'; export const main = () => [new A().x, b, c]", "x.mjs": "export class A { x = 1; static #p = 2 } export const { b, d: [c] } = { b: 1, d: [2] }"}, `[1,1,2]`},
		{"evaluated in order, each once", sources{
			"main.mjs": "import './a.mjs'; export { x } from './b.mjs'; export * from './c.mjs'; import d from './d.cjs'; import { all } from './log.mjs'; export const main = () => [...all(), d]",
			"a.mjs":    "import { push } from './log.mjs'; import './c.mjs'; push('a')",
			"b.mjs":    "import { push } from './log.mjs'; push('b'); export const x = 1",
			"c.mjs":    "import { push } from './log.mjs'; push('c'); export const y = 1",
			"d.cjs":    "require('./log.mjs').push('d'); module.exports = 'D'",
			"log.mjs":  "const l = []; export const push = s => { l.push(s) }, all = () => l",
		}, `["c","a","b","d","D"]`},
		{"what a helper is called", sources{"main.mjs": "import x, { __toESM } from './x.mjs'; const __export = 1, __defProp = 2; export const main = () => [x, __toESM, __export, __defProp, typeof __copyProps]", "x.mjs": "export const __toESM = 3, __toCommonJS = 4; export default 5"}, `[5,3,1,2,"undefined"]`},
		{"a name of what stands around a module", sources{"main.mjs": "import { module, exports } from './x.mjs'; export const main = () => [module, exports]", "x.mjs": "export const module = 1, exports = 2"}, `[1,2]`},
	})
}
