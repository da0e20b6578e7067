package runtime

import (
	"testing"
)

// TestWithoutPagemap: where the page table cannot be read, instances are set
// back all the same.
func TestWithoutPagemap(t *testing.T) {
	ctx := t.Context()
	e := plainEngine(t)
	for range 3 {
		in, p, err := e.take(ctx)
		if err != nil {
			t.Fatal(err)
		}
		in.mem.region.scan.pagemap = noPagemap
		for at := 0; at < len(p.img.bytes); at += 7919 {
			in.mem.region.b[at]++
		}
		if err := p.give(ctx, in, true); err != nil {
			t.Fatal(err)
		}
		if string(in.mem.region.b[:len(p.img.bytes)]) != string(p.img.bytes) {
			t.Fatal("the instance is not its image again")
		}
	}
}
