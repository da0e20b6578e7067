package runtime

import (
	"bytes"
	"crypto/sha256"
	"fmt"
)

// What tests of the package's outside need to see of its inside.

// ImageSum is a hash of the images that messages start from: the memory, and
// what lies beside it.
func (e *Engine) ImageSum() string {
	h := sha256.New()
	for _, img := range []*image{e.base, e.pool.img} {
		h.Write(img.bytes)
		fmt.Fprint(h, img.stackPointer, img.entries)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// IdleDiffer compares each idle instance with the image, byte for byte, and
// says where the first difference is. It also says how many there are.
func (e *Engine) IdleDiffer() (idle int, err error) {
	p := e.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, in := range p.idle {
		mem := in.mem.region.bytes()[:in.mem.size]
		if !bytes.Equal(mem, p.img.bytes) {
			for at := 0; at < min(len(mem), len(p.img.bytes)); at++ {
				if mem[at] != p.img.bytes[at] {
					return len(p.idle), fmt.Errorf("byte %#x is %#x, and %#x in the image", at, mem[at], p.img.bytes[at])
				}
			}
			return len(p.idle), fmt.Errorf("the memory has %d bytes, and the image %d", len(mem), len(p.img.bytes))
		}
		if sp := in.sp.Get(); sp != p.img.stackPointer {
			return len(p.idle), fmt.Errorf("the stack pointer is %#x, and %#x in the image", sp, p.img.stackPointer)
		}
	}
	return len(p.idle), nil
}

// ScanByWords makes the idle instances read /proc/self/pagemap instead of
// asking for PAGEMAP_SCAN, as on a kernel that does not have it.
func (e *Engine) ScanByWords() {
	p := e.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, in := range p.idle {
		in.mem.region.scan.words = make([]uint64, len(p.img.bytes)/osPage)
	}
}

// ScansByWords tells whether an idle instance reads /proc/self/pagemap.
func (e *Engine) ScansByWords() bool {
	p := e.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, in := range p.idle {
		if in.mem.region.scan.words != nil {
			return true
		}
	}
	return false
}

// Repair is repair.
func Repair(wasm []byte) ([]byte, error) { return repair(wasm) }
