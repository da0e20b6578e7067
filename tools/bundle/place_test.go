package bundle_test

import (
	"strings"
	"testing"

	"qvat/chains"
	"qvat/tools/bundle"
)

// TestPlaces: where a program throws is told as a place in the author's file.
// The place stands between « and ».
func TestPlaces(t *testing.T) {
	table := []struct {
		name  string
		files sources
		file  string // of the place, where it is not called as on the disk
	}{
		{"CommonJS, as it is", sources{"main.js": "// a comment\n\nexports.main = () => {\n  const x = 1\n  throw «new Error»('here')\n}"}, ""},
		{"CommonJS, at the top", sources{"main.js": "require('./a'); exports.main = () => 1", "a.js": "exports.a = 1\n\n\tif (exports.a) throw «new Error»('here')\n"}, ""},
		{"CommonJS that is printed again", sources{"main.js": "const y = require('./a'), z = require('./a')\n\n\nexports.main = () => {\n\n  /* a comment */ y.f(1,\n     2)\n}", "a.js": "// global is spoken of\nexports.f = (\n  a,\n  b\n) => {\n\n  // more\n  if (global.x) return\n\n\n\n  throw «new TypeError»('here')\n}"}, ""},
		{"CommonJS with a long head of requires", sources{"main.js": "const a = require('./a'),\n  b = require('./b');\nexports.main = () => { a.n + b.n; throw «new Error»('here') }", "a.js": "exports.n = 1", "b.js": "exports.n = 2"}, ""},
		{"after a notice", sources{"main.mjs": "import { f } from './a.mjs'\nexport const main = () => f()", "a.mjs": "/* Copyright somebody\n * who says much\n */\n// Licensed under terms\n\n\nexport function f() {\n  throw «new Error»('here')\n}"}, ""},
		{"after a legal comment", sources{"main.mjs": "/*! Copyright\n somebody */\n\nexport const main = () => {\n  /** @license of a part */\n  throw «new Error»('here')\n}"}, ""},
		{"an ES module", sources{"main.mjs": "import { f } from './lib/a.mjs'\n\nexport const main = async () => {\n  await null\n  return f()\n}", "lib/a.mjs": "import './b.mjs'\nexport * from './b.mjs'\nexport default class { }\n\nexport const f = () => {\n\n\n  throw «new Error»('here')\n}", "lib/b.mjs": "export const z = 1"}, ""},
		{"TypeScript", sources{"main.ts": "import type { T } from './t'\nimport { make } from './lib/make'\n\ninterface Input {\n  a: number\n}\n\nexport const main = ({ input }: { input?: Input }): T => make(input?.a ?? 1)", "t.ts": "export type T = number", "lib/make.ts": "enum Kind {\n  A,\n  B,\n}\n\nabstract class Base<T> {\n  constructor(private readonly n: T) {}\n}\n\nexport function make(n: number): number {\n  type Local = string\n  const k: Kind = Kind.B\n  if (k === Kind.B) {\n    const l = `${n}` as Local\n    throw «new RangeError»('here')\n  }\n  return n\n}\n"}, ""},
		{"TypeScript with decorators", sources{"main.ts": "const note = (f: any, _: unknown) => f\nclass A {\n  @note\n  run(): never {\n    throw «new Error»('here')\n  }\n}\nexport const main = () => new A().run()"}, ""},
		{"TSX", sources{"main.tsx": "const h = (n: string, p: unknown, ...k: unknown[]) => {\n  throw «new Error»('here')\n}\n/** @jsx h */\nexport const main = () => (\n  <a>\n    <b/>\n  </a>\n)"}, ""},
		{"a circle of CommonJS", sources{"main.js": "exports.main = () => require('./lib/a').f()", "lib/a.js": "const b = require('./b')\nexports.f = () => b.g()\nexports.n = 1", "lib/b.js": "const a = require('./a')\n\n\nexports.g = () => {\n  if (a.n) throw «new Error»('here')\n}"}, ""},
		{"a circle of ES modules, by two entries", sources{"main.mjs": "import { f } from './lib/a.mjs'\nimport { g } from './lib/b.mjs'\nexport const main = () => f() + g()", "lib/a.mjs": "import { g } from './b.mjs'\nexport const n = 1\nexport const f = () => g()", "lib/b.mjs": "import { n } from './a.mjs'\n\n\nexport const g = () => {\n  const why = 'here'\n  if (n) throw «new Error»(why)\n}"}, ""},
		{"beside a circle by two entries", sources{"main.mjs": "import { f } from './lib/a.mjs'\nimport { g } from './lib/b.mjs'\nexport const main = () => {\n\n  f(); g()\n  throw «new Error»('here')\n}", "lib/a.mjs": "import { g } from './b.mjs'\nexport const n = 1\nexport const f = () => g()", "lib/b.mjs": "import { n } from './a.mjs'\nexport const g = () => n"}, ""},
		{"a package", sources{"main.mjs": "import p from 'p'\nexport const main = () => p()", "node_modules/p/package.json": `{"module":"lib/m.mjs"}`, "node_modules/p/lib/m.mjs": "import './n.mjs'\n\nexport default function () {\n  throw «new Error»('here')\n}", "node_modules/p/lib/n.mjs": ""}, "p/lib/m.mjs"},
		{"everything as one program", sources{"package.json": `{"qvat":{"merge":["*"]}}`, "main.js": "const p = require('p')\nexports.main = () => p.f()", "node_modules/p/index.js": "const n = 1\nexports.f = () => {\n  throw «new Error»('here')\n}"}, "p/index.js"},
		{"with the shim of a global", sources{"package.json": `{"qvat":{"shims":{"process":"./p.js"}}}`, "main.js": "\n\nexports.main = () => {\n  process.f()\n\n  throw «new Error»('here')\n}", "p.js": "exports.f = () => 1"}, ""},
		{"in the shim of a global", sources{"package.json": `{"qvat":{"shims":{"process":"./p.js"}}}`, "main.js": "exports.main = () => process.f()", "p.js": "exports.f = () => {\n\n throw «new Error»('here') }"}, ""},
		{"with something defined", sources{"package.json": `{"qvat":{"define":{"LIMITS":{"a":[1,2]}}}}`, "main.mjs": "export const main = () => {\n  if (LIMITS.a) {\n    throw «new Error»('here')\n  }\n}"}, ""},
		{"after a mark and CRLF", sources{"main.mjs": "\ufeffimport './a.mjs'\r\n\r\n/* a\r\nb */\r\nexport const main = () => {\r\n  throw «new Error»('here')\r\n}\r\n", "a.mjs": ""}, ""},
		{"CommonJS after CRLF", sources{"main.js": "\r\n/* a\r\nb */\r\nexports.main = () => {\r\n  throw «new Error»('here')\r\n}\r\n"}, ""},
		{"CommonJS after a mark", sources{"main.js": "\ufeffexports.main = () => {\n  throw «new Error»('here')\n}\n"}, ""},
		{"after a shell's line", sources{"main.js": "#!/usr/bin/env node\n\nexports.main = () => {\n  throw «new Error»('here')\n}"}, ""},
		{"after a shell's line, ES module", sources{"main.mjs": "#!/usr/bin/env node\nimport './a.mjs'\nexport const main = () => {\n  throw «new Error»('here')\n}", "a.mjs": ""}, ""},
		{"after non-ASCII", sources{"main.mts": "/* é日本😀 */\nexport const main = () => { const é = 'é日本😀'; throw «new Error»(é) }"}, ""},
		{"an ES module after non-ASCII", sources{"main.mjs": "/* é日本😀 */\nexport const main = () => { const é = 'é日本😀'\n throw «new Error»(é) }"}, ""},
		{"an ES module of one line", sources{"main.mjs": "import{a as b,c}from'./a.mjs';import d from'./a.mjs';export{b as x};export const main=()=>{throw «new Error»('here')};export*from'./a.mjs'", "a.mjs": "export const a=1,c=2;export default 3"}, ""},
		{"CommonJS after non-ASCII", sources{"main.js": "/* é日本😀 */\nexports.main = () => { const é = 'é日本😀'\n throw «new Error»(é) }"}, ""},
		{"after a template of many lines", sources{"main.mjs": "export const main = () => {\n  const t = `\n\n  ${1}\n// main.mjs\n`\n  throw «new Error»(t)\n}"}, ""},
		{"in one long line", sources{"main.js": "function fun() {};" + strings.Repeat("fun();", 5000) + "exports.main=function(){throw «new Error»('here')};" + strings.Repeat("fun();", 5000)}, ""},
		{"in one long line, ES module", sources{"main.mjs": "function fun() {};" + strings.Repeat("fun();", 5000) + "export const main=function(){throw «new Error»('here')};" + strings.Repeat("fun();", 5000)}, ""},
		{"of a call that is none", sources{"main.ts": "const o: any = { a: {} }\n\nexport const main = () => {\n  const x = 1\n  return o.a«.b»()\n}"}, ""},
		{"of a property of nothing", sources{"main.mjs": "import * as x from './x.mjs'\nexport const main = () => {\n\n  return «x.nothing.y»\n}", "x.mjs": "export let nothing; export const f = () => { nothing = 1 }"}, ""},
		{"of a name that is nobody's", sources{"main.js": "exports.main = () => {\n\n  return «nobody»\n}"}, ""},
	}
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			var want bundle.Place
			var length int
			for name, text := range c.files {
				if strings.Contains(text, "«") {
					want.File = name
					c.files[name], want.Line, want.Column, length = place(t, text)
					// A map counts in UTF-16 units.
					line := lineOf(c.files[name], want.Line)
					want.Column, length = units(line[:want.Column-1])+1, units(line[want.Column-1:want.Column-1+length])
				}
			}
			if c.file != "" {
				want.File = c.file
			}
			b := build(t, bundle.Options{Path: project(t, c.files)})
			f := thrown(t, b)
			h, err := chains.ParseHash(f.Program)
			if err != nil {
				t.Fatalf("%v has no place", f)
			}
			got, ok := b.Map.Position(h, f.Line, f.Column)
			if !ok || got.File != want.File || got.Line != want.Line {
				t.Fatalf("%d:%d is %v (%v), and not %v\n%s", f.Line, f.Column, got, ok, want, texts(b))
			}
			// The engine may point at any part of what is marked, or at a call's
			// bracket that follows it, or at what is in there.
			if got.Column < want.Column || got.Column > want.Column+length+1 {
				t.Errorf("%d:%d is column %d, and not %d to %d: %.100s", f.Line, f.Column, got.Column, want.Column, want.Column+length, f.Message)
			}
		})
	}
}

// units counts the UTF-16 units of a text.
func units(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

// TestNoPlace: what nobody wrote has no place.
func TestNoPlace(t *testing.T) {
	b := build(t, bundle.Options{Path: project(t, sources{
		"main.mjs": "import { a } from './a.mjs'; import { b } from './b.mjs'; export const main = () => [a, b]",
		"a.mjs":    "import './b.mjs'; export const a = 1", "b.mjs": "import './a.mjs'; export const b = 1",
	})})
	for _, m := range b.Bundle.Modules {
		lines := strings.Count(m.Program.Text(), "\n") + 1
		for line := range lines + 5 {
			for _, column := range []int{0, 1, 30, 1 << 40} {
				if p, ok := b.Map.Position(m.Program.Hash(), line, column); ok && (p.File != "main.mjs" && p.File != "a.mjs" && p.File != "b.mjs" || p.Line < 1 || p.Line > 1 || p.Column < 1) {
					t.Errorf("%s:%d:%d is %v", m.Name, line, column, p)
				}
			}
		}
	}
}
