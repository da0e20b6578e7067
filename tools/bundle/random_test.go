package bundle_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"

	"qvat/tools/bundle"
)

// lib is what random modules import.
const lib = "export const l1 = 1, log = []; export let l2 = 2; export default function l3() {} export class L4 {} export let l5 = 5; export const up = () => l5++"

// plainStatements are statements, of which many end in ways that are easy to take
// wrongly. (esbuild does so with a++ before a line that begins with a bracket.)
var plainStatements = strings.Split(`a = a + 1|a++;|++a|a
++
b|(a)|[a, b] = [b, a]|({ c } = { c })|b
[0]|log.push(a)|log.push(”$”{a}/$”{”$”{b}”}”)|log.push(/[/]'"”]/.test('x'))|log.push(a / 2 / 1)|log.push(a
/ 2)|if (a) log.push('i')|if (a) { } else log.push(1)|for (const x of [1, 2]) log.push(x)|for (a of [1]) ;|log.push(function () { return /}/ }())|log.push((() => ({ a }))().a)
|label: for (;;) { break label }|do a++; while (a < 3)|{ class K { static s = 'k'; n() {} } }|log.push(typeof a)|'use strict'|/* export const no = 1 */|// import 'x'
|async () => { await a }|{ function* gen() { yield /re/ } }|log.push(a ? b : c)|x = y => y
(a)|log.push(function () { return this }())|void 0|!function () { log.push('iife') }()|-a|+a|~a|new Map|switch (a) { case /x/.test(''): break; default: log.push('s') }|try { null.x } catch { log.push('caught') }
|a ||= 5|log.push(a >>> 1)|{ let a = 4; log.push(a) }|log.push('a' in c)|x = /* } */ {}|{ }|;|log.push("//", '/*', ”\”$”{1}”)|x = class { static [a] = 1 }|log.push(0.5.toFixed(1), 1..toString(), .5e-1)|x = a
,b|up()`, "|")

// moving are imports and exports; @ is a number of their own.
var moving = strings.Split(`export const e@ = a|export let e@ = b, f@ = /,/, g@ = [1, 2]|export let e@ = a
, f@ = 2|export function e@() { return a }|export class e@ { m() { return ”$”{a}” } }|export async function e@() {}|export function* e@() {}|export { a as e@ }|export { b as e@, c as f@ };|export * from './lib.mjs'
|export { l1 as e@ } from './lib.mjs'|export * as e@ from './lib.mjs'|import { l1 as i@ } from './lib.mjs'
log.push(i@)|import i@, { l1 as j@ } from './lib.mjs'; log.push(i@.name, j@)|import * as i@ from './lib.mjs'|import './lib.mjs'|export var e@
export let f@|export const e@ = x => x, f@ = 1|export const e@ = a
? b
: c, f@ = 2|export const e@ = function () {}
, f@ = 3|export const e@ = async () => {}
log.push(1), log.push(2)|export let e@ = 1
log.push(1), log.push(2)|export const e@ = class {}
log.push(3)|export const e@ = a
+ 1, f@ = 4|export const e@ = ”$”{a},” , f@ = a / 2, g@ = /,b/|export const e@ = a++
, f@ = 1|export const e@ = typeof
a, f@ = 2|export const e@ = [
a,
b
], f@ = {
a,
b }|export let e@ = () => e@ = 2|export default a|export default function () {}|export default class {}|export default () => a|export default {
a }|export {
  a as e@, // one
  b as f@
}|import {
  l1 as i@,
  L4 as j@
} from './lib.mjs'
export { i@, j@ }|import { l2 as i@ } from './lib.mjs'; export { i@ }|export { l5 as e@ } from './lib.mjs'|export const e@ = a
log
.push(4), log.push(5)|export let e@ = new
Map, f@ = 1|export const e@ = () => 1
/1/.test(a)|export const e@ = function () {}
(1), f@ = 2|export let e@ = a, f@
[a] = [f@]`, "|")

// random is a module that is put together by chance.
func random(r *rand.Rand) string {
	lines := []string{"import { log, up } from './lib.mjs'"}
	if r.IntN(2) == 0 {
		lines = append(lines, "export { log }")
	}
	// By var, as esbuild declares everything: what comes too early differs.
	lines = append(lines, "var a = 1, b = [2], c = { a: 3 }, x = 1")
	for i := range 2 + r.IntN(8) {
		from := plainStatements
		if r.IntN(2) == 0 {
			from = moving
		}
		line := strings.ReplaceAll(from[r.IntN(len(from))], "@", fmt.Sprint(i))
		line = strings.ReplaceAll(strings.ReplaceAll(line, "”$”", "$"), "”", "`")
		if at := r.IntN(len(lines) + 1); at == 0 || strings.HasPrefix(line, "import") && r.IntN(2) == 0 {
			lines = slices.Insert(lines, at/2, line)
		} else {
			lines = append(lines, line)
		}
	}
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(line + []string{"\n", "\n", ";", ";\n", " // it\n", "/* it */\n", "\r\n"}[r.IntN(7)])
	}
	return b.String()
}

// known is what esbuild finds in a module.
type known struct {
	imports, exports []string
	format           string
	this             bool
}

// ask asks esbuild about a module. It is false for what is none.
func ask(t testing.TB, text string) (known, bool) {
	t.Helper()
	r := api.Build(api.BuildOptions{
		Stdin: &api.StdinOptions{Contents: text, Loader: api.LoaderJS, ResolveDir: "/"}, Bundle: true, Write: false, Outfile: "/out.js", AbsWorkingDir: "/",
		Format: api.FormatESModule, Metafile: true, TreeShaking: api.TreeShakingFalse, LogLevel: api.LogLevelSilent, Target: api.ESNext, TsconfigRaw: "{}",
		LogOverride: map[string]api.LogLevel{"this-is-undefined-in-esm": api.LogLevelWarning},
		Plugins: []api.Plugin{{Name: "outside", Setup: func(b api.PluginBuild) {
			b.OnResolve(api.OnResolveOptions{Filter: ".*"}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
				return api.OnResolveResult{Path: a.Path, External: true}, nil
			})
		}}},
	})
	if len(r.Errors) > 0 {
		return known{}, false
	}
	var meta struct {
		Inputs map[string]struct {
			Imports []struct{ Path, Kind string }
			Format  string
		}
		Outputs map[string]struct{ Exports []string }
	}
	if err := json.Unmarshal([]byte(r.Metafile), &meta); err != nil {
		t.Fatal(err)
	}
	var k known
	for _, in := range meta.Inputs {
		k.format = in.Format
		for _, i := range in.Imports {
			k.imports = append(k.imports, i.Kind+" "+i.Path)
		}
	}
	for _, out := range meta.Outputs {
		k.exports = out.Exports
	}
	k.this = slices.ContainsFunc(r.Warnings, func(m api.Message) bool { return m.ID == "this-is-undefined-in-esm" })
	return k, true
}

var numbered = regexp.MustCompile(`require\((\d+)\)`)

// holds fails unless a module that is taken to be simple is to esbuild what it
// is taken for, and what becomes of it is a CommonJS module. It is false for
// what is not taken to be simple, or is no ES module.
func holds(t testing.TB, text string) bool {
	t.Helper()
	s, ok := bundle.ReadSimple(text)
	if !ok {
		return false
	}
	was, ok := ask(t, text)
	awaits := api.Transform(text, api.TransformOptions{Format: api.FormatCommonJS, LogLevel: api.LogLevelSilent})
	if len(awaits.Errors) > 0 {
		return false // at the top, which no program can
	}
	if !ok || was.format != "esm" || was.this {
		return false
	}
	var imports, requires []string
	for i, name := range s.Imports {
		imports = append(imports, "import-statement "+name)
		requires = append(requires, fmt.Sprint("require-call ", i))
	}
	if !slices.Equal(imports, was.imports) {
		t.Errorf("imports %q, and not %q:\n%s", s.Imports, was.imports, text)
	}
	exports := slices.Sorted(slices.Values(s.Exports))
	if slices.Sort(was.exports); !slices.Equal(exports, was.exports) {
		t.Errorf("exports %q, and not %q:\n%s", exports, was.exports, text)
	}
	now, ok := ask(t, "(function (module, exports, require) { 'use strict'; "+s.Code+"\n})")
	if !ok || now.format != "" || len(now.imports) > 0 {
		t.Errorf("%s\nbecomes what is no program (%v %v)\n%s", text, ok, now, s.Code)
	}
	now, ok = ask(t, numbered.ReplaceAllString(s.Code, `require("$1")`))
	now.imports = slices.DeleteFunc(now.imports, func(s string) bool { return s == "import-statement <runtime>" })
	slices.Sort(now.imports)
	slices.Sort(requires)
	if !ok || now.format == "esm" || !slices.Equal(now.imports, requires) {
		t.Errorf("%s\nbecomes what is no CommonJS module (%v %v)\n%s", text, ok, now, s.Code)
	}
	if n := strings.Count(text, "\n"); !strings.HasSuffix(text, "\n") && s.Map.Lines != n+1 || strings.HasSuffix(text, "\n") && s.Map.Lines != n {
		t.Errorf("%s\nhas now %d lines:\n%s", text, s.Map.Lines, s.Code)
	}
	return true
}

// TestRandomModules: modules made by chance are to esbuild what they are taken
// for, and do in a vat what they do when esbuild prints them.
func TestRandomModules(t *testing.T) {
	simple := 0
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 2))
		files := sources{"lib.mjs": lib}
		main := described + "const all = {}\n"
		for i := 0; i < 60; {
			text := random(r)
			if _, ok := ask(t, text); !ok {
				continue
			}
			if holds(t, text) {
				simple++
			}
			files[fmt.Sprintf("m%d.mjs", i)] = text
			main += fmt.Sprintf("all.m%d = get(() => require('./m%d.mjs'))\n", i, i)
			i++
		}
		files["main.js"] = main + "exports.main = () => JSON.stringify(all)"
		bothWays(t, bundle.Options{Path: project(t, files)})
	}
	if simple < 100 {
		t.Errorf("only %d are simple", simple)
	}
	t.Logf("%d are simple", simple)
}

// FuzzSimple: whatever is taken to be a simple ES module is one.
func FuzzSimple(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(random(rand.New(rand.NewPCG(seed, 3))))
	}
	for _, s := range plainStatements {
		f.Add("export const z = 1\n" + strings.ReplaceAll(s, "”", "`"))
	}
	for _, s := range []string{
		"export let a = b\n/c/g.exec(d)", "var a\n/`/.test(b) // `\nexport const c = 1", "export const a = b</c>/d", "x = a ? /b/ : c / d; export default x", "export const {a} = b, c = `}`",
		"if (a) /'/.exec(b); export let c = '", "for (;;) /`/\nexport let d", "export let a = () => {}\n/b/g", "import a from 'b' // '\nexport*from'c'", "\\u0065xport const a = 1", "export const a = 1 <!-- b\n--> c",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) < 10_000 {
			holds(t, text)
		}
	})
}

// uses are statements about X, which some of them assign to.
var uses = strings.Split(`X = 1|X += 1|X++|--X|[X] = [1]|({ X } = { X: 1 })|({ a: X } = o)|({ a: [X = 2] } = o)|[...X] = o|for (X of o) ;|for (X in o) ;|for ([X] of o) ;|(X) = 1|((X))++|X ??= 1|X >>>= 1|X **= 1
|o[X] = 1|o.X = 1|f(X)|X.a = 1|X[0]++|X|X === 1|o = X => 1|o = (X) => X|o = (X = 1) => X|{ let X = 1; X = 2 }|{ const X = 1 }|for (const X of o) ;|for (let X = 1; X < 2; X++) ;|var { a = X } = o|o = { X, b: X }|o = { X() {} }
|label: X|typeof X|void X|X
++o|o
++
X|f()
[X] = 1|if (o) [X] = o|if (o) (X) = 1; else [X] = o|do [X] = o; while (0)|o ? X : (X = 1)|o && (X = 1)|delete o[X]|”$”{X = 1}”|”$”{X}”|(o, X)|[o, [X]] = o|[o[X]] = o|({ [X]: o } = o)|[o.X] = o|({ a: o[X] } = o)|X.y++|++X.y|++o[X]|o[X]++|f(X)
++o|async () => { for await (X of o) ; }|{ function* g() { yield X = 1 } }|var z
[X] = o|var z
(X) = 1|{ a: { if (o) break a
[X] = o } }|{ a: { if (o) break a
; X } }|try { } catch (X) { X = 1 }|{ function X() { X = 1 } }|{ class X { static a = X } }|o = function X() { }|o = class X { static b = (X) }|while (o) X--|switch (X) { case X: X }|new X(X)|o = [X, X]|o = [X] == o|o = { X: 1 }.X|import_ = (X), o`, "|")

// wrappings are places for such statements.
var wrappings = []string{"@", "@", "{ @\n}", "o = function () { @\n}", "o = () => { @\n}", "{ class A { m() { @\n} } }", "if (o) { @\n} else { @\n}", "o = { get a() { @\n} }", "for (;;) { @\n}", "o = class { static { @\n} }", "o = ”$”{() => { @\n}}”"}

// TestConstantExportsByChance: of a name that is taken to keep its value, esbuild says
// that nothing assigns to it.
func TestConstantExportsByChance(t *testing.T) {
	constants, assigned := 0, 0
	r := rand.New(rand.NewPCG(1, 4))
	for range 800 {
		body := "\nlet o = {}, import_; var f\n"
		for range 1 + r.IntN(4) {
			use := wrappings[r.IntN(len(wrappings))]
			for range r.IntN(2) {
				use = strings.ReplaceAll(use, "@", wrappings[r.IntN(len(wrappings))])
			}
			body += strings.ReplaceAll(use, "@", uses[r.IntN(len(uses))]) + "\n;"[r.IntN(2):]
		}
		body = strings.ReplaceAll(strings.ReplaceAll(body, "”$”", "$"), "”", "`")
		if strings.Count(body, "`") > 2 { // one in another
			continue
		}
		// A constant nobody assigns to, or esbuild says so.
		_, never := ask(t, "const X = 1; export { X }"+body)
		for _, declared := range []string{"export let X = 1;", "let X = 1; export { X };", "export function X() {}", "export { X as default, X }; class X {}", "let a, X = 1; export { X };"} {
			if _, valid := ask(t, declared+body); !valid {
				continue
			}
			s, ok := bundle.ReadSimple(declared + body)
			if !ok {
				continue
			}
			if _, is, _ := s.Own("X"); is && !never {
				t.Errorf("X keeps its value in\n%s", declared+body)
			} else if is {
				constants++
			} else {
				assigned++
			}
		}
	}
	if constants < 300 || assigned < 1000 {
		t.Errorf("%d are constant, %d are not", constants, assigned)
	}
	t.Logf("%d are constant, %d are not", constants, assigned)
}
