//go:build !linux

package runtime

// Where there is no page table to ask, an instance is set back by copying the
// whole image: correct, and a few hundred microseconds a message.

type imageStore struct{ content []byte }

func newImageStore(content []byte) (imageStore, []byte, error) {
	own := append([]byte(nil), content...)
	return imageStore{own}, own, nil
}

func (imageStore) release([]byte) {}

func (imageStore) resetMethod() string { return "copying the whole image" }

type region struct{ b []byte }

func reserve(limit uint64) (region, error) { return region{make([]byte, limit)}, nil }

func (r *region) bytes() []byte { return r.b }

func (r *region) commit(uint64) error { return nil }

func (r *region) release() { r.b = nil }

func (r *region) mapImage(s imageStore, _ int) error {
	copy(r.b, s.content)
	return nil
}

func (r *region) restore(img *image, p patch) error {
	copy(r.b, img.bytes)
	p.write(r.b)
	return nil
}

// mayDiffer calls f with the parts of mem that may differ from the image: all.
func (r *region) mayDiffer(mem []byte, f func(from, to int) error) error { return f(0, len(mem)) }
