package host_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"qvat/chains"
	"qvat/chains/chaintest"
	"qvat/host"
	"qvat/host/fault"
	"qvat/runtime/runtimetest"
)

// newVat makes a vat whose root key is chaintest's "root", with settings put
// into its qvat.toml before the first table, and opens it.
func newVat(t testing.TB, settings, rootPower string) *host.Vat {
	t.Helper()
	return openVat(t, newDir(t, settings, rootPower))
}

func newDir(t testing.TB, settings, rootPower string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "vat")
	if err := host.Init(dir, host.InitOptions{Listen: "127.0.0.1:0"}); err != nil {
		t.Fatal(err)
	}
	// A test that serves a vat is not to confine the whole test process.
	text := "root_key = \"" + chaintest.Public("root").String() + "\"\nsandbox = false\ncache = \"" + runtimetest.Folder() + "\"\n"
	// How slow the machine is does not count.
	const limits, patient = "[limits]\n", "[limits]\ntime = \"1h\"\n"
	if strings.Contains(settings, limits) {
		text += strings.Replace(settings, limits, patient, 1)
	} else {
		text += settings + patient
	}
	if err := os.WriteFile(filepath.Join(dir, "qvat.toml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if rootPower != "" {
		if err := os.WriteFile(filepath.Join(dir, "root-power.js"), []byte(rootPower), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func openVat(t testing.TB, dir string) *host.Vat {
	t.Helper()
	v, err := openIt(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

func openIt(dir string) (*host.Vat, error) {
	return host.Open(context.Background(), host.Options{Dir: dir, Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))})
}

// capsule is a chain of texts, signed by root, bob and carol in turn.
func capsule(input string, texts ...string) chains.Capsule {
	names := []string{"root", "bob", "carol"}[:len(texts)]
	byName := map[string]string{}
	for i, n := range names {
		byName[n] = texts[i]
	}
	return chaintest.ParseTexts(strings.Join(names, " -> "), byName).Capsule(input)
}

func mustInvoke(t testing.TB, v *host.Vat, c chains.Capsule) string {
	t.Helper()
	a, err := v.Invoke(context.Background(), "test", c)
	if err != nil {
		t.Fatal(err)
	}
	return string(a.Result)
}

func faultOf(t testing.TB, v *host.Vat, c chains.Capsule) *fault.Error {
	t.Helper()
	a, err := v.Invoke(context.Background(), "test", c)
	if err == nil {
		t.Fatalf("got %s, want a fault", a.Result)
	}
	return fault.Of(err)
}

const add = `exports.main = ({ power, input }) => {
  const n = (power.counters.get('n') ?? 0) + (input ?? 1)
  power.counters.set('n', n)
  return n
}`

func TestWritesLast(t *testing.T) {
	dir := newDir(t, "", "")
	v := openVat(t, dir)
	for i, want := range []string{"1", "2", "3"} {
		if got := mustInvoke(t, v, capsule("", add)); got != want {
			t.Fatalf("message %d got %s, want %s", i, got, want)
		}
	}
}

func TestFailureLeavesNothing(t *testing.T) {
	v := newVat(t, "", "")
	f := faultOf(t, v, capsule("", `exports.main = ({ power }) => { power.counters.set('n', 7); throw new RangeError('no') }`))
	if f.Code != fault.ProgramError || f.Name != "RangeError" || f.Message != "no" || f.Line != 1 {
		t.Errorf("got %+v", f)
	}
	if got := mustInvoke(t, v, capsule("", add)); got != "1" {
		t.Errorf("a failed message left %s", got)
	}
}

func TestMissingAllAtOnce(t *testing.T) {
	v := newVat(t, "", "")
	inner, err := chains.NewProgram([]byte(`exports.x = 1`), 0)
	if err != nil {
		t.Fatal(err)
	}
	outer, err := chains.NewProgram([]byte(`exports.y = require('`+inner.Hash().String()+`').x`), 0)
	if err != nil {
		t.Fatal(err)
	}
	c := capsule("", `exports.main = () => require('`+outer.Hash().String()+`').y`, `exports.main = () => 1`)
	programs := c.Programs
	c.Programs = programs[:1]
	f := faultOf(t, v, c)
	if f.Code != fault.MissingPrograms || len(f.Missing) != 2 {
		t.Fatalf("got %v with %v", f, f.Missing)
	}
	// Nothing was kept of a message that was not whole.
	missing, err := v.Missing(t.Context(), "test", []chains.Hash{programs[0].Hash()})
	if err != nil || len(missing) != 1 {
		t.Errorf("the vat kept a program of a message that it did not evaluate: %v", err)
	}
	c.Programs = append(programs, inner, outer)
	if got := mustInvoke(t, v, c); got != "1" {
		t.Errorf("got %s", got)
	}
	c.Programs = nil
	if got := mustInvoke(t, v, c); got != "1" {
		t.Errorf("with what is known: got %s", got)
	}
}

func TestRootNotSigned(t *testing.T) {
	v := newVat(t, "", "")
	s := chaintest.ParseTexts("mallory", map[string]string{"mallory": `exports.main = () => 1`})
	if f := faultOf(t, v, s.Capsule("")); f.Code != fault.RootNotSigned {
		t.Errorf("got %v", f)
	}
}

func TestAtMostOnce(t *testing.T) {
	v := newVat(t, "at_most_once = true\n", "")
	c := capsule("5", add)
	first, err := v.Invoke(t.Context(), "test", c)
	if err != nil {
		t.Fatal(err)
	}
	again, err := v.Invoke(t.Context(), "test", c)
	if err != nil {
		t.Fatal(err)
	}
	if string(first.Result) != "5" || !reflect.DeepEqual(first, again) {
		t.Errorf("first %s %+v, again %s %+v", first.Result, first, again.Result, again)
	}
	if got := mustInvoke(t, v, capsule("6", add)); got != "11" {
		t.Errorf("another message got %s", got)
	}
	// A failure is not an effect: the same message may be tried again.
	bad := capsule(`"x"`, `exports.main = ({ power, input }) => { if (power.counters.get('n') < 12) throw new Error('early'); return 1 }`)
	faultOf(t, v, bad)
	mustInvoke(t, v, capsule("7", add))
	if got := mustInvoke(t, v, bad); got != "1" {
		t.Errorf("after a failure: got %s", got)
	}
}

// TestNoLostUpdate has many messages at once add to one row: each is run
// against a snapshot, and those that lose run again.
func TestNoLostUpdate(t *testing.T) {
	v := newVat(t, "workers = 4\n", "")
	const clients, each = 8, 40
	errs := make(chan error, clients)
	for range clients {
		go func() {
			for range each {
				if _, err := v.Invoke(context.Background(), "test", capsule("1", add)); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range clients {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	if got := mustInvoke(t, v, capsule("0", add)); got != "320" {
		t.Errorf("%d additions came to %s", clients*each, got)
	}
}

func TestSQLSeesOwnWrites(t *testing.T) {
	v := newVat(t, "", `const store = require('qvat:store'); exports.t = store.table('things'); exports.sql = store.sql`)
	got := mustInvoke(t, v, capsule("", `exports.main = ({ power }) => {
		power.t.set('a', { n: 1 }); power.t.set('b', { n: 41 })
		return power.sql("select sum(value ->> '$.n') as sum from rows where tbl = ?", 'things')
	}`))
	if got != `[{"sum":42}]` {
		t.Errorf("got %s", got)
	}
	f := faultOf(t, v, capsule("", `exports.main = ({ power }) => power.sql('select * from qvat_meta')`))
	if f.Code != fault.ProgramError || strings.Contains(f.Message, "/") {
		t.Errorf("got %v", f)
	}
}

func TestRootPowerFails(t *testing.T) {
	v := newVat(t, "", `throw new Error('secret of the owner')`)
	f := faultOf(t, v, capsule("", `exports.main = () => 1`))
	if f.Code != fault.Internal || strings.Contains(f.Message, "secret") {
		t.Errorf("got %v", f)
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, c := range map[string]struct{ settings, rootPower, want string }{
		"a setting that is not known": {"[limits]\nfule = 3\n", "", "fule"},
		"a limit of nothing":          {"[limits]\nfuel = 0\n", "", "limits.fuel"},
		"a root power that is broken": {"", "exports.x = {", "root-power.js"},
		"a module from elsewhere":     {"", "require('../../../etc/passwd')", "root-power.js"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := host.Open(t.Context(), host.Options{Dir: newDir(t, c.settings, c.rootPower)})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want it to speak of %s", err, c.want)
			}
		})
	}
}

func TestInitRefusesToOverwrite(t *testing.T) {
	dir := newDir(t, "", "")
	if err := host.Init(dir, host.InitOptions{}); !errors.Is(err, os.ErrExist) {
		t.Errorf("got %v", err)
	}
	for name, want := range map[string]os.FileMode{"keys/root.key": 0o600, "keys/node.key": 0o600, "vat.db": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
}

func TestInfo(t *testing.T) {
	v := newVat(t, "name = \"mine\"\n", "")
	i := v.Info()
	if i.Name != "mine" || i.RootKey != chaintest.Public("root").String() || len(i.NodeKey) != 64 || i.NodeKey == i.RootKey {
		t.Errorf("got %+v", i)
	}
	if b, err := json.Marshal(i.Limits); err != nil || !strings.Contains(string(b), "program_bytes") {
		t.Errorf("limits: %s, %v", b, err)
	}
}

// TestOnceAtOnce sends one message many times at once. It takes effect once, and
// everybody is told that it has: a run that came too late saw what the first
// had done, and that is not a failure.
func TestOnceAtOnce(t *testing.T) {
	v := newVat(t, "at_most_once = true\nworkers = 4\n", "")
	claim := capsule("", `exports.main = ({ power }) => {
		if (power.counters.has('claimed')) throw new Error('claimed already')
		power.counters.set('claimed', true)
		return 'yours'
	}`)
	const senders = 16
	type end struct {
		result string
		err    error
	}
	ends := make(chan end, senders)
	for range senders {
		go func() {
			a, err := v.Invoke(context.Background(), "test", claim)
			ends <- end{string(a.Result), err}
		}()
	}
	for range senders {
		if e := <-ends; e.err != nil || e.result != `"yours"` {
			t.Errorf("got %s, %v", e.result, e.err)
		}
	}
}

func TestLibraryIsBounded(t *testing.T) {
	v := newVat(t, "[limits]\nlibrary_bytes = 20000\n", "")
	c := capsule("", `exports.main = () => 1`, `exports.main = () => 2 // `+strings.Repeat("x", 30_000))
	if f := faultOf(t, v, c); f.Code != fault.TooLarge || f.Limit != "library_bytes" {
		t.Errorf("got %+v", f)
	}
}

// TestRefusedBringsNothing: who has a copy of a root-signed link can put
// anything behind it; only what has run to its end is kept.
func TestRefusedBringsNothing(t *testing.T) {
	v := newVat(t, "", "")
	c := capsule("", `exports.main = ({ next }) => { if (next) throw new Error('for nobody') }`, `exports.main = () => 2`)
	faultOf(t, v, c)
	missing, err := v.Missing(t.Context(), "test", []chains.Hash{c.Programs[1].Hash()})
	if err != nil || len(missing) != 1 {
		t.Errorf("the vat kept a program that was refused: %v, %v", missing, err)
	}
}

func TestRootPowerMayNotLieWhereProgramsWrite(t *testing.T) {
	dir := newDir(t, "[powers.files]\ndir = \"data\"\nwrite = true\n", `exports.x = require('./data/x.js')`)
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data", "x.js"), []byte(`module.exports = 1`), 0o644); err != nil {
		t.Fatal(err)
	}
	if v, err := openIt(dir); err == nil || !strings.Contains(err.Error(), "programs write") {
		t.Errorf("got %v", err)
		if err == nil {
			t.Error(v.Close())
		}
	}
}
