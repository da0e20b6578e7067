package runtime_test

import (
	"errors"
	"sync"
	"testing"

	"qvat/runtime"
)

// witness is a chain that looks at what hostile programs would like to leave
// behind: globals, primordials, the order and count of what the engine does,
// modules, the root power, errors and where they arose. It must say the same,
// and burn the same fuel, whatever ran before it.
var witness = hostile{
	name:  "witness",
	input: `{"n":7,"list":[3,1,2]}`,
	modules: []string{`
		let calls = 0;
		exports.count = () => ++calls;`},
	links: []string{`
		const { count } = require('@0');
		exports.main = async ({ power, next }) => {
			count();
			const child = await next.load()({ count, echo: power.echo });
			let thrown;
			try { power.refuse() } catch (e) { thrown = e.name + e.message }
			return { child, thrown, own: count(), globals: Reflect.ownKeys(globalThis).length, leak: typeof leak };
		};`, `
		const { count } = require('@0');
		exports.main = async ({ power, input }) => {
			const words = new Map([['b', 1], ['a', 2]]);
			const where = () => { try { null.x } catch (e) { return e.message + e.stack } };
			class Point { #x = 1; get x() { return this.#x } }
			return {
				input, own: count(), parent: power.count(), echo: power.echo(1, 'é', { __proto__: null, a: [] }),
				keys: [...words.keys()], sorted: [...input.list].sort(), re: 'x1y22'.match(/\d+/g), where: where(),
				kinds: [typeof {}.leak, typeof [].leak, typeof ''.leak, typeof (() => {}).leak, typeof Promise.prototype.leak],
				p: await Promise.all([1, (async () => 2)(), new Point().x]), big: String(2n ** 64n), date: new Date(0).toISOString(),
			};
		};`},
	result: `{"child":{"input":{"n":7,"list":[3,1,2]},"own":1,"parent":2,"echo":[1,"é",{"a":[]}],"keys":["b","a"],"sorted":[1,2,3],` +
		`"re":["1","22"],"where":"cannot read property 'x' of nullTypeError: cannot read property 'x' of null",` +
		`"kinds":["undefined","undefined","undefined","undefined","undefined"],"p":[1,2,1],"big":"18446744073709551616",` +
		`"date":"1970-01-01T00:00:00.000Z"},"thrown":"RangeErrorrefused","own":3,"globals":60,"leak":"undefined"}`,
}

// alone is what the witness burns in an engine in which nothing else ran.
var alone struct {
	once sync.Once
	fuel int64
}

func aloneFuel(t testing.TB) int64 {
	t.Helper()
	alone.once.Do(func() {
		out, err := newEngine(t, hostileOptions()).Turn(t.Context(), witness.message(t))
		witness.check(t, out, err)
		alone.fuel = out.Fuel
	})
	return alone.fuel
}

// checkWitness runs the witness and wants nothing changed.
func checkWitness(t testing.TB, e *runtime.Engine, m runtime.Invocation, fuel int64) {
	t.Helper()
	out, err := e.Turn(t.Context(), m)
	witness.check(t, out, err)
	if out.Fuel != fuel {
		t.Errorf("the next message burnt %d, and %d in a fresh engine", out.Fuel, fuel)
	}
}

// TestHostile runs every case of testdata/hostile, and the witness after each.
// The memory of the instance that ran it must then be the image again, byte for
// byte; one that trapped must be gone.
func TestHostile(t *testing.T) {
	fuel := aloneFuel(t)
	e := newEngine(t, hostileOptions())
	after := witness.message(t)
	cases := readHostile(t)
	if len(cases) < 300 {
		t.Errorf("only %d hostile cases are left", len(cases))
	}
	compared := 0
	for _, c := range cases {
		t.Run(c.file+"/"+c.name, func(t *testing.T) {
			out, err := e.Turn(t.Context(), c.message(t))
			c.check(t, out, err)
			if n := checkReset(t, e, err); n > 0 && !trapped(err) {
				compared++
			}
			checkWitness(t, e, after, fuel)
		})
	}
	if compared < 200 {
		t.Errorf("only %d instances were compared with the image", compared)
	}
}

// checkReset compares the idle instances with their images, and says how many
// there are. Where the last message trapped, its instance must not be one.
func checkReset(t testing.TB, e *runtime.Engine, err error) int {
	t.Helper()
	n, differ := e.CompareIdle()
	if differ != nil {
		t.Fatal(differ)
	}
	if s := e.Stats(); trapped(err) && s.Idle != 0 {
		t.Errorf("%d instances are idle after one trapped", s.Idle)
	}
	return n
}

// trapped tells whether a message ended by a trap of its instance.
func trapped(err error) bool {
	var f *runtime.Failure
	return errors.As(err, &f) && f.Reason != runtime.ProgramError && f.Reason != runtime.NeverSettled
}
