package bundle_test

import (
	"testing"

	"qvat/tools/bundle"
)

// TestResolution: which file a name leads to.
func TestResolution(t *testing.T) {
	check(t, []meaning{
		{"exports: conditions", sources{
			"main.mjs": "import a from 'p'; import b from 'p/x'; import { createRequire } from './no.cjs'; import c from './c.cjs'; export const main = () => [a, b, c, createRequire]",
			"no.cjs":   "exports.createRequire = 'none'", "c.cjs": "module.exports = [require('p'), require('p/x')]",
			"node_modules/p/package.json": `{"exports":{".":{"qvat":"./qvat.js","default":"./default.js"},"./x":{"node":"./node.js","browser":"./browser.js","import":"./import.mjs","require":"./require.cjs"}}}`,
			"node_modules/p/qvat.js":      "module.exports = 'qvat'", "node_modules/p/default.js": "module.exports = 'default'", "node_modules/p/import.mjs": "export default 'import'", "node_modules/p/require.cjs": "module.exports = 'require'",
		}, `["qvat","import",["qvat","require"],"none"]`},
		{"exports: module, and default", sources{
			"main.js":                     "exports.main = () => [require('p').x, require('p/y')]",
			"node_modules/p/package.json": `{"exports":{".":{"module":"./module.mjs","require":"./require.cjs"},"./y":{"development":"./no.js","default":"./y.js"}}}`,
			"node_modules/p/module.mjs":   "export const x = 'module'", "node_modules/p/require.cjs": "exports.x = 'require'", "node_modules/p/y.js": "module.exports = 'default'",
		}, `["module","default"]`},
		{"exports: patterns, and what is shut", sources{
			"main.js":                     "let shut; try { shut = require('p/lib/secret/x.js') } catch { shut = 'shut' } exports.main = () => [require('p/f/a'), shut]",
			"node_modules/p/package.json": `{"exports":{"./f/*":"./lib/*.js","./lib/secret/*":null}}`,
			"node_modules/p/lib/a.js":     "module.exports = 'a'", "node_modules/p/lib/secret/x.js": "module.exports = 'secret'",
		}, `["a","shut"]`},
		{"main fields: module goes before main", sources{"main.js": "import { x } from 'p'; export const main = () => x", "node_modules/p/package.json": `{"main":"./a.js","module":"./b.mjs","browser":"./c.js"}`, "node_modules/p/a.js": "exports.x = 'main'", "node_modules/p/b.mjs": "export const x = 'module'", "node_modules/p/c.js": "exports.x = 'browser'"}, `"module"`},
		{"main: a folder, a file without extension, nothing", sources{
			"main.js":                     "exports.main = () => ['p', 'q', 'r'].map(n => ({ p: require('p'), q: require('q'), r: require('r') })[n])",
			"node_modules/p/package.json": `{"main":"lib"}`, "node_modules/p/lib/index.js": "module.exports = 'lib'",
			"node_modules/q/package.json": `{"main":"./dist/q"}`, "node_modules/q/dist/q.js": "module.exports = 'q'", "node_modules/r/index.js": "module.exports = 'r'",
		}, `["lib","q","r"]`},
		{"subpath imports", sources{
			"package.json": `{"imports":{"#x":"./lib/x.js","#c":{"qvat":"./lib/qvat.js","default":"./lib/x.js"},"#d/*":"./lib/*.js","#p":"p"}}`,
			"main.js":      "exports.main = () => [require('#x'), require('#c'), require('#d/x'), require('#p')]",
			"lib/x.js":     "module.exports = 'x'", "lib/qvat.js": "module.exports = 'qvat'", "node_modules/p/index.js": "module.exports = 'p'",
		}, `["x","qvat","x","p"]`},
		{"subpath imports of a package", sources{"main.js": "exports.main = () => require('p')", "node_modules/p/package.json": `{"imports":{"#x":{"import":"./i.mjs","require":"./r.cjs"}}}`, "node_modules/p/index.js": "module.exports = require('#x')", "node_modules/p/i.mjs": "export default 'i'", "node_modules/p/r.cjs": "module.exports = 'r'"}, `"r"`},
		{"a package by its own name", sources{"package.json": `{"name":"self","exports":{"./x":"./lib/x.js"}}`, "main.js": "exports.main = () => [require('self/x'), require('p').y]", "lib/x.js": "module.exports = 'x'", "node_modules/p/package.json": `{"name":"p","exports":{".":"./a.js","./b":"./b.js"}}`, "node_modules/p/a.js": "exports.y = require('p/b')", "node_modules/p/b.js": "module.exports = 'b'"}, `["x","b"]`},
		{"scoped packages", sources{"main.js": "exports.main = () => [require('@s/a'), require('@s/b/x'), require('@s/a/package.json').name]", "node_modules/@s/a/package.json": `{"name":"@s/a"}`, "node_modules/@s/a/index.js": "module.exports = 'a'", "node_modules/@s/b/x.js": "module.exports = 'b'"}, `["a","b","@s/a"]`},
		{"two versions", sources{
			"main.js": "exports.main = () => [require('p'), require('q')]", "node_modules/p/index.js": "module.exports = 'p1'",
			"node_modules/q/index.js": "module.exports = ['q', require('p')]", "node_modules/q/node_modules/p/index.js": "module.exports = 'p2'",
		}, `["p1",["q","p2"]]`},
		{"links, as pnpm lays them", sources{
			"main.js":        "exports.main = () => [require('a'), require('@s/b').x]",
			"node_modules/a": "-> .pnpm/a@1.0.0/node_modules/a", "node_modules/@s/b": "-> ../.pnpm/@s+b@2.0.0/node_modules/@s/b",
			"node_modules/.pnpm/a@1.0.0/node_modules/a/index.js":       "module.exports = ['a1', require('b')]",
			"node_modules/.pnpm/a@1.0.0/node_modules/b":                "-> ../../b@1.0.0/node_modules/b",
			"node_modules/.pnpm/b@1.0.0/node_modules/b/index.js":       "module.exports = 'b1'",
			"node_modules/.pnpm/@s+b@2.0.0/node_modules/@s/b/index.js": "exports.x = 'sb2'",
		}, `[["a1","b1"],"sb2"]`},
		{"a linked module", sources{"main.js": "exports.main = () => [require('./a').n, require('./b').n]", "a.js": "-> real/x.js", "b": "-> real", "real/x.js": "exports.n = require('./y')", "real/y.js": "module.exports = 1", "real/index.js": "exports.n = 2"}, `[1,2]`},
		{"links in a circle", sources{"main.js": "exports.main = () => require('p')", "loop": "-> .", "node_modules/p/index.js": "module.exports = require('p/p/p/x')", "node_modules/p/p": "-> .", "node_modules/p/x.js": "module.exports = 'x'"}, `"x"`},
		{"a package that can do without", sources{"main.js": "exports.main = () => require('p')", "node_modules/p/package.json": `{"browser":{"crypto":false,"fs":false,"./x.js":false}}`, "node_modules/p/index.js": "module.exports = [Object.keys(require('crypto')), require('fs').readFile === undefined, require('./x.js')]", "node_modules/p/x.js": "module.exports = 'x'"}, `[[],true,"x"]`},
		{"a package of a builtin's name", sources{"main.js": "exports.main = () => [require('events'), require('util/')]", "node_modules/events/index.js": "module.exports = 'events'", "node_modules/util/index.js": "module.exports = 'util'"}, `["events","util"]`},
		{"what nothing has an effect for", sources{"main.mjs": "import 'p'; import { x } from 'q'; export const main = () => x", "node_modules/p/package.json": `{"sideEffects":false}`, "node_modules/p/index.js": "exports.x = 1", "node_modules/q/package.json": `{"sideEffects":["./keep.mjs"],"module":"m.mjs"}`, "node_modules/q/m.mjs": "import './side.mjs'; import './keep.mjs'; export { y as x } from './y.mjs'", "node_modules/q/side.mjs": "export const u = 1", "node_modules/q/keep.mjs": "export const k = 1", "node_modules/q/y.mjs": "export const y = 2"}, `2`},
		{"what may fail, does", sources{"main.js": "let a = 'none', b; try { a = require('nobody') } catch { } try { b = require('./nobody') } catch (e) { b = 'caught' } exports.main = async () => [a, b, await import('nobody').catch(() => 'rejected')]"}, `["none","caught","rejected"]`},
		{"JSON", sources{"main.mjs": "import all, { b, 'a-b' as c } from './a.json'; import * as n from './a.json'; import t from './a.json' with { type: 'json' }; export const main = () => [all, b, c, n.b, t.b]", "a.json": "\ufeff" + `{"b":[1],"a-b":"é😀","c":null}`}, `[{"b":[1],"a-b":"é😀","c":null},[1],"é😀",[1],[1]]`},
		{"JSON by require", sources{"main.js": "exports.main = () => [require('./a.json').b, require('./n.json'), require('./s'), require('./e.json')]", "a.json": `{"b":[1]}`, "n.json": "5", "s.json": `"x"`, "e.json": "{}"}, `[[1],5,"x",{}]`},
		{"names of the language's own in JSON", sources{"main.js": "const a = require('./a.json'); exports.main = () => [Object.keys(a), Object.getOwnPropertyDescriptor(a, '__proto__').value, a.constructor, a.b, Object.getPrototypeOf(a) === Object.prototype]", "a.json": `{"__proto__":5,"constructor":1,"b":2}`}, `[["__proto__","constructor","b"],5,1,2,true]`},
		{"text", sources{"main.mjs": "import t from './a.txt'; export const main = () => t", "a.txt": "\ufeffa `${b}` \\ \r\n\u2028é😀"}, `"a ` + "`${b}`" + ` \\ \r\n` + "\u2028" + `é😀"`},
		{"a module twice", sources{"main.js": "const a = require('./a'), b = require('./a.js'), c = require('./sub/../a'); exports.main = () => { a.add(); return [a === b, b === c, c.n()] }", "a.js": "let n = 0; exports.add = () => { n++ }; exports.n = () => n", "sub/x.js": ""}, `[true,true,1]`},
	})
}

// TestMainModule: which file a project's main is.
func TestMainModule(t *testing.T) {
	const say = "exports.main = () => 'X'"
	table := []struct {
		name, path string
		files      sources
		want       string
	}{
		{"main.js goes before main.ts", "", sources{"main.js": replace(say, "X", "js"), "main.ts": "x"}, `"js"`},
		{"main.ts", "", sources{"main.ts": "export const main = () => 'ts'", "index.js": "x"}, `"ts"`},
		{"package.json's main", "", sources{"package.json": `{"main":"lib/a.js"}`, "lib/a.js": replace(say, "X", "a"), "index.js": "x"}, `"a"`},
		{"package.json's main without extension", "", sources{"package.json": `{"main":"./lib/a"}`, "lib/a.js": replace(say, "X", "a")}, `"a"`},
		{"package.json's main as a folder", "", sources{"package.json": `{"main":"lib"}`, "lib/index.js": replace(say, "X", "lib")}, `"lib"`},
		{"qvat's main goes before all", "", sources{"package.json": `{"main":"x.js","qvat":{"main":"src/a.ts"}}`, "main.js": "x", "src/a.ts": "export const main = () => 'a'"}, `"a"`},
		{"index.js", "", sources{"index.js": replace(say, "X", "index")}, `"index"`},
		{"index.ts", "", sources{"index.ts": "export const main = () => 'index'"}, `"index"`},
		{"a file", "src/a.js", sources{"main.js": "x", "src/a.js": "exports.main = () => require('#x')", "package.json": `{"imports":{"#x":"./x.js"}}`, "x.js": "module.exports = 'x'"}, `"x"`},
		{"a linked main", "", sources{"main.js": "-> src/deep/m.js", "src/deep/m.js": "exports.main = () => require('./n')", "src/deep/n.js": "module.exports = 'n'"}, `"n"`},
		{"a folder of main's name is none", "", sources{"main.js/x.js": "", "main.ts": "export const main = () => 'ts'"}, `"ts"`},
	}
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			dir := project(t, c.files)
			if got := answer(t, build(t, bundle.Options{Path: dir + "/" + c.path})); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// TestNames: files may be called as they like.
func TestNames(t *testing.T) {
	for _, name := range []string{
		"with space", "quote'single", `quote"double`, "back`tick", "dollar${x}", "é", "日本", "😀", "a+b", "a#b", "a%20b", "a?b", "[a]", "{a}",
		"constructor", "__proto__", "default", "index", "require", "exports", "1", "-", "...", "node_modules-not", "main_exports", "tab\there", "line\nbreak", "cr\rhere", "ls\u2028here", "nul-like\x01", "bidi\u202e",
	} {
		t.Run(name, func(t *testing.T) {
			quoted := mustJSON(t, "./"+name)
			files := sources{name + ".js": "import { b } from " + mustJSON(t, "./dir "+name+"/b.mjs") + "; export const a = b", "dir " + name + "/b.mjs": "export const b = 1", "dir " + name + "/c.cjs": "exports.c = 2"}
			files["main.mjs"] = "import { a } from " + quoted + "; import { c } from " + mustJSON(t, "./dir "+name+"/c.cjs") + "; export const main = () => [a, c]"
			if got := evaluate(t, files); got != "[1,2]" {
				t.Errorf("got %s", got)
			}
			// The same, in circles.
			files["dir "+name+"/b.mjs"] += "; import " + mustJSON(t, "../"+name+".js")
			files["dir "+name+"/c.cjs"] += "; require(" + mustJSON(t, "../"+name+".js") + ")"
			files["main.mjs"] += "; import " + mustJSON(t, "./dir "+name+"/b.mjs")
			if got := evaluate(t, files); got != "[1,2]" {
				t.Errorf("in a circle: got %s", got)
			}
		})
	}
}
