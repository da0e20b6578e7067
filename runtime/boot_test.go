package runtime

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"qvat/guest"
)

// bootScripts are what the tests boot with in the place of guest's scripts.
type bootScripts struct {
	beforeSES, beforeRealm string
	text, permits          string // "" stands for guest's
}

// bootWith boots an instance as an engine does, but for the test's scripts.
func bootWith(t *testing.T, e *Engine, s bootScripts) error {
	t.Helper()
	in, err := e.newInstance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer in.mod.Close(t.Context())
	in.setFuel(math.MaxInt64, time.Time{})
	b := booter{ctx: t.Context(), in: in}
	b.quickjs()
	start := b.eval("boot.js", guest.Boot)
	b.eval("test", s.beforeSES)
	b.eval("ses", guest.SES)
	text := b.eval("text.js", cmp.Or(s.text, guest.Text))
	b.eval("test", s.beforeRealm)
	table := b.eval("permits.json", "("+cmp.Or(s.permits, guest.Permits)+")")
	hardener := b.eval("harden.js", guest.Harden)
	b.call(b.eval("realm.js", guest.Realm), start, table, text, hardener)
	return b.err
}

// Row 9: boot refuses to make an image of a realm that is not frozen, or that
// leads to something with power.
func TestRow09BootAsserts(t *testing.T) {
	ctx := t.Context()
	e, err := New(ctx, Options{CacheDir: os.Getenv(MachineCode)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(ctx); err != nil {
			t.Error(err)
		}
	}()
	if err := bootWith(t, e, bootScripts{}); err != nil {
		t.Fatalf("as it stands, the realm is refused: %v", err)
	}
	permit := func(old, new string) bootScripts {
		s := bootScripts{permits: strings.Replace(guest.Permits, old, new, 1)}
		if s.permits == guest.Permits {
			t.Fatalf("the table of permits has no %s", old)
		}
		return s
	}
	static := func(value string) bootScripts {
		return bootScripts{text: "(() => { class C { static x = " + value + " } return { TextEncoder: C, TextDecoder: C } })()"}
	}
	for _, c := range []struct {
		name    string
		scripts bootScripts
		want    string // in the error
	}{
		{"no console", bootScripts{beforeSES: "delete globalThis.console"}, ""},
		{"a global that cannot be removed", bootScripts{beforeRealm: "Object.defineProperty(globalThis, 'leak', { value: 1 })"}, "leak"},
		{"the start realm's Date", permit(`"tamed": ["Date", `, `"tamed": [`), "Date"},
		{"the start realm's Math", permit(`"Math", "RegExp"`, `"RegExp"`), "Math.random"},
		{"WeakRef", permit(`"Infinity"`, `"Infinity", "WeakRef"`), "WeakRef"},
		{"a name that the realm has nothing for", permit(`"Infinity"`, `"Infinity", "fetch"`), "fetch"},
		{"a clock behind a class of ours", static("Date.now"), "Date.now"},
		{"an evaluator behind a class of ours", static("(async () => {}).constructor"), "AsyncFunction"},
		{"an evaluator behind a getter of ours", static("Object.defineProperty({}, 'x', { get: Function })"), "Function"},
		{"what will not be frozen", static("new Proxy({}, { preventExtensions: () => false })"), ""},
		{"what lies about its keys", static("new Proxy({}, { ownKeys() { throw new Error('no keys') } })"), "no keys"},
	} {
		t.Run(c.name, func(t *testing.T) {
			switch err := bootWith(t, e, c.scripts); {
			case err == nil:
				t.Error("an image would be made of it")
			case !strings.Contains(err.Error(), c.want):
				t.Errorf("got %v, want a word of %s", err, c.want)
			}
		})
	}
}

// Row 12: bytecode is trusted input. What comes from outside is text, and is
// compiled here; the engine's version is pinned.
func TestRow12EngineIsPinned(t *testing.T) {
	lock, err := os.ReadFile("../guest/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	var locked struct {
		Packages map[string]struct{ Version, Integrity, Resolved string }
	}
	if err := json.Unmarshal(lock, &locked); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"quickjs-wasi", "ses"} {
		p := locked.Packages["node_modules/"+name]
		if p.Integrity == "" || p.Version != Versions()[name] {
			t.Errorf("%s: locked %q with sum %q, embedded %q", name, p.Version, p.Integrity, Versions()[name])
		}
	}
	for name, p := range locked.Packages {
		if p.Resolved != "" {
			t.Errorf("the lock file holds the address of %s", name)
		}
	}
	for what, wasm := range map[string][]byte{
		"nothing": nil, "another module": []byte("\x00asm\x01\x00\x00\x00"), "one that is mended already": mended(t), "two of them": append(bytes.Clone(guest.QuickJS), guest.QuickJS...),
	} {
		if _, err := repair(wasm); err == nil {
			t.Errorf("%s can be mended", what)
		}
	}
}

func mended(t *testing.T) []byte {
	t.Helper()
	b, err := repair(guest.QuickJS)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) != len(guest.QuickJS) || bytes.Equal(b, guest.QuickJS) {
		t.Fatal("mending changed nothing, or the length")
	}
	return b
}
