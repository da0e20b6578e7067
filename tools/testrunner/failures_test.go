package testrunner

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestFailures: each way to fail is told with its place.
func TestFailures(t *testing.T) {
	// A place is the file and the line, and the column where that is certain.
	tests := []struct{ name, code, message, hint, places string }{
		{"equal", "t.equal({ a: 1 }, { a: 2 })", "at .a got 1, want 2", "", "test/x.test.mjs:%d:39"},
		{"unit", "boom(1)", "RangeError: boom 1", "", "lib.mjs:2"},
		{"uncaught", "await t.send([bad])", "TypeError: cannot read property 'x' of undefined", "", "test/x.test.mjs:%d bad.js:3"},
		{"unsigned", "await t.send([{ ...bad, by: 'bob' }])", "the first link carries no valid signature by this vat's root key", "", "test/x.test.mjs:%d"},
		{"bundle", "await t.send([{ program: './fetch.js' }])", "./fetch.js cannot be bundled:\nfetch.js:1:22: nothing is called fetch in a vat\n    exports.main = () => fetch('x')\n                         ^^^^^\n    hint: the network is a power: qvat:http", "", "test/x.test.mjs:%d"},
		{"hangs", "for (;;);", "the test does not end: the message used up its fuel of 400000000", "", ""},
		{"never", "await new Promise(() => {})", "the test waits for a promise that nothing will settle", "return or await what is to be waited for", ""},
		{"text", "throw 'a text'", "a text", "", ""},
		{"links", "t.send('x')", "TypeError: t.send takes links and an input: it cannot be a string", "", "test/x.test.mjs:%d:39"},
		{"member", "t.send([{ program: './bad.js', to: 1 }])", `TypeError: t.send takes links and an input: unknown field "to"`, "", "test/x.test.mjs:%d:39"},
		{"kind", "t.send([{ program: 7 }])", "TypeError: t.send takes links and an input: program cannot be a number", "", "test/x.test.mjs:%d:39"},
		{"empty", "t.send([])", "TypeError: t.send takes an array of links, each with a program", "", "test/x.test.mjs:%d:39"},
		{"nameless", "t.send([{ by: 'root' }])", "TypeError: t.send: a link names no program", "", "test/x.test.mjs:%d:39"},
		{"data", "t.send([], () => 1)", "TypeError: arguments[1] is a function, which JSON cannot carry", "", "test/x.test.mjs:%d:39"},
		{"back", "t.advance(-1)", "TypeError: t.advance takes a whole number of milliseconds, from 0 on: a clock does not go back", "", "test/x.test.mjs:%d:39"},
		{"status", "t.answer({ status: 99 })", "TypeError: t.answer: 99 is no status of an answer", "", "test/x.test.mjs:%d:39"},
		{"table", "t.rows('')", "TypeError: t.rows takes the name of a table", "", "test/x.test.mjs:%d:39"},
		{"key", "t.key('')", "TypeError: t.key takes a name, of 1 to 256 bytes", "", "test/x.test.mjs:%d:39"},
		{"power", "await t.send([weak])", "TypeError: cannot read property 'read' of undefined", "", "test/x.test.mjs:%d power.js:1"},
	}
	text := "import { boom } from '../lib.mjs'\nconst bad = { program: './bad.js', by: 'root' }, weak = { program: './power.js', by: 'root' }\n"
	lines := map[string]int{}
	for i, one := range tests {
		lines[one.name] = i + 3
		// The code begins in column 37, whatever the name.
		text += fmt.Sprintf("export async function %-8s(t) { %s }\n", one.name, one.code)
	}
	dir := folder(t, map[string]string{
		"package.json":    "{}",
		"lib.mjs":         "export const boom = n => {\n  if (n) throw new RangeError('boom ' + n)\n}\n",
		"bad.js":          "exports.main = ({ power }) => {\n  console.log('höre')\n  power.no.x()\n}\n",
		"power.js":        "exports.main = ({ power }) => power.no.read()\n",
		"fetch.js":        "exports.main = () => fetch('x')\n",
		"test/x.test.mjs": text,
	})
	results := map[string]Result{}
	for _, r := range ran(t, Options{Dir: dir}) {
		results[r.Name] = r
	}
	if len(results) != len(tests) {
		t.Errorf("%d tests ran, want %d", len(results), len(tests))
	}
	for _, want := range tests {
		f := results[want.name].Failure
		if f == nil {
			t.Errorf("%s passed", want.name)
			continue
		}
		if f.Message != want.message || f.Hint != want.hint {
			t.Errorf("%s: %q, %q; want %q, %q", want.name, f.Message, f.Hint, want.message, want.hint)
		}
		places := strings.Fields(strings.ReplaceAll(want.places, "%d", fmt.Sprint(lines[want.name])))
		if len(f.Places) != len(places) {
			t.Errorf("%s: at %v, want %q", want.name, f.Places, places)
			continue
		}
		for i, at := range f.Places {
			if got := fmt.Sprintf("%s:%d:%d", at.File, at.Line, at.Column); got != places[i] && !strings.HasPrefix(got, places[i]+":") {
				t.Errorf("%s: at %s, want %s", want.name, got, places[i])
			}
			if at.Text == "" {
				t.Errorf("%s: the line of %s:%d is not shown", want.name, at.File, at.Line)
			}
		}
	}
	if console := results["uncaught"].Console; len(console) != 1 || console[0] != (Line{"info", "höre"}) {
		t.Errorf("the console is %v", console)
	}
}

// TestFilesThatFail: a test file that does not bundle, throws, or has no test is
// a result, and the others run.
func TestFilesThatFail(t *testing.T) {
	dir := folder(t, map[string]string{
		"a.test.js": "exports.a = t => {\n  const x = ;\n}",
		"b.test.js": "const a = null\na.b.c",
		"c.test.ts": "export const n: number = 3",
		"d.test.js": "exports.works = t => console.log('hello')",
	})
	var told []string
	results := ran(t, Options{Dir: dir, Each: func(r Result) { told = append(told, r.File+" "+r.Name) }})
	if want := []string{"a.test.js ", "b.test.js ", "c.test.ts ", "d.test.js works"}; !slices.Equal(told, want) {
		t.Errorf("told of %q, want %q", told, want)
	}
	for i, want := range []string{`a.test.js:2:13: Unexpected ";"`, "TypeError: cannot read property 'b' of null", "it exports no function"} {
		if f := results[i].Failure; f == nil || !strings.Contains(f.Message, want) {
			t.Errorf("%s: %+v, want %q", results[i].File, f, want)
		}
	}
	if at := results[1].Failure.Places; len(at) != 1 || at[0].Line != 2 {
		t.Errorf("b.test.js fails at %v", at)
	}
	if r := results[3]; r.Failure != nil || len(r.Console) != 1 || r.Console[0].Text != "hello" || r.Messages != 0 {
		t.Errorf("d.test.js: %+v", r)
	}
}
