package sqlite_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"qvat/chains"
	"qvat/host/store"
	"qvat/host/store/sqlite"
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

// shelf is a test of which programs are kept.
type shelf struct {
	*testing.T
	s *sqlite.Store
}

func (sh shelf) put(p chains.Program, owner sqlite.Owner, created bool) {
	sh.Helper()
	if got, err := sh.s.PutProgram(sh.Context(), p, owner); err != nil || got != created {
		sh.Errorf("put: %v, %v; want %v", got, err, created)
	}
}

func (sh shelf) refuse(p chains.Program, owner sqlite.Owner, want error) {
	sh.Helper()
	if _, err := sh.s.PutProgram(sh.Context(), p, owner); !errors.Is(err, want) {
		sh.Errorf("put: %v, want %v", err, want)
	}
}

func (sh shelf) has(ps ...chains.Program) {
	sh.Helper()
	for _, p := range ps {
		got, ok, err := sh.s.Program(sh.Context(), p.Hash())
		if err != nil || !ok || !reflect.DeepEqual(got, p) {
			sh.Errorf("program %.10q: %v, %v", p.Text(), ok, err)
		}
	}
}

func (sh shelf) lacks(ps ...chains.Program) {
	sh.Helper()
	for _, p := range ps {
		if _, ok, err := sh.s.Program(sh.Context(), p.Hash()); err != nil || ok {
			sh.Errorf("program %.10q: %v, %v; want none", p.Text(), ok, err)
		}
	}
}

var (
	used     = sqlite.Owner{Used: true}
	stranger = sqlite.Owner{Peer: "stranger"}
	other    = sqlite.Owner{Peer: "other"}
)

func TestPrograms(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vat.db")
	sh := shelf{t, open(t, sqlite.Options{Path: path})}
	a, b, c := program(t, "a"), program(t, ""), program(t, "require('"+strings.Repeat("ab", 32)+"') // ä")
	sh.lacks(a, b, c)
	sh.put(a, used, true)
	sh.put(a, used, false)
	sh.put(a, stranger, false)
	sh.put(b, stranger, true)
	sh.put(c, used, true)
	sh.has(a, b, c)
	want := []chains.Hash{{1}, {2}, {1}}
	missing, err := sh.s.Missing(t.Context(), []chains.Hash{{1}, a.Hash(), {2}, c.Hash(), {1}})
	if err != nil || !reflect.DeepEqual(missing, want) {
		t.Errorf("missing: %v, %v; want %v", missing, err, want)
	}
	for range 2 { // at first from memory, when opened again from the disk
		if err := sh.s.Close(); err != nil {
			t.Fatal(err)
		}
		sh.s = open(t, sqlite.Options{Path: path})
		sh.has(a, b, c)
		sh.put(c, used, false)
	}
}

// TestEviction shows what goes when there is no more room: what no root-signed
// message has used, then the least recently used, and nothing that is held.
func TestEviction(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vat.db")
	o := sqlite.Options{Path: path, Programs: sqlite.ProgramOptions{Bytes: 10_000, StrangerBytes: 4000, PeerBytes: 4000}}
	sh := shelf{t, open(t, o)}
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

	lease := sh.s.Lease()
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
	sh.refuse(p[10], used, store.ErrBacklog) // everything is held
	sh.has(p[3], p[4], p[7], p[8], p[9])
	lease.Release()
	sh.put(p[10], used, true)
	sh.lacks(p[3])

	if err := sh.s.Close(); err != nil {
		t.Fatal(err)
	}
	o.Programs.Bytes = 4000
	sh.s = open(t, o) // with lower bounds the oldest go
	sh.has(p[9], p[10])
	sh.lacks(p[4], p[7], p[8])
}

// TestStrangers shows the bounds of what no root-signed message has used.
func TestStrangers(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	path := filepath.Join(t.TempDir(), "vat.db")
	o := sqlite.Options{
		Path: path, Now: func() time.Time { return now },
		Programs: sqlite.ProgramOptions{StrangerBytes: 10_000, PeerBytes: 4000, StrangerAge: time.Minute},
	}
	sh := shelf{t, open(t, o)}
	var p []chains.Program
	for i := range 12 {
		p = append(p, sized(t, fmt.Sprint("p", i, " "), 2000))
	}
	var limit *store.LimitError
	if _, err := sh.s.PutProgram(t.Context(), sized(t, "large", 4001), stranger); !errors.As(err, &limit) {
		t.Errorf("larger than a peer may send: %v", err)
	}
	sh.put(sized(t, "large", 4001), used, true)
	sh.put(p[0], stranger, true)
	sh.put(p[1], stranger, true)
	sh.refuse(p[2], stranger, store.ErrPeerFull)
	sh.put(p[2], other, true)
	sh.put(p[3], other, true)

	// What a root-signed message uses is no stranger's any more.
	lease := sh.s.Lease()
	if _, ok, err := lease.Program(t.Context(), p[0].Hash()); err != nil || !ok {
		t.Fatal(ok, err)
	}
	lease.Use()
	lease.Release()
	sh.put(p[4], stranger, true)
	sh.refuse(p[5], stranger, store.ErrPeerFull)
	sh.put(p[1], used, false)
	sh.put(p[5], stranger, true)

	// It stays so when the store is opened again.
	if err := sh.s.Close(); err != nil {
		t.Fatal(err)
	}
	sh.s = open(t, o)
	sh.refuse(p[6], stranger, store.ErrPeerFull)
	if st := sh.s.Stats(); st.StrangerBytes != 8000 {
		t.Errorf("strangers have %d bytes, want 8000", st.StrangerBytes)
	}

	// When the space is full, the oldest of anybody's goes.
	third := sqlite.Owner{Peer: "third"}
	sh.put(p[6], third, true)
	sh.has(p[2], p[3], p[4], p[5], p[6])
	sh.put(p[7], third, true)
	sh.lacks(p[2])
	sh.has(p[3], p[4], p[5], p[6], p[7])

	// After a while a peer's own old ones make room for its new ones.
	sh.refuse(p[8], stranger, store.ErrPeerFull)
	now = now.Add(time.Hour)
	sh.put(p[8], stranger, true)
	sh.lacks(p[4])
	sh.has(p[0], p[1], p[3], p[5], p[6], p[7], p[8])
}

// TestProgramMemory shows that what does not fit into memory comes from the disk.
func TestProgramMemory(t *testing.T) {
	sh := shelf{t, open(t, sqlite.Options{Programs: sqlite.ProgramOptions{MemoryBytes: 5000}})}
	var p []chains.Program
	for i := range 10 {
		p = append(p, sized(t, fmt.Sprint("p", i, " "), 2000))
		sh.put(p[i], used, true)
	}
	// A commit is written with all that was put before it, or after that.
	for sh.s.Stats().BacklogBytes > 0 {
		script{t, sh.s}.write("a", `1`)
	}
	sh.has(p...)
	if st := sh.s.Stats(); st.LoadedBytes > 5000 || st.Programs != 10 || st.ProgramBytes != 20_000 {
		t.Errorf("%+v", st)
	}
	sh.has(p...)
}

// TestProgramBacklog bounds what waits to be written.
func TestProgramBacklog(t *testing.T) {
	sh := shelf{t, open(t, sqlite.Options{Programs: sqlite.ProgramOptions{BacklogBytes: 5000}})}
	held, err := sh.s.BeginExclusive(t.Context()) // nothing is written meanwhile
	if err != nil {
		t.Fatal(err)
	}
	defer held.Rollback()
	sh.put(sized(t, "a", 2000), used, true)
	sh.put(sized(t, "b", 2000), used, true)
	sh.refuse(sized(t, "c", 2000), used, store.ErrBacklog)
	sh.has(sized(t, "a", 2000), sized(t, "b", 2000))
}

// TestProgramsAreWritten shows that programs come to the disk without any
// commit, however fast others follow.
func TestProgramsAreWritten(t *testing.T) {
	s := open(t, sqlite.Options{Programs: sqlite.ProgramOptions{Bytes: 10_000}})
	for i := 0; s.Stats().Writes == 0; i++ {
		if _, err := s.PutProgram(t.Context(), sized(t, fmt.Sprint(i, " "), 1000), used); err != nil && !errors.Is(err, store.ErrBacklog) {
			t.Fatal(err)
		}
	}
	for s.Stats().BacklogBytes > 0 {
		runtime.Gosched()
	}
}

// TestProgramsFromManyGoroutines puts, reads, holds and evicts at once.
func TestProgramsFromManyGoroutines(t *testing.T) {
	s := open(t, sqlite.Options{Programs: sqlite.ProgramOptions{
		Bytes: 20_000, StrangerBytes: 5000, PeerBytes: 3000, MemoryBytes: 4000, Count: 30,
	}})
	var wg sync.WaitGroup
	for w := range 6 {
		wg.Go(func() {
			for i := range 150 {
				p := sized(t, fmt.Sprint((w*31+i*7)%60, " "), 300+(i%5)*100)
				lease := s.Lease()
				_, err := lease.Put(t.Context(), p, sqlite.Owner{Used: i%3 > 0, Peer: fmt.Sprint(w)})
				if err != nil && !errors.Is(err, store.ErrPeerFull) && !errors.Is(err, store.ErrBacklog) {
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
					if err := add(t.Context(), s, "t", "n", nil); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
}
