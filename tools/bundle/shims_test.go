package bundle_test

import (
	"strings"
	"testing"

	"qvat/tools/bundle"
)

// TestShims: what stands in for what a vat has not.
func TestShims(t *testing.T) {
	table := []struct {
		name  string
		files sources
		shims map[string]string // those of the command line
		want  string
	}{
		{"a module", sources{"main.js": "exports.main = () => require('crypto').x", "c.js": "exports.x = 1"}, map[string]string{"crypto": "./c.js"}, `1`},
		{"a module by node:", sources{"main.mjs": "import { x } from 'node:crypto'; import c from 'crypto'; export const main = () => [x, c.x]", "c.js": "exports.x = 1"}, map[string]string{"crypto": "./c.js"}, `[1,1]`},
		{"a module by a package", sources{"main.js": "exports.main = () => require('path').x", "node_modules/path-browserify/index.js": "exports.x = 1"}, map[string]string{"path": "path-browserify"}, `1`},
		{"a module by TypeScript", sources{"main.ts": "import * as c from 'crypto'; export const main = () => c.x", "shims/c.ts": "export const x: number = 1"}, map[string]string{"crypto": "./shims/c.ts"}, `1`},
		{"a module's part", sources{"main.js": "exports.main = () => require('fs/promises').x", "c.js": "exports.x = 1"}, map[string]string{"fs/promises": "./c.js"}, `1`},
		{"of package.json", sources{"package.json": `{"qvat":{"shims":{"crypto":"./c.js","fs":false}}}`, "main.js": "exports.main = () => [require('crypto').x, Object.keys(require('fs'))]", "c.js": "exports.x = 1"}, nil, `[1,[]]`},
		{"those of the command line go before", sources{"package.json": `{"qvat":{"shims":{"crypto":"./c.js"}}}`, "main.js": "exports.main = () => require('crypto').x", "c.js": "exports.x = 1", "d.js": "exports.x = 2"}, map[string]string{"crypto": "./d.js"}, `2`},
		{"a module that is absent", sources{"main.js": "const fs = require('fs'); exports.main = () => [typeof fs.readFile, Object.keys(fs)]"}, map[string]string{"fs": ""}, `["undefined",[]]`},
		{"a module that is absent, imported", sources{"main.mjs": "import fs, { readFile } from 'node:fs'; import * as all from 'fs'; export const main = () => [typeof fs, typeof readFile, Object.keys(all)]"}, map[string]string{"fs": ""}, `["object","undefined",["default"]]`},
		{"a package that is absent", sources{"main.js": "exports.main = () => Object.keys(require('heavy'))"}, map[string]string{"heavy": ""}, `[]`},
		{"a package by a module", sources{"main.js": "exports.main = () => require('heavy').x", "node_modules/heavy/index.js": "exports.x = 'heavy'", "light.js": "exports.x = 'light'"}, map[string]string{"heavy": "./light.js"}, `"light"`},
		{"a global", sources{"main.js": "exports.main = () => Buffer.from(1)", "b.js": "exports.from = x => x + 1"}, map[string]string{"Buffer": "./b.js"}, `2`},
		{"a global by a default export", sources{"main.mjs": "export const main = () => [fetch(1), typeof fetch]", "f.mjs": "export default x => x + 1"}, map[string]string{"fetch": "./f.mjs"}, `[2,"function"]`},
		{"a global by a package", sources{"main.ts": "export const main = () => new URL('x').href", "node_modules/url-shim/index.js": "module.exports = class { constructor(s) { this.href = s + '!' } }"}, map[string]string{"URL": "url-shim"}, `"x!"`},
		{"a global that the realm has", sources{"main.js": "exports.main = () => Math.random()", "m.js": "module.exports = { ...Math, random: () => 4 }"}, map[string]string{"Math": "./m.js"}, `4`},
		{"a global in a package", sources{"main.js": "exports.main = () => require('p')()", "node_modules/p/index.js": "module.exports = () => process.platform", "p.js": "exports.platform = 'vat'"}, map[string]string{"process": "./p.js"}, `"vat"`},
		{"a global in a circle", sources{"main.js": "exports.main = () => require('./a').a()", "a.js": "const b = require('./b'); exports.a = () => b.b(); exports.x = 1", "b.js": "const a = require('./a'); exports.b = () => process.x + a.x", "p.js": "exports.x = 1"}, map[string]string{"process": "./p.js"}, `2`},
		{"a global that is absent", sources{"main.js": "let e; try { Buffer.from(1) } catch (x) { e = x.name } exports.main = () => e"}, map[string]string{"Buffer": ""}, `"ReferenceError"`},
		{"a shadowed name is no global", sources{"main.js": "exports.main = (process = { x: 2 }) => { const Buffer = 1; return [Buffer, (fetch => fetch)(3), { setTimeout: 4 }.setTimeout] }", "b.js": "throw new Error('nobody wants it')"}, map[string]string{"Buffer": "./b.js", "process": "./b.js", "fetch": "./b.js"}, `[1,3,4]`},
		{"a shim that nobody uses is not there", sources{"main.js": "exports.main = () => 1", "b.js": "throw new Error('nobody wants it')"}, map[string]string{"Buffer": "./b.js"}, `1`},
		{"module and global at once", sources{"main.js": "exports.main = () => [process.x, require('process').x, require('node:process') === process]", "p.js": "exports.x = 1"}, map[string]string{"process": "./p.js"}, `[1,1,true]`},
		{"module and global at once, absent", sources{"main.js": "let e; try { process.x } catch (x) { e = x.name } exports.main = () => [e, Object.keys(require('process'))]"}, map[string]string{"process": ""}, `["ReferenceError",[]]`},
		{"several, of which one uses another module's shim", sources{"main.js": "exports.main = () => [Buffer.x, process.x]", "b.js": "exports.x = require('crypto').x", "p.js": "exports.x = require('./b').x + 1", "c.js": "exports.x = 1"}, map[string]string{"Buffer": "./b.js", "process": "./p.js", "crypto": "./c.js"}, `[1,2]`},
		{"one that asks whether it is there", sources{"main.js": "exports.main = () => Buffer.x", "b.js": "exports.x = typeof Buffer"}, map[string]string{"Buffer": "./b.js"}, `"undefined"`},
		{"main in a circle with it", sources{"main.js": "exports.name = 'm'; require('./b'); exports.main = () => Buffer.from()", "b.js": "const m = require('./main.js'); exports.from = () => m.name"}, map[string]string{"Buffer": "./b.js"}, `"m"`},
		{"everything as one program", sources{"package.json": `{"qvat":{"merge":["*"]}}`, "main.mjs": "import './x.mjs'; export const main = () => [Buffer.x, process.x]", "x.mjs": "export default 1", "b.js": "exports.x = 1", "p.mjs": "export default { x: 2 }"}, map[string]string{"Buffer": "./b.js", "process": "./p.mjs"}, `[1,2]`},
		{"a package as one program, with a global", sources{"package.json": `{"qvat":{"merge":["p"]}}`, "main.mjs": "import p from 'p'; import { y } from 'p/lib/y'; export const main = () => [p, y, Buffer.x]", "node_modules/p/index.js": "exports.a = Buffer.x; exports.b = require('./lib/y').y", "node_modules/p/lib/y.js": "exports.y = 'y'", "b.js": "exports.x = 1"}, map[string]string{"Buffer": "./b.js"}, `[{"a":1,"b":"y"},"y",1]`},
		{"global is globalThis", sources{"main.js": "exports.main = () => [global === globalThis, typeof global.Array]"}, nil, `[true,"function"]`},
		{"global as a shim", sources{"main.js": "exports.main = () => global.x", "g.js": "exports.x = 1"}, map[string]string{"global": "./g.js"}, `1`},
		{"what production is", sources{"main.js": "exports.main = () => { if (process.env.NODE_ENV !== 'production') require('fs'); return process.env.NODE_ENV }"}, nil, `"production"`},
	}
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			b := build(t, bundle.Options{Path: project(t, c.files), Shims: c.shims})
			if got := answer(t, b); got != c.want {
				t.Errorf("got  %s\nwant %s\n%s", got, c.want, texts(b))
			}
			for _, m := range b.Modules {
				if strings.Contains(c.name, "not there") && m.Name == "b.js" {
					t.Error("a shim that nobody uses is in the bundle")
				}
			}
		})
	}
}

// TestDefine: JSON in the place of names that nothing declares.
func TestDefine(t *testing.T) {
	files := sources{
		"package.json": `{"qvat":{"define":{"LIMIT":10,"NAMES":["a",{"b":null}],"TEXT":"package"}}}`,
		"main.js":      "exports.main = (_, TEXT_ = TEXT) => { const f = LIMIT => LIMIT; return [LIMIT, NAMES, TEXT_, f(1), { LIMIT }, typeof LIMIT, require('p'), DEBUG, FLAG, require('./es.mjs').x, NAMES === NAMES] }",
		"es.mjs":       "export const x = NAMES[0]", "node_modules/p/index.js": "module.exports = LIMIT",
	}
	b := build(t, bundle.Options{Path: project(t, files), Define: map[string]string{"TEXT": `"flag"`, "DEBUG": "false", "FLAG": `"é\u2028\""`}})
	if got, want := answer(t, b), `[10,["a",{"b":null}],"flag",1,{"LIMIT":10},"number",10,false,"é`+"\u2028"+`\"","a",true]`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestMerge: packages, or everything, as one program.
func TestMerge(t *testing.T) {
	files := sources{
		"main.js":                 "const p = require('p'), y = require('p/y'); require('./own'); exports.main = () => [p.list, y.extra, require('q').x]",
		"own.js":                  "exports.own = 1",
		"node_modules/p/index.js": "exports.list = []; require('./y').extra = 'changed'; require('./z')", "node_modules/p/y.js": "exports.y = 1", "node_modules/p/z.js": "require('.').list.push('z')",
		"node_modules/q/index.js": "exports.x = require('p').list.length",
	}
	for _, c := range []struct {
		merge    string
		programs int
	}{{`["p"]`, 4}, {`["*"]`, 1}, {`["p","q"]`, 4}} {
		files["package.json"] = `{"qvat":{"merge":` + c.merge + `}}`
		b := build(t, bundle.Options{Path: project(t, files)})
		if got := answer(t, b); got != `[["z"],"changed",1]` {
			t.Errorf("%s: got %s", c.merge, got)
		}
		n := 0
		for _, m := range b.Modules {
			if m.Name != "esbuild's helpers" {
				n++
			}
		}
		if n != c.programs {
			t.Errorf("%s: %d programs, want %d: %v", c.merge, n, c.programs, hashes(b))
		}
	}
}
