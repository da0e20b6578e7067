package runtime_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"qvat/runtime"
)

// figuresFile is set in the environment of the process that TestTwoProcesses
// starts: where it writes its figures.
const figuresFile = "QVAT_TEST_FIGURES"

// steady are programs whose result or cost could depend on what is not theirs:
// addresses, the order of tables, the collector, errors, limits.
var steady = []hostile{
	{name: "tables", links: []string{`exports.main = () => {
		const m = new Map(), s = new Set(), o = {}, w = new WeakMap();
		for (let i = 0; i < 500; i++) { const k = { i }; m.set(k, i); s.add('k' + i * 7919 % 500); o['p' + i * 31 % 500] = i; w.set(k, i) }
		for (const k of [...m.keys()]) if (k.i % 3 === 0) m.delete(k);
		return [[...m.values()].length, [...s].slice(0, 5), Object.keys(o).slice(0, 5)];
	}`}},
	{name: "sort", links: []string{`exports.main = () => {
		const a = Array.from({ length: 800 }, (_, i) => i * 7919 % 809);
		return [a.sort().slice(0, 5), a.sort((x, y) => x % 10 - y % 10).slice(0, 5), a.map(String).sort((x, y) => x.localeCompare(y)).slice(0, 3)];
	}`}},
	{name: "regular expressions", links: []string{`exports.main = () => ['aaaaaaaaaaaaaaaaaab'.match(/(a+)+b/)[0], 'x'.repeat(500).replace(/(x)(x)/g, '$2'), /(\w+)\s\1/.test('hello hello'), 'ab12'.split(/(\d)/)]`}},
	{name: "errors", links: []string{`exports.main = () => {
		const out = [];
		for (let i = 0; i < 200; i++) try { [null, undefined, 1][i % 3].x.y } catch (e) { out.push(e.message.length + e.stack.length) }
		return out.reduce((a, b) => a + b);
	}`}},
	{name: "collector", links: []string{`exports.main = () => {
		let n = 0;
		for (let i = 0; i < 12000; i++) { const a = { x: new ArrayBuffer(3000) }; a.self = a; n += a.x.byteLength }
		return n;
	}`}},
	{name: "jobs", links: []string{`exports.main = async () => {
		const log = [];
		await Promise.all([1, 2, 3].map(async i => { for (let k = 0; k < i; k++) { await null; log.push(i) } }));
		return log;
	}`}},
	{name: "a child and a module", links: []string{
		`const m = require('@0'); exports.main = async ({ next }) => [m.x(), await next.load()({ f: m.x }), m.x()]`,
		`const m = require('@0'); exports.main = ({ power }) => [m.x(), power.f()]`,
	}, modules: []string{`let n = 0; exports.x = () => ++n`}},
	{name: "a throw", links: []string{`exports.main = () => { throw new RangeError('no') }`}},
	{name: "a syntax error", links: []string{`exports.main = () => {`}},
	{name: "no fuel", links: []string{`exports.main = () => { for (;;); }`}},
	{name: "no memory", links: []string{`exports.main = () => { const a = []; for (;;) a.push(new Uint8Array(1e5)) }`}},
	{name: "no stack", links: []string{`exports.main = () => { const f = () => f() + 1; return f() }`}},
	{name: "never", links: []string{`exports.main = () => new Promise(() => { })`}},
}

// figure is what a message came to.
type figure struct {
	Name, Result, Failure string
	Fuel, Memory          int64
}

func figureOf(e *runtime.Engine, c hostile, m runtime.Invocation) (figure, error) {
	out, err := e.Turn(context.Background(), m)
	var f *runtime.Failure
	if err != nil && !errors.As(err, &f) {
		return figure{}, fmt.Errorf("%s: %w", c.name, err)
	}
	got := figure{Name: c.name, Result: string(out.Result), Fuel: out.Fuel, Memory: out.Memory}
	if f != nil {
		got.Failure = f.Error()
	}
	return got, nil
}

// figures are the image's sum, and each steady program's figure.
type figures struct {
	Image    string
	Programs []figure
}

// steadyOptions have the default memory: the collector runs at 24 MiB.
func steadyOptions() runtime.Options {
	o := hostileOptions()
	o.Limits.Memory, o.Limits.Fuel = runtime.DefaultMemory, 12_000_000
	return o
}

func readFigures(t testing.TB, e *runtime.Engine) figures {
	t.Helper()
	all := figures{Image: e.ImageSum()}
	for _, c := range append([]hostile{witness}, steady...) {
		f, err := figureOf(e, c, c.message(t))
		if err != nil {
			t.Fatal(err)
		}
		all.Programs = append(all.Programs, f)
	}
	return all
}

func compareFigures(t *testing.T, got, want figures) {
	t.Helper()
	if got.Image != want.Image {
		t.Error("the image came out otherwise")
	}
	for i, w := range want.Programs {
		if got.Programs[i] != w {
			t.Errorf("%s:\ngot  %+v\nwant %+v", w.Name, got.Programs[i], w)
		}
	}
}

// TestSteady runs each program ten times: the same result, the same fuel.
func TestSteady(t *testing.T) {
	e := newEngine(t, steadyOptions())
	want := readFigures(t, e)
	for range 9 {
		compareFigures(t, readFigures(t, e), want)
	}
	for _, f := range want.Programs {
		t.Logf("%-22s fuel %9d memory %3d MiB", f.Name, f.Fuel, f.Memory>>20)
	}
}

// TestTwoProcesses compares an engine with another of the same process, and
// with one of another process.
func TestTwoProcesses(t *testing.T) {
	mine := readFigures(t, newEngine(t, steadyOptions()))
	if file := os.Getenv(figuresFile); file != "" {
		text, err := json.Marshal(mine)
		if err == nil {
			err = os.WriteFile(file, text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	compareFigures(t, readFigures(t, newEngine(t, steadyOptions())), mine)

	file := filepath.Join(t.TempDir(), "figures.json")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTwoProcesses$")
	cmd.Env = append(os.Environ(), figuresFile+"="+file)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the second process: %v\n%s", err, out)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var theirs figures
	if err := json.Unmarshal(text, &theirs); err != nil {
		t.Fatal(err)
	}
	if len(theirs.Programs) != len(mine.Programs) {
		t.Fatalf("the second process ran %d programs of %d", len(theirs.Programs), len(mine.Programs))
	}
	compareFigures(t, theirs, mine)
}
