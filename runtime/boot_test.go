package runtime

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

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
	in.fill(math.MaxInt64, time.Time{})
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
		{"FinalizationRegistry", permit(`"Infinity"`, `"Infinity", "FinalizationRegistry"`), "FinalizationRegistry"},
		{"SharedArrayBuffer", permit(`"Infinity"`, `"Infinity", "SharedArrayBuffer"`), "SharedArrayBuffer"},
		{"Atomics", permit(`"Infinity"`, `"Infinity", "Atomics"`), "Atomics"},
		{"a name that the realm has nothing for", permit(`"Infinity"`, `"Infinity", "fetch"`), "fetch"},
		{"a clock behind a class of ours", static("Date.now"), "Date.now"},
		{"an evaluator behind a class of ours", static("(async () => {}).constructor"), "AsyncFunction"},
		{"eval behind a class of ours", static("{ deep: [eval] }"), "eval"},
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

// Row 10: a page that was swapped out is dirty too. A kernel that swaps at a
// test's word is not to be had, so the table of pages is a file of the test's.
func TestRow10SwappedPagesAreDirty(t *testing.T) {
	const pages = 8
	mem, err := unix.Mmap(-1, 0, pages*osPage, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(mem) //nolint:errcheck // a mapping of our own, whole
	words := [pages]uint64{
		0, wordPresent, wordPresent | wordFile, wordSwapped, wordSwapped | wordFile, wordFile, wordPresent, wordPresent | 12345,
	}
	table, err := os.Create(filepath.Join(t.TempDir(), "pagemap"))
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	raw := make([]byte, 0, pages*8)
	for _, w := range words {
		raw = binary.NativeEndian.AppendUint64(raw, w)
	}
	at := int64(uintptr(unsafe.Pointer(&mem[0])) / osPage * 8)
	if _, err := table.WriteAt(raw, at); err != nil {
		t.Fatal(err)
	}
	s := scanner{pagemap: int(table.Fd()), words: make([]uint64, pages)}
	var got [][2]int
	err = s.dirty(mem, func(from, to int) error {
		got = append(got, [2]int{from / osPage, to / osPage})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := [][2]int{{1, 2}, {3, 4}, {6, 8}}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("dirty are pages %v, want %v", got, want)
	}
	s.words = make([]uint64, 2*pages) // more than the table tells of
	if err := s.dirty(mem, func(int, int) error { return nil }); err == nil {
		t.Error("a table that ends early was believed")
	}
}

// TestScannersAgree holds the two ways of finding changed pages against what
// was changed.
func TestScannersAgree(t *testing.T) {
	const pages = 3000 // more runs than one call of PAGEMAP_SCAN tells
	content := make([]byte, pages*osPage)
	for i := range content {
		content[i] = byte(i / osPage)
	}
	store, kept, err := newImageStore(content)
	if err != nil {
		t.Fatal(err)
	}
	defer store.release(kept)
	r, err := reserve(pages * osPage)
	if err != nil {
		t.Fatal(err)
	}
	defer r.release()
	if err := r.commit(pages * osPage); err != nil {
		t.Fatal(err)
	}
	if err := r.mapImage(store, pages*osPage); err != nil {
		t.Fatal(err)
	}
	img := &image{bytes: kept}
	for round, words := range [][]uint64{nil, make([]uint64, pages)} {
		r.scan.words = words
		sum := 0
		for i, c := range r.bytes() { // present, and not changed
			sum += int(c) * i
		}
		for p := 0; p < pages; p += 2 {
			r.bytes()[p*osPage+round]++
		}
		dirty := 0
		err := r.scan.dirty(r.bytes(), func(from, to int) error {
			if to-from != osPage || from/osPage%2 != 0 {
				t.Errorf("round %d: pages %d to %d", round, from/osPage, to/osPage)
			}
			dirty++
			return nil
		})
		if err != nil || dirty != pages/2 || sum == 0 {
			t.Errorf("round %d: %d pages are dirty, %d should be: %v", round, dirty, pages/2, err)
		}
		if err := r.restore(img); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(r.bytes(), content) {
			t.Errorf("round %d: the memory is not the image", round)
		}
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
