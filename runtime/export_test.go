package runtime

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"testing"
)

// What tests of the package's outside need to see of its inside.

// MachineCode is set in the environment of the tests: the directory where all
// engines keep what wazero compiled, so that each does not compile it again.
const MachineCode = "QVAT_TEST_MACHINE_CODE"

// plainEngine is an engine of the zero options, closed when the test ends.
func plainEngine(t testing.TB) *Engine {
	t.Helper()
	e, err := New(context.Background(), Options{CacheDir: os.Getenv(MachineCode)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return e
}

// take gives an instance as a message gets it, and the pool that it goes back to.
func (e *Engine) take(ctx context.Context) (*instance, *pool, error) {
	p := e.use()
	in, err := p.take(ctx, nil)
	return in, p, err
}

// ImageSum is a hash of the images that texts are compiled in and messages
// start from: the memory, and what lies beside it.
func (e *Engine) ImageSum() string {
	h := sha256.New()
	for _, img := range []*image{e.parsers.img, e.base, e.pool.img} {
		h.Write(img.bytes)
		fmt.Fprint(h, img.stackPointer, img.entries, img.fixed)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// eachIdle calls f with each instance that waits for a message, or for a text
// to compile, and says how many there are.
func (e *Engine) eachIdle(f func(p *pool, in *instance) error) (n int, err error) {
	for _, p := range []*pool{e.pool, e.parsers} {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, in := range p.idle {
			n++
			if err := f(p, in); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// CompareIdle compares each idle instance with its image, byte for byte, and
// says how many there are.
func (e *Engine) CompareIdle() (int, error) {
	return e.eachIdle(func(p *pool, in *instance) error {
		mem := in.mem.region.bytes()[:in.mem.size]
		if len(mem) != len(p.img.bytes) {
			return fmt.Errorf("a memory has %d bytes, and its image %d", len(mem), len(p.img.bytes))
		}
		if sp := in.sp.Get(); sp != p.img.stackPointer {
			return fmt.Errorf("a stack pointer is %#x, and %#x in the image", sp, p.img.stackPointer)
		}
		want := p.img.bytes
		if len(in.mem.patch) > 0 {
			want = bytes.Clone(want)
			in.mem.patch.write(want)
		}
		if bytes.Equal(mem, want) {
			return nil
		}
		at := 0
		for mem[at] == want[at] {
			at++
		}
		return fmt.Errorf("byte %#x is %#x, and %#x in the image", at, mem[at], want[at])
	})
}
