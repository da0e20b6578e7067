package api

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"qvat/host/fault"
)

// firstPiece is how much memory a body gets before any of it has arrived.
const firstPiece = 64 << 10

// jsonShares is how many times a JSON body counts: itself, the texts decoded
// from it, and the capsule that they make.
const jsonShares = 3

// readBody reads the request's body, of at most max bytes; more is a too_large
// that names limit. What the client says of the length is checked before
// anything is read, and memory grows with what has arrived, within the shares
// of the peer and of everybody, each byte counting shares times.
func (s *Server) readBody(c *call, limit string, max, shares int) ([]byte, error) {
	if e := c.r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return nil, fault.New(fault.Malformed, "the body has a Content-Encoding; send it as it is")
	}
	length := c.r.ContentLength
	if length > int64(max) {
		return nil, &refusal{fault: tooLarge(limit, int64(max)), hangUp: true}
	}
	if length == 0 {
		return nil, nil
	}
	c.reading = true
	want := int(length)
	if length < 0 { // not said: it ends where it ends, and one byte more shows an excess
		want = max + 1
	}
	b := bodyReader{
		server: s,
		call:   c,
		from:   http.MaxBytesReader(c.w, c.r.Body, int64(max)),
		start:  time.Now(),
	}
	got, err := b.read(want, shares)
	s.metrics.received.Add(float64(len(got)))
	if err != nil {
		return nil, b.explain(err, len(got), limit, max)
	}
	// From here on, to be silent is to wait for the answer.
	return got, c.readUntil(time.Time{})
}

// bodyReader reads one body against the clock.
type bodyReader struct {
	server *Server
	call   *call
	from   io.Reader
	start  time.Time
}

func (b *bodyReader) read(want, shares int) ([]byte, error) {
	var buf []byte
	for {
		if len(buf) == cap(buf) {
			if len(buf) == want {
				return buf, nil
			}
			size := min(want, max(firstPiece, 2*cap(buf)))
			if err := b.call.share.grow(shares * (size - cap(buf))); err != nil {
				return buf, err
			}
			buf = append(make([]byte, 0, size), buf...)
		}
		if err := b.call.readUntil(b.deadline(len(buf))); err != nil {
			return buf, err
		}
		n, err := b.from.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			return buf, nil
		}
		if err != nil {
			return buf, err
		}
	}
}

// deadline is when the next bytes must have come, n having come so far.
func (b *bodyReader) deadline(n int) time.Time {
	t := &b.server.o.Times
	pause := time.Now().Add(t.Body)
	whole := b.start.Add(t.Body + t.forBytes(n))
	if whole.Before(pause) {
		return whole
	}
	return pause
}

// explain says what a failure to read after n bytes means to the sender.
func (b *bodyReader) explain(err error, n int, limit string, max int) error {
	var r *refusal
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &r):
		r.hangUp = true
		return r
	case errors.As(err, &large):
		return &refusal{fault: tooLarge(limit, int64(max)), hangUp: true}
	case errors.Is(err, os.ErrDeadlineExceeded):
		slow := refused(http.StatusRequestTimeout, "slow_body", "the body came too slowly")
		slow.hangUp = true
		return slow
	}
	// Cut off, or not the framing of HTTP/1.1: nothing more can be read here.
	return &refusal{fault: malformed(n, "the body could not be read to its end"), hangUp: true}
}
