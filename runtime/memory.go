package runtime

import (
	"bytes"
	"errors"
	"fmt"
)

// pageSize is a page of WebAssembly memory.
const pageSize = 64 << 10

// An image is the state that every instance starts a message from: the linear
// memory of a booted engine, and its stack pointer. It does not change once it
// is made.
type image struct {
	store        imageStore // how instances get at it: see memory_linux.go
	bytes        []byte     // the whole memory, read-only
	stackPointer uint64
	entries      entries
	fixed        fixtures
}

// release gives the image up. No instance of it may be left.
func (img *image) release() { img.store.release(img.bytes) }

// linearMemory is the memory of one instance. wazero grows it; the pool maps
// an image into it and sets it back after each message.
//
// The address range is reserved once, up to the limit, so growing never moves
// it: compiled code and the kernel's page table both rely on where it is.
type linearMemory struct {
	region  region
	size    uint64 // bytes in use
	limit   uint64
	refused bool // growth beyond the limit was asked for
	grown   bool // it has grown since the image was mapped
	image   *image
	patch   patch // what the content has on top of the image when it is set back
}

// patchPage is the size of the pages that a patch is made of.
const patchPage = 4096

// A patch is what differs from an image in a state that messages start from too:
// whole pages, in the order of their places.
type patch []patched

type patched struct {
	at      int // a multiple of patchPage
	content *[patchPage]byte
}

func (p patch) write(mem []byte) {
	for _, one := range p {
		copy(mem[one.at:], one.content[:])
	}
}

// same tells whether two patches are one: they are never changed.
func (p patch) same(q patch) bool {
	return len(p) == len(q) && (len(p) == 0 || &p[0] == &q[0])
}

// errGrown says that a memory cannot be set back: it grew, and WebAssembly
// memory cannot shrink.
var errGrown = errors.New("the memory has grown beyond its image")

// Reallocate implements experimental.LinearMemory. It answers nil for what
// exceeds the limit, and remembers that.
func (m *linearMemory) Reallocate(size uint64) []byte {
	if size > m.limit {
		m.refused = true
		return nil
	}
	if size > m.size {
		if err := m.region.commit(size); err != nil {
			m.refused = true
			return nil
		}
		m.grown = m.image != nil
		m.size = size
	}
	return m.region.bytes()[:size:size]
}

// Free implements experimental.LinearMemory.
func (m *linearMemory) Free() { m.region.release() }

// newMemory reserves room for a memory of at most limit bytes.
func newMemory(limit uint64) (*linearMemory, error) {
	r, err := reserve(limit)
	if err != nil {
		return nil, fmt.Errorf("reserve %d bytes for an instance: %w", limit, err)
	}
	return &linearMemory{region: r, limit: limit}, nil
}

// adopt makes the memory's content the image, which must be of its size.
func (m *linearMemory) adopt(img *image) error {
	if m.size != uint64(len(img.bytes)) {
		return fmt.Errorf("a memory of %d bytes cannot take an image of %d", m.size, len(img.bytes))
	}
	if err := m.region.mapImage(img.store, len(img.bytes)); err != nil {
		return fmt.Errorf("map the image: %w", err)
	}
	m.image = img
	m.grown = false
	return nil
}

// reset makes the content the image again with the memory's patch, byte for byte.
// It returns errGrown where that is not possible; the instance is to be thrown
// away then.
func (m *linearMemory) reset() error {
	if m.grown || m.refused {
		return errGrown
	}
	return m.region.restore(m.image, m.patch)
}

// setPatch puts another patch in the place of the memory's own. The memory must
// have been set back.
func (m *linearMemory) setPatch(p patch) {
	if m.patch.same(p) {
		return
	}
	mem := m.region.bytes()
	for _, old := range m.patch {
		copy(mem[old.at:old.at+patchPage], m.image.bytes[old.at:])
	}
	p.write(mem)
	m.patch = p
}

// changes is the patch that makes what the memory holds of its image, or none
// where the memory has grown or it would have more than most pages.
func (m *linearMemory) changes(most int) (p patch, ok bool, err error) {
	if m.grown || m.refused {
		return nil, false, nil
	}
	mem := m.region.bytes()[:len(m.image.bytes)]
	err = m.region.mayDiffer(mem, func(from, to int) error {
		for at := from; at < to; at += patchPage {
			if page := mem[at : at+patchPage]; len(p) <= most && !bytes.Equal(page, m.image.bytes[at:at+patchPage]) {
				content := [patchPage]byte(page)
				p = append(p, patched{at, &content})
			}
		}
		return nil
	})
	return p, err == nil && len(p) <= most, err
}
