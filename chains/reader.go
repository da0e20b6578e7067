package chains

import "encoding/binary"

// reader takes bytes apart from the front. Each method that fails leaves a
// MalformedError with the byte at which it was reading.
type reader struct {
	b  []byte
	at int
}

func (r *reader) left() int { return len(r.b) - r.at }

// take gives the next n bytes, a part of r.b.
func (r *reader) take(n int, what string) ([]byte, error) {
	if n > r.left() {
		return nil, malformed(r.at, "cut short: %s needs %d bytes and %d are left", what, n, r.left())
	}
	b := r.b[r.at : r.at+n]
	r.at += n
	return b, nil
}

func (r *reader) magic(want, what string) error {
	at := r.at
	got, err := r.take(len(want), "the mark of a "+what)
	if err != nil {
		return err
	}
	if string(got) != want {
		return malformed(at, "not a %s: it does not begin with %q", what, want)
	}
	return nil
}

// count gives the next byte, which must lie from low to high.
func (r *reader) count(low, high int, what string) (int, error) {
	b, err := r.take(1, what)
	if err != nil {
		return 0, err
	}
	n := int(b[0])
	if n < low || n > high {
		return 0, malformed(r.at-1, "%s is %d, not from %d to %d", what, n, low, high)
	}
	return n, nil
}

// length gives the next u32, which must not exceed what follows it.
func (r *reader) length(what string) (int, error) {
	b, err := r.take(4, what)
	if err != nil {
		return 0, err
	}
	n := binary.BigEndian.Uint32(b)
	if uint64(n) > uint64(r.left()) {
		return 0, malformed(r.at-4, "%s is %d and only %d bytes follow", what, n, r.left())
	}
	return int(n), nil
}

func (r *reader) end(what string) error {
	if r.left() > 0 {
		return malformed(r.at, "%d bytes after the end of the %s", r.left(), what)
	}
	return nil
}
