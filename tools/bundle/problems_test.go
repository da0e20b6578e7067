package bundle_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"qvat/tools/bundle"
)

// mistake is a source with one mistake, which stands between « and ».
type mistake struct {
	name, source string
	text, hint   string // parts of what is said
}

// mistakes are one of each kind.
func mistakes() []mistake {
	return []mistake{
		{"a module of Node.js", "const x = require(«'fs'»)", `"fs" is part of Node.js, and a vat has no such thing`, "qvat:files"},
		{"a module of Node.js, imported", "import «\"node:crypto\"»", `"node:crypto" is part of Node.js`, "qvat:random"},
		{"a part of a module of Node.js", "const x = require(«'fs/promises'»)", `"fs/promises" is part of Node.js`, "qvat:files"},
		{"a module of Node.js without advice", "export * from «'zlib'»", `"zlib" is part of Node.js`, "--shim zlib=MODULE names what stands in for it; --shim zlib= says that it is not needed"},
		{"a package", "const x = require(«'nobody'»)", `there is no package "nobody"`, "npm install nobody"},
		{"a file of a package", "export { default as x } from «'@some/body/lib/x.js'»", `there is no package "@some/body/lib/x.js"`, "npm install @some/body"},
		{"a file", "export { default as x } from «'./nobody.js'»", `could not resolve "./nobody.js"`, ""},
		{"a file, imported late", "export const f = () => import(«'../nobody'»)", `could not resolve "../nobody"`, ""},
		{"a subpath import", "export { default as x } from «'#nobody'»", `no package.json gives "#nobody" a meaning here`, `"imports"`},
		{"an address", "export { default as x } from «'https://example.com/x.js'»", "nothing is loaded from the network", ""},
		{"a power", "const x = require(«'qvat:store'»)", `"qvat:store" is for root-power.js alone`, "main({ power })"},
		{"a hash", "const x = require(«'" + strings.Repeat("0f", 32) + "'»)", "a module is required by its hash: its text is not at hand", "by its file"},
		{"require of something computed", "const f = n => «require»(n)", "require of something computed", "in quotes"},
		{"require of a pattern", "const f = n => «require»('./lib/' + n + '.js')", "require of something computed", "in quotes"},
		{"require of a pattern as a template", "const f = n => «require»(`./lib/${n}`)", "require of something computed", "in quotes"},
		{"require of a pattern that nothing fits", "const f = n => «require»(`./none/${n}.js`)", "require of something computed", "in quotes"},
		{"import() of something computed", "const f = n => «import»(n + '.js')", "import() of something computed", "in quotes"},
		{"import() of a pattern", "const f = n => «import»('./lib/' + n + '.js')", "import() of something computed", "in quotes"},
		{"require handed on", "const f = r => r('./lib/a.js'); f(«require»)", "require is handed on", "in quotes"},
		{"require.resolve", "const f = () => require.resolve(«'./lib/a.js'»)", "require.resolve: a program has no place on a disk", ""},
		{"import.meta", "export const f = () => «import.meta».url", "import.meta says nothing in a vat", ""},
		{"await at the top", "const x = «await» 1", "await at the top of a module", "inside main"},
		{"for await at the top", "for «await» (const x of []) { }", "await at the top of a module", "inside main"},
		{"what is no module", "import «'./lib/x.css'»", "./lib/x.css is no module: a program is made of JavaScript, TypeScript, JSON and text", ""},
		{"what is exported by nobody", "import { «nobody» } from './lib/es.mjs'; export const f = nobody", `No matching export in "lib/es.mjs" for import "nobody"`, ""},
		{"what two export", "import { «twice» } from './lib/both.mjs'; export const f = twice", `Ambiguous import "twice" has multiple matching exports`, ""},
		{"a syntax error", "const x = «;»", `Unexpected ";"`, ""},
		{"a name declared twice", "let x = 1; let «x» = 2", `The symbol "x" has already been declared`, ""},
		{"an assignment to a constant", "const x = 1; «x» = 2", `Cannot assign to "x" because it is a constant`, ""},
		{"a timer", "const f = () => «setTimeout»(f, 1)", "nothing is called setTimeout in a vat", "a message ends when its promise settles"},
		{"process", "const x = «process».env.X", "nothing is called process in a vat", "--shim process=MODULE"},
		{"Buffer", "const f = () => «Buffer».from('a')", "nothing is called Buffer in a vat", "--shim Buffer=MODULE"},
		{"the network", "const f = async () => await «fetch»('/')", "nothing is called fetch in a vat", "qvat:http"},
		{"a global in a class", "class A extends «EventTarget» { }", "nothing is called EventTarget in a vat", "--shim EventTarget=MODULE names what stands in for it; --shim EventTarget= leaves it alone"},
		{"a global in a template", "const f = () => `${«crypto».randomUUID()}`", "nothing is called crypto in a vat", "qvat:random"},
		{"a global as a shorthand", "const f = { «structuredClone» }", "nothing is called structuredClone in a vat", "JSON"},
		{"a global as a default", "const f = (a = «performance») => a", "nothing is called performance in a vat", "qvat:clock"},
		{"a global beside its like", "const fetched = 1, x = { fetch: 2 }.fetch, y = 'fetch', z = «fetch»", "nothing is called fetch in a vat", "qvat:http"},
		{"eval", "const x = «eval»('1')", "nothing is called eval in a vat", "made ahead"},
	}
}

// around are what may stand before a mistake, and after it.
func around() map[string][2]string {
	return map[string][2]string{
		"alone":               {"", ""},
		"further down":        {"\n\n// a comment\n\t \t", "\n"},
		"after tabs":          {"\t\t", ""},
		"after non-ASCII":     {"/* é日本😀 */ ", " // ü"},
		"after a string":      {"'é日本😀 process Buffer fetch eval setTimeout'; ", ""},
		"after CRLF":          {"'use strict';\r\n/* a\r\nb */\r\n  ", "\r\n"},
		"after a template":    {"`a\nb ${1}\n`; ", ""},
		"after a mark":        {"\ufeff", ""},
		"after a mark, below": {"\ufeff\n", ""},
		"after a shell's":     {"#!/usr/bin/env node\n", "\n"},
		"in one long line":    {"function fun(){};" + strings.Repeat("fun();", 5_000), ";" + strings.Repeat("fun();", 5_000)},
	}
}

// place takes the marks out of a source, and tells where they stood.
func place(t testing.TB, source string) (text string, line, column, length int) {
	t.Helper()
	before, rest, ok1 := strings.Cut(source, "«")
	within, after, ok2 := strings.Cut(rest, "»")
	if !ok1 || !ok2 {
		t.Fatalf("no place is marked in %s", source)
	}
	// A byte order mark is no part of the first line.
	shown := strings.TrimPrefix(before, "\ufeff")
	return before + within + after, strings.Count(shown, "\n") + 1, len(shown) - strings.LastIndex(shown, "\n"), len(within)
}

// TestProblems: each mistake is told with its place, wherever it stands.
func TestProblems(t *testing.T) {
	lib := sources{
		"lib/a.js": "exports.a = 1", "lib/es.mjs": "export const a = 1", "lib/x.css": "", "lib/both.mjs": "export * from './one.mjs'; export * from './two.mjs'",
		"lib/one.mjs": "export const twice = 1", "lib/two.mjs": "export const twice = 2",
	}
	for _, m := range mistakes() {
		t.Run(m.name, func(t *testing.T) {
			for where, parts := range around() {
				for _, file := range []string{"main.js", "src/deep/é file.ts"} {
					if file != "main.js" && where != "alone" && where != "after non-ASCII" {
						continue
					}
					source := parts[0] + m.source + parts[1]
					if strings.HasPrefix(file, "src") {
						source = replace(replace(source, "'./", "'../../"), "`./", "`../../")
						source = replace(source, "'../nobody'", "'../../../nobody'")
					}
					text, line, column, length := place(t, source)
					files := sources{file: text}
					if file != "main.js" {
						files["main.js"] = "require(" + mustJSON(t, "./"+file) + ")"
					}
					dir := project(t, lib)
					put(t, dir, files)
					list := problems(t, bundle.Options{Path: dir})
					if len(list) != 1 {
						t.Errorf("%s: %d problems:\n%v", where, len(list), cut(&bundle.Problems{List: list}))
					}
					p := list[0]
					if p.File != file || p.Line != line || p.Column != column || p.Length != length {
						t.Errorf("%s: it is at %s:%d:%d+%d, and not at %s:%d:%d+%d\n%s", where, p.File, p.Line, p.Column, p.Length, file, line, column, length, cut(&bundle.Problems{List: list}))
					}
					said := replace(p.Text, "../../", "./")
					if !strings.Contains(said, replace(m.text, "../nobody", "./../nobody")) && !strings.Contains(said, m.text) {
						t.Errorf("%s: it says %q", where, p.Text)
					}
					if !strings.Contains(p.Hint, m.hint) {
						t.Errorf("%s: the hint is %q", where, p.Hint)
					}
					if want := lineOf(text, line); p.Excerpt != want {
						t.Errorf("%s: the excerpt is %.200q, and not %.200q", where, p.Excerpt, want)
					}
				}
			}
		})
	}
}

// cut shows problems, but not all of long lines.
func cut(err error) string {
	var b strings.Builder
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintf(&b, "%.300s\n", line)
	}
	return b.String()
}

func lineOf(text string, n int) string {
	return strings.TrimSuffix(strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n")[n-1], "\r")
}

// TestAllProblemsAtOnce: one run tells of all mistakes of all files, in order.
func TestAllProblemsAtOnce(t *testing.T) {
	files := sources{"lib/a.js": "exports.a = 1"}
	var main strings.Builder
	all := mistakes()
	n := 0
	for i, m := range all {
		switch m.name {
		case "what is no module", "what is exported by nobody", "what two export": // they need more files
			continue
		case "a syntax error", "a name declared twice", "an assignment to a constant", "await at the top", "for await at the top": // the rest of such a file is not read
			continue
		}
		text, _, _, _ := place(t, m.source)
		name := fmt.Sprintf("m%02d.js", i)
		files[name] = text
		fmt.Fprintf(&main, "import './%s'\n", name)
		n++
	}
	files["main.mjs"] = main.String()
	list := problems(t, bundle.Options{Path: project(t, files)})
	if len(list) != n {
		t.Errorf("%d problems, and not %d:\n%v", len(list), n, &bundle.Problems{List: list})
	}
	for i := range len(list) - 1 {
		if list[i].File >= list[i+1].File {
			t.Errorf("%s comes before %s", list[i].File, list[i+1].File)
		}
	}
}

// TestSeveralInOneFile: each use of each global is told.
func TestSeveralInOneFile(t *testing.T) {
	source := "exports.main = () => {\n\tprocess.exit(); Buffer.from(process.x)\n\treturn setTimeout(() => clearTimeout(1))\n}"
	list := problems(t, bundle.Options{Path: project(t, sources{"main.js": source})})
	var got []string
	for _, p := range list {
		got = append(got, fmt.Sprintf("%d:%d %s", p.Line, p.Column, p.Global))
	}
	if want := "2:2 process, 2:18 Buffer, 2:30 process, 3:9 setTimeout, 3:26 clearTimeout"; strings.Join(got, ", ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), want)
	}
}

// TestNoProblem: what looks like a mistake, and is none.
func TestNoProblem(t *testing.T) {
	check(t, []meaning{
		{"asked with typeof", sources{"main.js": "exports.main = () => [typeof process, typeof Buffer === 'undefined' ? 'no' : Buffer.from('a'), typeof window !== 'undefined' && window.x]"}, `["undefined","no",false]`},
		{"asked with typeof elsewhere in the file", sources{"main.js": "const has = typeof fetch === 'function'; exports.main = () => has ? fetch('/') : 'none'"}, `"none"`},
		{"asked with typeof, TypeScript", sources{"main.ts": "export const main = (): unknown => typeof process as string"}, `"undefined"`},
		{"a property", sources{"main.js": "exports.main = () => ({ fetch: 1, process() { return 2 } }).fetch + typeof globalThis.x?.process + typeof globalThis.Buffer"}, `"1undefinedundefined"`},
		{"declared", sources{"main.js": "function setTimeout(f) { return f() } class Buffer { x = 1 } const { process } = { process: 2 }; let fetch = 3; exports.main = () => [setTimeout(() => 0), new Buffer().x, process, fetch]"}, `[0,1,2,3]`},
		{"declared later, and by var", sources{"main.js": "exports.main = () => { var a = location; var location = 1; return [typeof a, location] }"}, `["undefined",1]`},
		{"imported", sources{"main.mjs": "import Buffer, { fetch, process as crypto } from './x.mjs'; export const main = () => [Buffer, fetch, crypto]", "x.mjs": "export default 1; export const fetch = 2, process = 3"}, `[1,2,3]`},
		{"a parameter, a label, an exception", sources{"main.js": "exports.main = process => { name: for (const self of [1]) { try { throw 2 } catch (location) { return [self, location] } } }"}, `[1,2]`},
		{"a type", sources{"main.ts": "type T = Buffer | typeof process; interface I { f: fetch } declare const navigator: Worker; declare function alert(x: Event): void; export const main = (a?: Request): number => 1"}, `1`},
		{"in a comment, a string, an expression", sources{"main.js": "// process.env\n/* Buffer */ exports.main = () => ['process', `fetch`, /eval/.source, 'setTimeout(1)']"}, `["process","fetch","eval","setTimeout(1)"]`},
		{"require in a comment or a string", sources{"main.js": "// require('fs')\n/* import('x') */ exports.main = () => \"require('fs')\""}, `"require('fs')"`},
		{"require that may fail", sources{"main.js": "let a; try { a = require('fs') } catch (e) { a = 'none' } exports.main = () => a"}, `"none"`},
		{"require that may fail, in a function", sources{"main.js": "const load = () => { try { return require('node:crypto').webcrypto } catch { } }; exports.main = () => String(load())"}, `"undefined"`},
		{"import() that may fail", sources{"main.mjs": "export const main = () => import('nobody').then(() => 1, () => 2)"}, `2`},
		{"a require of one's own", sources{"main.js": "const load = require => require('fs') + require('x'); exports.main = () => load(n => n)"}, `"fsx"`},
		{"never reached", sources{"main.js": "if (false) require('fs'); exports.main = () => { if (process.env.NODE_ENV === 'development') require('nobody'); return 1 }"}, `1`},
		{"asked for require with typeof", sources{"main.js": "const r = typeof require === 'function' && require; exports.main = () => typeof r"}, `"function"`},
		{"require's other things", sources{"main.js": "exports.main = () => [require.main === module, typeof require.cache]"}, `[false,"undefined"]`},
		{"a computed name that is none", sources{"main.js": "exports.main = () => [require('./' + 'x'), require(`./x.js`), require('./x' + `.js`)]", "x.js": "module.exports = 1"}, `[1,1,1]`},
	})
}

// TestWarnings: what packages speak of and a vat has not is no mistake, but is
// told.
func TestWarnings(t *testing.T) {
	b := build(t, bundle.Options{Path: project(t, sources{
		"main.js": "exports.main = () => require('p').safe()", "node_modules/p/index.js": "exports.safe = () => 1\nexports.other = () => setTimeout(f => f(require), 1)",
	})})
	if got := answer(t, b); got != "1" {
		t.Error(got)
	}
	var got []string
	for _, w := range b.Warnings {
		got = append(got, fmt.Sprintf("%s %s:%d:%d %s", w.Package(), w.File, w.Line, w.Column, w.Text))
	}
	want := []string{"p node_modules/p/index.js:2:23 nothing is called setTimeout in a vat"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestShimProblems: mistakes with shims and definitions.
func TestShimProblems(t *testing.T) {
	table := []struct {
		name  string
		files sources
		o     bundle.Options
		want  string // what the error says
	}{
		{"a shim that is not there", sources{"main.js": "require('crypto')"}, bundle.Options{Shims: map[string]string{"crypto": "./nobody.js"}}, "./nobody.js"},
		{"a shim that is no package", sources{"main.js": "require('crypto')"}, bundle.Options{Shims: map[string]string{"crypto": "nobody"}}, "nobody"},
		{"a global's shim that is not there", sources{"main.js": "Buffer"}, bundle.Options{Shims: map[string]string{"Buffer": "./nobody.js"}}, "./nobody.js"},
		{"a global's shim that nothing uses", sources{"main.js": ""}, bundle.Options{Shims: map[string]string{"Buffer": "./nobody.js"}}, "./nobody.js"},
		{"a shim with a mistake", sources{"main.js": "require('crypto')", "c.js": "require('fs')"}, bundle.Options{Shims: map[string]string{"crypto": "./c.js"}}, `c.js:1:9: "fs" is part of Node.js`},
		{"a shim that needs another", sources{"main.js": "Buffer", "b.js": "const u = require('./u')", "u.js": "exports.x = () => process.x", "p.js": ""}, bundle.Options{Shims: map[string]string{"Buffer": "./b.js", "process": "./p.js"}}, "u.js:1:19: a shim requires this module, which cannot use the shim of process therefore"},
		{"a shim of a path", sources{"main.js": ""}, bundle.Options{Shims: map[string]string{"./x.js": "./y.js"}}, `"./x.js" cannot have a shim`},
		{"a shim by an absolute path", sources{"main.js": ""}, bundle.Options{Shims: map[string]string{"fs": "/y.js"}}, "name it by its path from the project's folder"},
		{"a shim of nothing", sources{"main.js": ""}, bundle.Options{Shims: map[string]string{"": "./y.js"}}, `"" cannot have a shim`},
		{"a shim that is no name", sources{"main.js": "", "package.json": `{"qvat":{"shims":{"fs":5}}}`}, bundle.Options{}, `the shim of "fs"`},
		{"a shim that is true", sources{"main.js": "", "package.json": `{"qvat":{"shims":{"fs":true}}}`}, bundle.Options{}, `the shim of "fs"`},
		{"a definition that is no JSON", sources{"main.js": ""}, bundle.Options{Define: map[string]string{"X": "{"}}, "what is defined as X is no JSON"},
		{"a definition of a keyword", sources{"main.js": ""}, bundle.Options{Define: map[string]string{"if": "1"}}, "if"},
		{"a definition of no name", sources{"main.js": ""}, bundle.Options{Define: map[string]string{"a.b": "1"}}, `"a.b" cannot be defined`},
		{"settings that nobody knows", sources{"main.js": "", "package.json": `{"qvat":{"shim":{}}}`}, bundle.Options{}, `unknown field "shim"`},
		{"settings that are none", sources{"main.js": "", "package.json": `{"qvat":[]}`}, bundle.Options{}, `the field "qvat"`},
		{"a package.json that is none", sources{"main.js": "", "package.json": `[]`}, bundle.Options{}, "package.json"},
		{"a package.json that is no JSON", sources{"main.js": "", "package.json": `{"a":`}, bundle.Options{}, "package.json"},
		{"qvat's main that is not there", sources{"main.js": "", "package.json": `{"qvat":{"main":"x.js"}}`}, bundle.Options{}, "x.js"},
		{"no main", sources{"x.js": ""}, bundle.Options{}, "has no main module"},
		{"too large", sources{"main.js": "require('./x')", "x.js": "exports.x = '" + strings.Repeat("x", 2000) + "'"}, bundle.Options{Limit: 1000}, "x.js: its program would have"},
		{"a hash in a string", sources{"main.js": "exports.x = \"require('" + strings.Repeat("ab", 32) + "')\""}, bundle.Options{}, "its text holds a require of the hash abab"},
		{"a hash in a comment", sources{"main.js": "exports.x = 1 // require('" + strings.Repeat("ab", 32) + "')"}, bundle.Options{}, "its text holds a require of the hash abab"},
		{"a hash in a guard", sources{"main.js": "try { require('" + strings.Repeat("ab", 32) + "') } catch { }"}, bundle.Options{}, "its text holds a require of the hash abab"},
		{"a tsconfig with a mistake", sources{"main.js": "", "tsconfig.json": `{"compilerOptions":{"jsxFactory":"1x"},`}, bundle.Options{}, "tsconfig.json:1"},
	}
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			c.o.Path = project(t, c.files)
			b, err := bundle.Build(c.o)
			if err == nil {
				_, _, err = b.Encode()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("the error is %v, and not about %s", err, c.want)
			}
			var wrong *bundle.Problems
			if errors.As(err, &wrong) && strings.Contains(err.Error(), c.o.Path) {
				t.Errorf("it speaks of the folder: %v", err)
			}
		})
	}
}
