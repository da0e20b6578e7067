package library_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"qvat/chains"
	"qvat/host/library"
	"qvat/host/store"
	"qvat/host/store/sqlite"
	"qvat/host/store/sqlite/sqlitetest"
)

func program(t testing.TB, text string) chains.Program {
	t.Helper()
	p, err := chains.NewProgram([]byte(text), 0)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// sized makes a program that counts as n bytes.
func sized(t testing.TB, name string, n int) chains.Program {
	t.Helper()
	const overhead = 256
	return program(t, name+strings.Repeat(" ", n-overhead-len(name)))
}

// shelf is a test of which programs are kept: a library, and the store it is in.
type shelf struct {
	testing.TB
	*library.Library
	s    *sqlite.Store
	path string
}

// open opens a library that is checked and closed with its store when the test ends.
func open(t testing.TB, so sqlite.Options, o library.Options) *shelf {
	t.Helper()
	if so.Path == "" {
		so.Path = filepath.Join(t.TempDir(), "vat.db")
	}
	s, err := sqlite.Open(t.Context(), so)
	if err != nil {
		t.Fatal(err)
	}
	l, err := library.Open(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	sh := &shelf{t, l, s, so.Path}
	t.Cleanup(func() {
		if sh.s != nil {
			sh.close()
		}
	})
	return sh
}

func (sh *shelf) close() {
	sh.Helper()
	err := errors.Join(sh.Check(), sqlitetest.Check(sh.path))
	sh.Library.Close()
	if err := errors.Join(err, sh.s.Close()); err != nil {
		sh.Error(err)
	}
	sh.s = nil
}

// commit commits something: what was put before it is written with it, or before.
func (sh *shelf) commit() {
	sh.Helper()
	set := func(tx store.Tx) error { return tx.Set(sh.Context(), "t", "n", []byte("1")) }
	if err := store.Update(sh.Context(), sh.s, set); err != nil {
		sh.Fatal(err)
	}
}

func (sh *shelf) put(p chains.Program, owner library.Owner, created bool) {
	sh.Helper()
	if got, err := sh.Put(sh.Context(), p, owner); err != nil || got != created {
		sh.Errorf("put: %v, %v; want %v", got, err, created)
	}
}

func (sh *shelf) refuse(p chains.Program, owner library.Owner, want error) {
	sh.Helper()
	if _, err := sh.Put(sh.Context(), p, owner); !errors.Is(err, want) {
		sh.Errorf("put: %v, want %v", err, want)
	}
}

func (sh *shelf) has(ps ...chains.Program) {
	sh.Helper()
	for _, p := range ps {
		got, ok, err := sh.Program(sh.Context(), p.Hash())
		if err != nil || !ok || !reflect.DeepEqual(got, p) {
			sh.Errorf("program %.10q: %v, %v", p.Text(), ok, err)
		}
	}
}

func (sh *shelf) lacks(ps ...chains.Program) {
	sh.Helper()
	for _, p := range ps {
		if _, ok, err := sh.Program(sh.Context(), p.Hash()); err != nil || ok {
			sh.Errorf("program %.10q: %v, %v; want none", p.Text(), ok, err)
		}
	}
}

var (
	used     = library.Owner{Used: true}
	stranger = library.Owner{Peer: "stranger"}
	other    = library.Owner{Peer: "other"}
)

func TestPrograms(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vat.db")
	so := sqlite.Options{Path: path}
	sh := open(t, so, library.Options{})
	a, b, c := program(t, "a"), program(t, ""), program(t, "require('"+strings.Repeat("ab", 32)+"') // ä")
	sh.lacks(a, b, c)
	sh.put(a, used, true)
	sh.put(a, used, false)
	sh.put(a, stranger, false)
	sh.put(b, stranger, true)
	sh.put(c, used, true)
	sh.has(a, b, c)
	want := []chains.Hash{{1}, {2}, {1}}
	missing, err := sh.Missing(t.Context(), []chains.Hash{{1}, a.Hash(), {2}, c.Hash(), {1}})
	if err != nil || !reflect.DeepEqual(missing, want) {
		t.Errorf("missing: %v, %v; want %v", missing, err, want)
	}
	for range 2 { // at first from memory, when opened again from the disk
		sh.close()
		sh = open(t, so, library.Options{})
		sh.has(a, b, c)
		sh.put(c, used, false)
	}
}

// TestEviction shows what goes when there is no more room: what no root-signed
// message has used, then the least recently used, and nothing that is held.
func TestEviction(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vat.db")
	so, o := sqlite.Options{Path: path}, library.Options{Bytes: 10_000, StrangerBytes: 4000, PeerBytes: 4000}
	sh := open(t, so, o)
	var p []chains.Program
	for i := range 12 {
		p = append(p, sized(t, fmt.Sprint("p", i, " "), 2000))
	}
	sh.put(p[0], used, true)
	sh.put(p[1], used, true)
	sh.put(p[2], stranger, true)
	sh.put(p[3], used, true)
	sh.put(p[4], used, true)
	sh.put(p[5], used, true) // the stranger's goes, though it is newer than p[0]
	sh.lacks(p[2])
	sh.has(p[1], p[3], p[4], p[5], p[0]) // the order of use from here on
	sh.put(p[6], used, true)
	sh.lacks(p[1])

	lease := sh.Lease()
	for _, q := range []chains.Program{p[3], p[4]} {
		if _, ok, err := lease.Program(t.Context(), q.Hash()); err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	for i := 7; i < 10; i++ {
		sh.put(p[i], used, true)
	}
	sh.has(p[3], p[4], p[7], p[8], p[9])
	sh.lacks(p[5], p[0], p[6])
	for _, q := range p[7:10] {
		if _, ok, err := lease.Program(t.Context(), q.Hash()); err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	sh.refuse(p[10], used, library.ErrBacklog) // everything is held
	sh.has(p[3], p[4], p[7], p[8], p[9])
	lease.Release()
	sh.put(p[10], used, true)
	sh.lacks(p[3])

	sh.close()
	o.Bytes = 4000
	sh = open(t, so, o) // with lower bounds the oldest go
	sh.has(p[9], p[10])
	sh.lacks(p[4], p[7], p[8])
}

// TestStrangers shows the bounds of what no root-signed message has used.
func TestStrangers(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	path := filepath.Join(t.TempDir(), "vat.db")
	so := sqlite.Options{Path: path}
	o := library.Options{
		StrangerBytes: 10_000, PeerBytes: 4000, StrangerAge: time.Minute,
		Now: func() time.Time { return now },
	}
	sh := open(t, so, o)
	var p []chains.Program
	for i := range 12 {
		p = append(p, sized(t, fmt.Sprint("p", i, " "), 2000))
	}
	var limit *store.LimitError
	if _, err := sh.Put(t.Context(), sized(t, "large", 4001), stranger); !errors.As(err, &limit) {
		t.Errorf("larger than a peer may send: %v", err)
	}
	sh.put(sized(t, "large", 4001), used, true)
	sh.put(p[0], stranger, true)
	sh.put(p[1], stranger, true)
	sh.refuse(p[2], stranger, library.ErrPeerFull)
	sh.put(p[2], other, true)
	sh.put(p[3], other, true)

	// What a root-signed message uses is no stranger's any more.
	lease := sh.Lease()
	if _, ok, err := lease.Program(t.Context(), p[0].Hash()); err != nil || !ok {
		t.Fatal(ok, err)
	}
	lease.Use()
	lease.Release()
	sh.put(p[4], stranger, true)
	sh.refuse(p[5], stranger, library.ErrPeerFull)
	sh.put(p[1], used, false)
	sh.put(p[5], stranger, true)

	// It stays so when the store is opened again.
	sh.close()
	sh = open(t, so, o)
	sh.refuse(p[6], stranger, library.ErrPeerFull)
	if st := sh.Stats(); st.StrangerBytes != 8000 {
		t.Errorf("strangers have %d bytes, want 8000", st.StrangerBytes)
	}

	// When the space is full, the oldest of anybody's goes.
	third := library.Owner{Peer: "third"}
	sh.put(p[6], third, true)
	sh.has(p[2], p[3], p[4], p[5], p[6])
	sh.put(p[7], third, true)
	sh.lacks(p[2])
	sh.has(p[3], p[4], p[5], p[6], p[7])

	// After a while a peer's own old ones make room for its new ones.
	sh.refuse(p[8], stranger, library.ErrPeerFull)
	now = now.Add(time.Hour)
	sh.put(p[8], stranger, true)
	sh.lacks(p[4])
	sh.has(p[0], p[1], p[3], p[5], p[6], p[7], p[8])
}

// TestProgramMemory shows that what does not fit into memory comes from the disk.
func TestProgramMemory(t *testing.T) {
	sh := open(t, sqlite.Options{}, library.Options{MemoryBytes: 5000})
	var p []chains.Program
	for i := range 10 {
		p = append(p, sized(t, fmt.Sprint("p", i, " "), 2000))
		sh.put(p[i], used, true)
	}
	// A commit is written with all that was put before it, or after that.
	for sh.Stats().BacklogBytes > 0 {
		sh.commit()
	}
	sh.has(p...)
	if st := sh.Stats(); st.LoadedBytes > 5000 || st.Programs != 10 || st.Bytes != 20_000 {
		t.Errorf("%+v", st)
	}
	sh.has(p...)
}

// TestProgramBacklog bounds what waits to be written.
func TestProgramBacklog(t *testing.T) {
	sh := open(t, sqlite.Options{}, library.Options{BacklogBytes: 5000})
	held, err := sh.s.BeginExclusive(t.Context()) // nothing is written meanwhile
	if err != nil {
		t.Fatal(err)
	}
	defer held.Rollback()
	sh.put(sized(t, "a", 2000), used, true)
	sh.put(sized(t, "b", 2000), used, true)
	sh.refuse(sized(t, "c", 2000), used, library.ErrBacklog)
	sh.has(sized(t, "a", 2000), sized(t, "b", 2000))
}

// TestProgramsAreWritten shows that programs come to the disk without any
// commit, however fast others follow.
func TestProgramsAreWritten(t *testing.T) {
	sh := open(t, sqlite.Options{}, library.Options{Bytes: 10_000})
	for i := 0; sh.s.Stats().Writes == 0; i++ {
		if _, err := sh.Put(t.Context(), sized(t, fmt.Sprint(i, " "), 1000), used); err != nil && !errors.Is(err, library.ErrBacklog) {
			t.Fatal(err)
		}
	}
	for sh.Stats().BacklogBytes > 0 {
		runtime.Gosched()
	}
}

// TestProgramsFromManyGoroutines puts, reads, holds and evicts at once.
func TestProgramsFromManyGoroutines(t *testing.T) {
	sh := open(t, sqlite.Options{}, library.Options{
		Bytes: 20_000, StrangerBytes: 5000, PeerBytes: 3000, MemoryBytes: 4000, Count: 30,
	})
	var wg sync.WaitGroup
	for w := range 6 {
		wg.Go(func() {
			for i := range 150 {
				p := sized(t, fmt.Sprint((w*31+i*7)%60, " "), 300+(i%5)*100)
				lease := sh.Lease()
				_, err := lease.Put(t.Context(), p, library.Owner{Used: i%3 > 0, Peer: fmt.Sprint(w)})
				if err != nil && !errors.Is(err, library.ErrPeerFull) && !errors.Is(err, library.ErrBacklog) {
					t.Error(err)
				}
				if got, ok, rerr := lease.Program(t.Context(), p.Hash()); rerr != nil || (err == nil && !ok) || ok && got.Text() != p.Text() {
					t.Errorf("%v, %v", ok, rerr)
				}
				if i%2 == 0 {
					lease.Use()
				}
				lease.Release()
				if i%10 == 0 {
					sh.commit()
				}
			}
		})
	}
	wg.Wait()
}

// TestProgramsWithoutRoom shows that programs which cannot be written keep no
// commit from being written.
func TestProgramsWithoutRoom(t *testing.T) {
	sh := open(t, sqlite.Options{DatabaseBytes: 1 << 20}, library.Options{})
	sh.commit()
	var held []chains.Program
	for i := range 4 {
		p := program(t, fmt.Sprint(i, strings.Repeat(" ", 500_000)))
		if _, err := sh.Put(t.Context(), p, used); err != nil {
			t.Fatal(err)
		}
		held = append(held, p)
	}
	failures := 0
	for i := range 100 {
		set := func(tx store.Tx) error { return tx.Set(t.Context(), "t", "n", []byte(strconv.Itoa(i))) }
		if err := store.Update(t.Context(), sh.s, set); err != nil {
			failures++
		}
	}
	if failures > 1 {
		t.Errorf("%d commits failed because of programs; one may", failures)
	}
	for _, p := range held {
		if got, ok, err := sh.Program(t.Context(), p.Hash()); err != nil || !ok || got.Text() != p.Text() {
			t.Errorf("a program that is not written: %v, %v", ok, err)
		}
	}
}

// TestClosed shows that a closed library takes nothing, and that what it knew of
// when programs were used is there when it is opened again.
func TestClosed(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	so := sqlite.Options{Path: filepath.Join(t.TempDir(), "vat.db")}
	o := library.Options{Now: func() time.Time { return now }}
	sh := open(t, so, o)
	var p []chains.Program
	for i := range 3 {
		p = append(p, sized(t, fmt.Sprint("p", i, " "), 2000))
		sh.put(p[i], used, true)
	}
	now = now.Add(time.Second)
	sh.has(p[0])
	sh.Library.Close()
	if _, err := sh.Put(t.Context(), sized(t, "late", 2000), used); !errors.Is(err, store.ErrClosed) {
		t.Errorf("put: %v", err)
	}
	sh.close()
	o.Bytes = 4000
	sh = open(t, so, o)
	sh.lacks(p[1])
	sh.has(p[0], p[2])
}
