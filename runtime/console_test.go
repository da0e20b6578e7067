package runtime_test

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"qvat/runtime"
)

// logOf runs a chain and gives its result and the lines that it logged.
func logOf(t *testing.T, e *runtime.Engine, m runtime.Invocation) (string, []runtime.LogLine) {
	t.Helper()
	var lines []runtime.LogLine
	m.Log = func(l runtime.LogLine) { lines = append(lines, l) }
	out, err := e.Turn(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return string(out.Result), lines
}

// TestConsoleNamesWhoWrote wants each line put down to the program whose code
// wrote it, whoever called that.
func TestConsoleNamesWhoWrote(t *testing.T) {
	e := newEngine(t, hostileOptions())
	const module = `exports.say = x => console.warn('module', x)`
	c := hostile{modules: []string{module}, links: []string{
		`exports.main = async ({ next }) => { console.log('parent'); await next.load()({ say: x => console.error('for', x) }); console.info(1, [2], { a: 3 }) }`,
		`const { say } = require('@0');
		exports.main = async ({ power }) => {
			console.log('child');
			power.say('child');
			say('child');
			[1].forEach(() => console.debug('native'));
			await null;
			console.log('later');
		}`,
	}}
	m := c.message(t)
	_, lines := logOf(t, e, m)
	parent, child := m.Chain.Program(0).String(), m.Chain.Program(1).String()
	var moduleHash string
	for _, l := range lines {
		if strings.HasPrefix(l.Text, "module") {
			moduleHash = l.Program
		}
	}
	want := []runtime.LogLine{
		{Level: "info", Program: parent, Text: "parent"},
		{Level: "info", Program: child, Text: "child"},
		{Level: "error", Program: parent, Text: "for child"},
		{Level: "warn", Program: moduleHash, Text: "module child"},
		{Level: "info", Program: child, Text: "native"},
		{Level: "info", Program: child, Text: "later"},
		{Level: "info", Program: parent, Text: "1 [2] {\"a\":3}"},
	}
	if !reflect.DeepEqual(lines, want) {
		t.Errorf("got  %+v\nwant %+v", lines, want)
	}
	if len(moduleHash) != 64 || moduleHash == child {
		t.Errorf("the module's line is put down to %q", moduleHash)
	}
}

// TestConsoleCannotBeForged wants no line put down to another program, and
// nothing but text in it.
func TestConsoleCannotBeForged(t *testing.T) {
	e := newEngine(t, hostileOptions())
	c := hostile{links: []string{
		`exports.main = ({ next }) => next.load()({ call: f => f('by the parent'), quiet: () => 1 })`,
		`exports.main = ({ power }) => {
			power.call(console.log);
			power.call(console.log.bind(null, 'bound'));
			Reflect.apply(console.log, power, ['applied']);
			Object.defineProperty({}, 'x', { get: console.log.bind(null, 'getter') }).x;
			Promise.resolve('job').then(console.log);
			console.log('\ud800', Symbol('s'), 1n, null, undefined, () => 1, { get message() { throw 1 } }, new Proxy({}, { get() { throw 1 } }), new Error('e'));
			return 1;
		}`,
	}}
	m := c.message(t)
	_, lines := logOf(t, e, m)
	child, parent := m.Chain.Program(1).String(), m.Chain.Program(0).String()
	for _, l := range lines {
		if !utf8.ValidString(l.Text) {
			t.Errorf("%q is not UTF-8", l.Text)
		}
		// The parent called what it was given: its code is the innermost.
		if by := l.Program == parent; by != strings.Contains(l.Text, "by the parent") {
			t.Errorf("%q is put down to %s", l.Text, l.Program)
		}
		if l.Program != parent && l.Program != child && l.Program != "" {
			t.Errorf("%q is put down to %q", l.Text, l.Program)
		}
	}
	if got, want := lines[len(lines)-2].Text, "\uFFFD Symbol(s) 1 null undefined [function] "+
		"[something that JSON cannot carry] [something that JSON cannot carry] Error: e"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestConsoleIsBounded wants the bytes of a message's log within their limit,
// and each cut line whole letters.
func TestConsoleIsBounded(t *testing.T) {
	e := newEngine(t, hostileOptions())
	_, lines := logOf(t, e, message(t, "", `exports.main = () => { for (let i = 0; i < 20; i++) console.log('é'.repeat(i * 100 + 1)); console.log('x'.repeat(1e6)) }`))
	total := 0
	for i, l := range lines {
		total += len(l.Text) + 160 // a line counts for what it takes beside its text
		if !utf8.ValidString(l.Text) {
			t.Errorf("line %d is cut in the middle of a letter", i)
		}
	}
	if total > hostileLimits.Log+300 || total < hostileLimits.Log {
		t.Errorf("%d bytes were logged, %d are allowed", total, hostileLimits.Log)
	}
	if last := lines[len(lines)-1].Text; !strings.HasSuffix(last, "(the message's log is full)") {
		t.Errorf("the last line does not say that the log is full: …%s", last[max(0, len(last)-60):])
	}
}
