package testrunner

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"qvat/runtime/runtimetest"
	"qvat/tools/project"
)

func TestMain(m *testing.M) { os.Exit(runtimetest.Main(m)) }

// folder makes a project of files.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// ran runs the tests of a project; that all is removed again is checked.
func ran(t *testing.T, o Options) []Result {
	t.Helper()
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	o.MachineCode = runtimetest.Folder()
	results, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	nothingIn(t, temp)
	return results
}

func nothingIn(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// passes runs the tests of a project, all of which pass.
func passes(t *testing.T, files map[string]string) {
	t.Helper()
	results := ran(t, Options{Dir: folder(t, files)})
	for _, r := range results {
		if r.Failure != nil {
			t.Errorf("%s: %s: %s %+v", r.File, r.Name, r.Failure.Message, r.Failure.Places)
		}
	}
}

func TestTemplates(t *testing.T) {
	for _, name := range project.Templates() {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), name)
			if _, err := project.New(dir, name); err != nil {
				t.Fatal(err)
			}
			results := ran(t, Options{Dir: dir})
			if len(results) < 3 {
				t.Errorf("only %d tests ran", len(results))
			}
			for _, r := range results {
				if r.Failure != nil {
					t.Errorf("%s: %s: %s %+v", r.File, r.Name, r.Failure.Message, r.Failure.Places)
				}
				if r.Messages == 0 || r.Fuel == 0 || r.Own == 0 || r.Took == 0 {
					t.Errorf("%s: %s cost nothing: %+v", r.File, r.Name, r)
				}
			}
		})
	}
}

const counter = `exports.main = ({ power: { store }, input }) => {
  const t = store.table('counters')
  t.set('n', (t.get('n') ?? 0) + (input ?? 1))
  return t.get('n')
}
`

// TestWhatTCanDo runs a project that uses all of `t`.
func TestWhatTCanDo(t *testing.T) {
	passes(t, map[string]string{
		"count.js": counter,
		"log.js":   "exports.main = ({ power: { log, clock, message } }) => { log.warn('careful', { at: clock.now() }); console.log('seen'); return [clock.now(), message.arrived] }",
		"who.js":   "exports.main = ({ next }) => [next.signedBy(BOB), next.boundBy(BOB), next.signedBy(CAROL), next.hash.length]",
		"next.js":  "exports.main = () => {}",
		"throw.js": "exports.main = ({ input }) => {\n  if (input === 'range') throw new RangeError('too far')\n  for (;;);\n}\n",
		"lib.ts":   "export const twice = (n: number): number => 2 * n",
		"vat.toml": "[limits]\nfuel = 20_000_000\ntime = \"1h\"\n",
		"test/t.test.js": `
const { twice } = require('../lib')
const count = { program: './count.js', by: 'root' }

exports.keys = t => {
  t.equal(t.key('bob'), t.key('bob'))
  t.ok(t.key('bob') !== t.key('carol'))
  t.equal(t.root, t.key('root'))
  t.ok(/^[0-9a-f]{64}$/.test(t.root))
  t.equal(t.key('bob'), '` + bobKey(t) + `', 'always the same')
}
exports.unit = t => t.equal(twice(4), 8)
exports['messages, rows, fuel'] = async t => {
  t.equal([t.fuel, t.rows('counters'), t.log()], [0, [], []])
  t.equal(await t.send([count], 2), 2)
  const first = t.fuel
  t.ok(first > 0)
  t.equal(await t.send([count]), 3)
  t.equal(t.rows('counters'), [['n', 3]])
  t.equal(await Promise.all([1, 2, 3].map(() => t.send([count])).concat(Promise.resolve(0))).then(all => all.sort()), [0, 4, 5, 6])
  t.equal(await t.send([{ program: './next.js', by: 'root' }]), undefined)
}
exports['a vat of its own'] = async t => t.equal(await t.send([count]), 1)
exports['log and clock'] = async t => {
  const now = t.now
  t.equal(await t.send([{ program: './log.js', by: 'root' }]), [now, now])
  t.advance(90_000)
  t.equal(t.now, now + 90_000)
  t.equal(await t.send([{ program: './log.js', by: 'root' }]), [now + 90_000, now + 90_000])
  t.equal(t.log(), [now, now + 90_000].map(at => ({ level: 'warn', message: 'careful', fields: { at } })))
}
exports['who signed'] = async t => {
  const who = { program: './who.js', by: 'root', define: { BOB: t.key('bob'), CAROL: t.key('carol') } }
  const by = more => t.send([who, { program: './next.js', ...more }])
  t.equal(await by({ by: 'bob' }), [true, false, false, 64])
  t.equal(await by({ by: 'bob', bound: true }), [true, true, false, 64])
  t.equal(await by({ by: ['carol', 'bob'] }), [true, false, true, 64])
  t.equal(await by({ by: [] }), [false, false, false, 64])
  t.equal(await by({}), [false, false, false, 64])
}
exports.failures = async t => {
  const program = './throw.js'
  const e = await t.throws(t.send([{ program, by: 'root' }], 'range'), { code: 'program_error', message: 'too far' })
  t.equal([e.name, e.message, e.code, e.program, e.line, e.column, e instanceof Error], ['RangeError', 'too far', 'program_error', 'throw.js', 2, 36, true])
  const f = await t.throws(() => t.send([{ program, by: 'root' }]), { code: 'out_of_fuel', message: /fuel of \d+/ })
  t.equal(f.program, undefined)
  await t.throws(t.send([{ program, by: 'bob' }]), { code: 'root_not_signed' })
  await t.throws(t.send([{ program: './none.js' }]), { code: 'not_bundled', message: 'no file none.js' })
  await t.throws(t.send([{ program: '../x.js' }]), { code: 'not_bundled', message: 'folder' })
}
exports.comparing = async t => {
  const no = async (got, want, message) => { await t.throws(() => t.equal(got, want), { message }) }
  const cycle = () => { const o = { a: 1 }; o.self = o; return o }
  t.equal(cycle(), cycle())
  t.equal([new Date(5), /x/g, new Map([['k', { v: [1] }]]), new Set([1]), NaN, 10n, new Uint8Array([1, 2])],
    [new Date(5), /x/g, new Map([['k', { v: [1] }]]), new Set([1]), NaN, 10n, new Uint8Array([1, 2])])
  await no(0, -0, 'got 0, want -0')
  await no({ a: [1, { b: 2 }] }, { a: [1, { b: 3 }] }, 'at .a[1].b got 2, want 3')
  await no([1, 2], [1], 'at [1] got 2, want nothing there')
  await no([1, , ], [1], 'at .length got 2, want 1')
  await no([1], [1, 2], 'at [1] got nothing there, want 2')
  await no({ 'a b': 1 }, { 'a b': '1' }, 'at ["a b"] got 1, want "1"')
  await no(new Date(1), new Date(2), 'got Date 1970-01-01T00:00:00.001Z')
  await no(new Set([1]), new Set([2]), 'at <0> got 1, want 2')
  await no([], {}, 'got [], want {}')
  await no(new Uint8Array([1]), new Uint8Array([2]), 'at [0] got 1, want 2')
  await no(null, undefined, 'got null, want undefined')
  await t.throws(() => t.equal(1, 2, 'the sum'), { message: 'the sum: got 1, want 2' })
  await t.throws(() => t.ok(0, 'zero'), { message: 'zero: got 0, want something true' })
  await t.throws(t.throws(() => 5), { message: 'nothing was thrown: got 5' })
  await t.throws(t.throws(() => { throw new Error('x') }, { message: 'y' }), { message: 'says "x", want "y"' })
  await t.throws(t.throws(() => { throw new Error('x') }, { code: 'y' }), { message: 'code undefined, want "y"' })
}
`,
	})
}

// bobKey is the public key of "bob".
func bobKey(t *testing.T) string {
	t.Helper()
	k, err := publicOf("bob")
	if err != nil {
		t.Fatal(err)
	}
	return k.String()
}

// TestVatConfig: the vat of a test has the limits, the powers and the root power
// of the project's, and its requests go to the test.
func TestVatConfig(t *testing.T) {
	passes(t, map[string]string{
		"vat.toml":      "[limits]\nfuel = 1_000_000\n[powers.http]\norigins = [\"https://a.example\"]\nimmediate = true\n[powers.files]\ndir = \"/nowhere/at/all\"\nwrite = true\n",
		"root-power.js": "const { twice } = require('./lib.js')\nexports.four = twice(2); exports.http = require('qvat:http'); exports.files = require('qvat:files')",
		"lib.js":        "exports.twice = n => 2 * n",
		"spin.js":       "exports.main = () => { for (;;); }",
		"power.js":      "exports.main = async ({ power: { four, http, files } }) => {\n files.write('a.txt', 'x'); const a = [];\n for (const n of [1, 2, 3]) a.push((await http.fetch({ url: 'https://a.example/' + n })).body)\n return [four, files.read('a.txt'), ...a] }",
		"main.test.js": `
exports.fuel = async t => {
  await t.throws(t.send([{ program: './spin.js', by: 'root' }]), { code: 'out_of_fuel', message: '1000000' })
}
exports.powers = async t => {
  t.answer({ body: 'one' }, { status: 404, body: 'two' })
  t.equal(await t.send([{ program: './power.js', by: 'root' }]), [4, 'x', 'one', 'two', 'two'])
  const left = await t.requests()
  t.equal(left.map(r => [r.method, r.url, r.body, r.id.length > 0]), [1, 2, 3].map(n => ['GET', 'https://a.example/' + n, '', true]))
  t.equal(await t.requests(), [])
}
`,
	})
}

func TestFilter(t *testing.T) {
	dir := folder(t, map[string]string{
		"a.test.js": "exports.one = () => {}; exports.two = () => {}; exports.n = 1", "b.test.js": "exports.one = () => {}",
	})
	for pattern, want := range map[string][]string{
		"^one$": {"a.test.js one", "b.test.js one"}, "a.test": {"a.test.js one", "a.test.js two"}, "w": {"a.test.js two"},
	} {
		var got []string
		for _, r := range ran(t, Options{Dir: dir, Filter: regexp.MustCompile(pattern)}) {
			got = append(got, r.File+" "+r.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s picks %q, want %q", pattern, got, want)
		}
	}
	if _, err := Run(t.Context(), Options{Dir: dir, Filter: regexp.MustCompile("three")}); !errors.Is(err, ErrNoMatch) {
		t.Errorf("a filter that picks nothing: %v", err)
	}
	if _, err := Run(t.Context(), Options{Dir: folder(t, map[string]string{"main.js": ""})}); !errors.Is(err, ErrNoTests) {
		t.Errorf("a project with no test: %v", err)
	}
}

// TestRootPowerThatFails: the tests that need a vat say why there is none, and
// the others run.
func TestRootPowerThatFails(t *testing.T) {
	for text, want := range map[string]string{
		"exports.x = ;":              "root-power.js does not build",
		"exports.x = require('./y')": "root-power.js does not build",
		"throw new RangeError('x')":  "root-power.js fails: RangeError: x",
	} {
		results := ran(t, Options{Dir: folder(t, map[string]string{
			"root-power.js": text, "count.js": counter,
			"a.test.js": "exports.unit = t => t.ok(true); exports.vat = t => t.send([{ program: './count.js', by: 'root' }])",
		})})
		if results[0].Failure != nil {
			t.Errorf("%s: a test that needs no vat: %+v", text, results[0].Failure)
		}
		if f := results[1].Failure; f == nil || !strings.Contains(f.Message, want) {
			t.Errorf("%s: %+v, want %q", text, f, want)
		}
	}
}

// TestCancel: when its context ends, a run does too, and removes what it made.
func TestCancel(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	dir := folder(t, map[string]string{
		"spin.js":   "exports.main = () => { for (;;); }",
		"vat.toml":  "[limits]\nfuel = 1_000_000_000_000\ntime = \"1h\"\n",
		"a.test.js": "exports.first = () => {}; exports.hangs = t => t.send([{ program: './spin.js', by: 'root' }])",
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		// The first vat is for its engine, the second for the test that hangs.
		at := filepath.Join(temp, "qvat-test-*", "vat2", "vat.db")
		for found, _ := filepath.Glob(at); len(found) == 0 && ctx.Err() == nil; found, _ = filepath.Glob(at) {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	_, err := Run(ctx, Options{Dir: dir, AtOnce: 1, MachineCode: runtimetest.Folder()})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the run ended with %v", err)
	}
	nothingIn(t, temp)
}
