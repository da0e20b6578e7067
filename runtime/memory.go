package runtime

import (
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

// reset makes the content the image again, byte for byte. It returns errGrown
// where that is not possible; the instance is to be thrown away then.
func (m *linearMemory) reset() error {
	if m.grown || m.refused {
		return errGrown
	}
	return m.region.restore(m.image)
}
