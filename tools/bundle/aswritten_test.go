package bundle_test

import (
	"strings"
	"testing"

	"qvat/tools/bundle"
)

// mark is what stands at the end of a module that stays as it is written.
const endMark = "Reflect.defineProperty(module.exports, \"__esModule\", { value: true });\n"

// TestAsWritten: what becomes of each form of import and export. No line moves.
func TestAsWritten(t *testing.T) {
	const x = "'./x.mjs'"
	for _, c := range []struct{ text, code, exports string }{
		{"import " + x, "require(0);", ""},
		{"import " + x + ";", "require(0);", ""},
		{"import a from " + x, "const { default: a } = require(0);", ""},
		{"import a, {} from " + x, "const { default: a, } = require(0);", ""},
		{"import a, { b as c, d } from " + x, "const { default: a,  b: c, d } = require(0);", ""},
		{"import {} from " + x, "const {} = require(0);", ""},
		{"import{a as b,c}from" + x + ";b(c)", "const{a: b,c}= require(0);b(c)", ""},
		{"import { default as a, as, from, as as b } from " + x, "const { default: a, as, from, as: b } = require(0);", ""},
		{"import from from " + x, "const { default: from } = require(0);", ""},
		{"import * as from from " + x, "const from = require(0);", ""},
		{"import*as n from" + x, "const n = require(0);", ""},
		{"import*as\nn from" + x, "const\n n = require(0);", ""},
		{"import * as\nn\nfrom\n" + x + "\n;n", "const \nn\n= require(0)\n\n;n", ""},
		{"import {\n  a, // the first\n  b as // the second\n  c,\n} from " + x + " // x\nc(a)", "const {\n  a, // the first\n  b: \nc,\n} = require(0); // x\nc(a)", ""},
		{"import a from " + x + "\n(1)", "const { default: a } = require(0);\n(1)", ""},
		{"export const a = 1", "const a = 1", "a"},
		{"export\nconst a = 1", "\nconst a = 1", "a"},
		{"export let a, b = 1, c\nexport var d = [1, 2], e", "let a, b = 1, c\nvar d = [1, 2], e", "a b c d e"},
		{"export const a = x => x\n, b = 1", "const a = x => x\n, b = 1", "a b"},
		{"export const a = function () {}\n;[1]", "const a = function () {}\n;[1]", "a"},
		{"export const a = () => {}\n, b = {}\n, c = 1", "const a = () => {}\n, b = {}\n, c = 1", "a b c"},
		{"export const a = 1\nb, c = 1\nlet b, c", "const a = 1\nb, c = 1\nlet b, c", "a"},
		{"export const a = `${[1, `,${2}`]}`, b = /,\\/[/,]/g, c = 4 / 2 / 1", "const a = `${[1, `,${2}`]}`, b = /,\\/[/,]/g, c = 4 / 2 / 1", "a b c"},
		{"export function f() {}\nexport async function g() {}\nexport function* h() {}\nexport async function *i() {}\nexport class C {}", "function f() {}\nasync function g() {}\nfunction* h() {}\nasync function *i() {}\nclass C {}", "C f g h i"},
		{"export default 1 + 2", "const _default = 1 + 2", "default=_default"},
		{"export default /* it */ {\n}", "const _default = /* it */ {\n}", "default=_default"},
		{"export default[1]", "const _default =[1]", "default=_default"},
		{"export default x => x", "const _default = x => x", "default=_default"},
		{"export default async () => 1", "const _default = async () => 1", "default=_default"},
		{"export default function () {}\n(1)", "function _default() {}\n(1)", "default=_default"},
		{"export default function(a) {}", "function _default(a) {}", "default=_default"},
		{"export default async function* () {}", "async function* _default() {}", "default=_default"},
		{"export default function f() { return f }", "function f() { return f }", "default=f"},
		{"export default class {}", "class _default {}", "default=_default"},
		{"export default class extends Array {}", "class _default extends Array {}", "default=_default"},
		{"export default class{}", "class _default {}", "default=_default"},
		{"export default class C extends Array {}", "class C extends Array {}", "default=C"},
		{"export default 1; let _default, __default, _1", "const ___default = 1; let _default, __default, _1", "default=___default"},
		{"const a = 1\nexport { a, a as b, a as default }\n(1)", "const a = 1\n;\n(1)", "a b=a default=a"},
		{"export { a };let a", ";let a", "a"},
		{"export {\n  a,\n  b,\n}\nfunction a() {}\nfunction b() {}", ";\n\n\n\nfunction a() {}\nfunction b() {}", "a b"},
		{"export {}", ";", ""},
		{"export { a, b as c, default, default as d } from " + x, "const _1 = require(0);", "a=_1.a c=_1.b d=_1.default default=_1.default"},
		{"export {\na\n}\nfrom " + x + ";1", "const _1 = require(0)\n\n\n;1", "a=_1.a"},
		{"export * as n from " + x, "const _1 = require(0);", "n=_1"},
		{"import { a, b } from " + x + "\nimport * as n from " + x + "\nexport { a, b as c, n }", "const { a, b } = require(0);\nconst n = require(1);\n;", "a c=b n"},
		{"import " + x + "; f()\nimport { a as b } from './y.mjs'\nexport { c } from './z.mjs'; function f() {}\nimport './y.mjs'", "require(0); const { a: b } = require(1); const _3 = require(2); require(3); f()\n;\n; function f() {}\n;", "c=_3.c"},
		{"x.import(1); x?.export; let y = { a: x.default }; var x = { import() {} }", "", ""},
		{"x.import(1); x?.export; x.require(x.module, x.exports); var x", "x.import(1); x?.export; x.require(x.module, x.exports); var x", ""},
		{"export const a = () => { let f = function () { return this } }, b = class { c = this }", "const a = () => { let f = function () { return this } }, b = class { c = this }", "a b"},
		{"export const é = 1", "const é = 1", "é"},
		{"export const a = '\\u2028 //', b = \"/*\", c = `*/`", "const a = '\\u2028 //', b = \"/*\", c = `*/`", "a b c"},
		{"export const get = 1, set = 2, async = 3, constructor = 4", "const get = 1, set = 2, async = 3, constructor = 4", "async constructor get set"},
	} {
		s, ok := bundle.ReadSimple(c.text)
		if !ok {
			if c.code != "" {
				t.Errorf("not simple:\n%s", c.text)
			}
			continue
		}
		want := c.code
		if !strings.HasSuffix(want, "\n") {
			want += "\n"
		}
		lines := strings.Count(c.text, "\n") + 1
		switch {
		case c.exports != "":
			want += "module.exports = {\n"
		case strings.Contains(c.text, "export {}"):
			want += "module.exports = {"
		}
		for _, one := range strings.Fields(c.exports) {
			name, value, other := strings.Cut(one, "=")
			if !other {
				value = name
			}
			want += "  get " + name + "() { return " + value + " },\n"
		}
		if strings.Contains(want, "module.exports = {") {
			want += "};\n" + endMark
		}
		if s.Code != want {
			t.Errorf("%s\nbecomes\n%s\nand not\n%s", c.text, s.Code, want)
		}
		if s.Map.Lines != lines {
			t.Errorf("%s\nhas %d lines, and not %d", c.text, s.Map.Lines, lines)
		}
	}
}

// TestExportStar: what is written for it.
func TestExportStar(t *testing.T) {
	s, ok := bundle.ReadSimple("export * from './a.mjs'; let _name\nexport * from './b.mjs'")
	const want = `const __1 = require(0); const __2 = require(1); let _name
;
module.exports = {};
` + endMark + `for (const __from of [__1, __2]) {
  for (const __name of Reflect.ownKeys(__from)) {
    if (__name !== "default" && !Reflect.getOwnPropertyDescriptor(module.exports, __name)) {
      Reflect.defineProperty(module.exports, __name, Reflect.getOwnPropertyDescriptor(__from, __name));
    }
  }
}
`
	if !ok || s.Code != want {
		t.Errorf("%v\n%s\nand not\n%s", ok, s.Code, want)
	}
}

// TestNotSimple: what is not surely simple is left to esbuild.
func TestNotSimple(t *testing.T) {
	for why, text := range map[string]string{
		"a first line for a shell":    "#!/usr/bin/env node\nexport const a = 1",
		"a mark":                      "\ufeffexport const a = 1",
		"another end of lines":        "// a\u2028export const a = 1",
		"yet another":                 "// a\rexport const a = 1",
		"in a comment":                "/* a\r*/export const a = 1",
		"a space nobody sees":         "export const\u00a0a = 1",
		"a comment of HTML":           "export const a = b <!--c\n",
		"its end":                     "export const a = b\n--> c",
		"an escape in a name":         "export const \\u0061 = 1",
		"an escape in a module's":     "import './\\x61.mjs'",
		"a name in quotes":            "const a = 1; export { a as 'b c' }",
		"import of such a name":       "import { 'b c' as a } from './x.mjs'",
		"a pattern":                   "export const { a, b: [c] } = d",
		"a pattern that follows":      "export const a = 1, [b] = [a]",
		"import()":                    "export const a = () => import('./x.mjs')",
		"import() at the top":         "import('./x.mjs')",
		"import.meta":                 "export const a = import.meta.url",
		"attributes":                  "import a from './x.json' with { type: 'json' }",
		"attributes of a re-export":   "export * from './x.json' with { type: 'json' }",
		"attributes of old":           "import a from './x.mjs' assert { type: 'x' }",
		"those of no name":            "import './x.mjs' assert {}",
		"a name kept for later":       "import { a as package } from './x.mjs'",
		"one kept, for a default":     "import static from './x.mjs'",
		"one kept, for all":           "import * as let from './x.mjs'",
		"a name that is there":        "export const undefined = 1",
		"a licence in what goes":      "export /*! (c) A */ default function () {}",
		"one in an import that moves": "f()\nimport {\n  // @license MIT\n  a } from './x.mjs'",
		"import defer":                "import defer * as n from './x.mjs'",
		"default and all":             "import d, * as n from './x.mjs'",
		"this at the top":             "export const a = this",
		"this in an arrow":            "export const a = () => this",
		"this that may be undefined":  "export const a = function () { return this && this.a }",
		"the same in parentheses":     "export const a = () => ((this)) && this.a",
		"this without an export":      "import './x.mjs'; function f() { return this }",
		"require":                     "export const a = typeof require",
		"module":                      "export const module = 1",
		"exports":                     "export const a = (exports) => 1",
		"module as an import":         "import { module } from './x.mjs'",
		"eval":                        "export let a = 1; eval('a = 2')",
		"Reflect":                     "const Reflect = 1; export const a = 1",
		"__proto__":                   "const a = 1; export { a as __proto__ }",
		"what is defined":             "export const a = DEFINED",
		"decorators":                  "@d export class A {}",
		"accessor":                    "export class A { accessor a = 1 }",
		"using":                       "using a = null; export const b = 1",
		"/ after }":                   "export const a = {} / 1",
		"a RegExp after }":            "{}\n/1/; export const a = 1",
		"/ after if ()":               "if (1) /a/.test(''); export const a = 1",
		"/ after of":                  "const of = 1; export const a = of / 1",
		"/ after ++":                  "let a = 1; export const b = a++ / 1",
		"a template that exports":     "const a = 'export const b'; export const b = 1",
		"a doubtful end":              "export const a = function () {}\n(1)",
		"a slash on a new line":       "let a\n/1/; export const b = 1",
		"a name with a meaning":       "export const __esModule = true",
		"the same, another way":       "const a = 1; export { a as __esModule }",
		"a comma after a doubt":       "export const a = function () {}\n(1), b = 1",
		"async as a name":             "var async\nexport default async\nfunction f() {}",
		"never ended, a string":       "export const a = 'b",
		"never ended, a template":     "export const a = `b${c",
		"never ended, a comment":      "export const a = 1 /*",
		"never ended, a RegExp":       "export const a = /b[/",
		"never ended, a bracket":      "export const a = [",
		"brackets that do not fit":    "export const a = [(1])",
		"more ended than begun":       "export const a = 1 }",
		"export in a block":           "{ export const a = 1 }",
		"a key that is called import": "export const a = { import: 1 }",
		"a require of a hash":         "// require('" + hashA + "')\nexport const a = 1",
		"NUL":                         "export const a = '\x00'",
		"no UTF-8":                    "export const a = '\xff'",
	} {
		if s, ok := bundle.ReadSimple(text, "DEFINED"); ok {
			t.Errorf("%s: %q is simple, as\n%s", why, text, s.Code)
		}
	}
}

// TestConstantExports: which exports surely keep the value that they have once their
// module has been evaluated.
func TestConstantExports(t *testing.T) {
	for text, want := range map[string]bool{
		"export const x = 1":                        true,
		"const x = 1; export { x }":                 true,
		"const y = 1, x = 2; export { x }":          true,
		"export let x = 1":                          true,
		"export var x":                              true,
		"export function x() {}":                    true,
		"export class x { a() { return x.b = 1 } }": true,
		"export default 1; export const x = 1":      true,
		"export function x() {} x.y = 1; x[0] = 2; a[x] = 3; f(x).y = 4; f(x)[x] += 1; let o = { x: 1, y: x }; var a = [], f": true,
		"export function x() {} export const f = y => x == y || x === y || x <= y || x >= y || x != y || x => 1":              true,
		"export function x() {} export const f = () => { const x = 1; let y; for (const x of []) {} for (let x in {}) {} }":   true,
		"export const x = 1; export const f = x => { x = 2; x++ }":                                                            true,
		"export let x = 1; x = 2": false, "export let x = 1; export const f = () => { x = 2 }": false, "export let x; x ??= 1": false, "export let x = 1; x **= 2": false,
		"export let x = 1; export const f = () => x++": false, "export let x = 1; export const f = () => --x": false, "export let x = 1; export const f = () => x >>>= 1": false,
		"export let x = 1; export const f = () => { [x] = [2] }": false, "export let x = 1; export const f = () => { ({ a: { x } } = y) }": false, "export let x = 1; export const f = () => { ({ a: [...x] } = y) }": false,
		"export let x = 1; export const f = () => { ({ x = 2 } = y) }": false, "export let x = 1; export const f = () => { for (x of y) {} }": false, "export let x = 1; export const f = () => { for (x in y) {} }": false,
		"export let x = 1; export const f = () => { for ([x] of y) {} }": false, "export let x = 1; export const f = () => { (x) = 1 }": false, "export let x = 1; export const f = () => { ((x))++ }": false,
		"export let x = 1; export const f = () => { if (y) [x] = [1] }": false, "export let x = 1; export const f = () => { while (y) (x) = 1 }": false, "export let x = 1; export const f = () => `${x = 1}`": false,
		"export let x = 1; export const f = () => { else_: [x] = [1] }": false, "export let x = 1; export const f = (y = x = 2) => 1": false, "export let x = 1; export const f = () => { return [x] = [1] }": false,
		"export function x() { x = 1 }": false, "export default function x() { x = 1 } export { x }": false, "export class x { static y = x = 1 }": false,
		"let x; function f() { x = 1 } export { x, f }": false, "var x = 1; { var x = 2 } export { x }": false, "let y = 1, x = 2; export { x, y }; export const f = () => (y, x = 3)": false,
		"export let x = 1; export const f = y => { var z\n[x] = [1] }": false, "export let x = 1; export const f = y => { a: { if (y) break a\n(x) = 1 } }": false,
		"export let x = 1; export const f = () => { for await (x of y) {} }": false, "export let x = 1; export const f = () => { do [x] = [1]; while (y) }": false,
		// It is, but that is not surely so.
		"export function x() {} export const f = (x = 1) => x": false, "const { x } = y; export { x }": false, "export function x() {} export const f = y => x in y": false,
	} {
		s, ok := bundle.ReadSimple(text)
		if !ok {
			t.Errorf("not simple: %s", text)
			continue
		}
		if local, got, own := s.Own("x"); got != want || local != "x" || !own {
			t.Errorf("%s is %v for %s", local, got, text)
		}
	}
}
