package runtime

import (
	"context"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"qvat/chains"
	"qvat/chains/chaintest"
)

// tiny is a message of one small program.
func tiny(tb testing.TB) Message {
	tb.Helper()
	s := chaintest.ParseTexts("root", map[string]string{"root": `exports.main = () => 1`})
	v, err := chains.NewVerifier(chaintest.Public("root"), chains.VerifierOptions{}).Verify(s.Chain)
	if err != nil {
		tb.Fatal(err)
	}
	return Message{Chain: v, Program: func(context.Context, chains.Hash) (chains.Program, bool, error) {
		return s.Programs[0], true, nil
	}}
}

// BenchmarkTinyUnreset is the floor that a fresh instance is measured against:
// the same message in one instance that is never set back. It is unsafe, and
// nothing but this does it.
func BenchmarkTinyUnreset(b *testing.B) {
	unreset(b, func(t *turn, within context.Context, p *pool) error {
		if err := t.prepare(within, p, false); err != nil {
			return err
		}
		return t.run(within)
	})
}

// BenchmarkTinyCalled is less than the same message: its program is evaluated
// once, and called over and over. It shows what calling main takes alone.
func BenchmarkTinyCalled(b *testing.B) {
	prepared := false
	unreset(b, func(t *turn, within context.Context, p *pool) error {
		if !prepared {
			prepared = true
			if err := t.prepare(within, p, false); err != nil {
				return err
			}
		}
		return t.run(within)
	})
}

func unreset(b *testing.B, run func(t *turn, within context.Context, p *pool) error) {
	ctx := context.Background()
	e := plainEngine(b)
	m := tiny(b)
	if _, err := e.Turn(ctx, m); err != nil { // compiles it
		b.Fatal(err)
	}
	in, p, err := e.take(ctx)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		in.setFuel(e.limits.Fuel, time.Now().Add(e.limits.Time))
		t := &turn{e: e, m: m, in: in, entries: p.img.entries}
		in.host = t.answer
		if err := run(t, &frame{ctx, in}, p); err != nil || string(t.result) != "1" {
			b.Fatal(err, t.result)
		}
	}
	if err := p.give(ctx, in, false); err != nil {
		b.Fatal(err)
	}
}

// TestIdleMemory holds an idle instance to what docs/BENCHMARKS.md says of it.
func TestIdleMemory(t *testing.T) {
	ctx := t.Context()
	e, err := New(ctx, Options{CacheDir: os.Getenv(MachineCode)})
	if err != nil {
		t.Fatal(err)
	}
	s := chaintest.ParseTexts("root", map[string]string{"root": `exports.main = () => {
		const a = []; for (let i = 0; i < 30000; i++) a.push({ i }); return a.length }`})
	v, err := chains.NewVerifier(chaintest.Public("root"), chains.VerifierOptions{}).Verify(s.Chain)
	if err != nil {
		t.Fatal(err)
	}
	big := Message{Chain: v, Program: func(context.Context, chains.Hash) (chains.Program, bool, error) { return s.Programs[0], true, nil }}
	for range 3 {
		if _, err := e.Turn(ctx, big); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Turn(ctx, tiny(t)); err != nil {
			t.Fatal(err)
		}
	}
	if idle := e.Stats().Idle; idle != 1 {
		t.Fatalf("%d instances are idle", idle)
	}
	in := e.pool.idle[0]
	private := privateBytes(t, uintptr(unsafe.Pointer(&in.mem.region.b[0])), len(in.mem.region.b))
	t.Logf("an idle instance has %d KiB of private memory", private>>10)
	if private > 2<<20 {
		t.Errorf("an idle instance has %d bytes of private memory", private)
	}
	if err := e.Close(ctx); err != nil {
		t.Error(err)
	}
}

// privateBytes adds up what /proc/self/smaps says of an address range.
func privateBytes(t *testing.T, start uintptr, size int) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	head := regexp.MustCompile(`^([0-9a-f]+)-([0-9a-f]+) `)
	inside, total := false, 0
	for line := range strings.Lines(string(text)) {
		if m := head.FindStringSubmatch(line); m != nil {
			at, err := strconv.ParseUint(m[1], 16, 64)
			if err != nil {
				t.Fatal(err)
			}
			inside = uintptr(at) >= start && uintptr(at) < start+uintptr(size)
			continue
		}
		if fields := strings.Fields(line); inside && (fields[0] == "Private_Dirty:" || fields[0] == "Private_Clean:") {
			kib, err := strconv.Atoi(fields[1])
			if err != nil {
				t.Fatal(err)
			}
			total += kib << 10
		}
	}
	return total
}
