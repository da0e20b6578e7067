package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"qvat/chains"
	"qvat/host/fault"
)

// fixedHeaders are values that every answer shares; nothing changes them.
type fixedHeaders struct {
	json, nosniff, noStore, sameOrigin, closing []string
}

func newFixedHeaders() fixedHeaders {
	return fixedHeaders{
		json:       []string{"application/json"},
		nosniff:    []string{"nosniff"},
		noStore:    []string{"no-store"},
		sameOrigin: []string{"same-origin"},
		closing:    []string{"close"},
	}
}

// write sends an answer. That it did not arrive is known only to the client,
// and the connection is then of no more use, which net/http sees to.
func (s *Server) write(c *call, status int, body []byte) {
	h := c.w.Header()
	h["Content-Type"] = s.fixed.json
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	s.guard(h)
	c.status = status
	s.boundUnread(c)
	c.w.WriteHeader(status)
	n, _ := c.w.Write(body)
	s.metrics.sent.Add(float64(n))
}

// boundUnread gives a body that nobody asked for a little time: net/http reads
// it, as far as it is short, so that the connection can be used again.
func (s *Server) boundUnread(c *call) {
	if c.r.ContentLength == 0 || c.reading {
		return
	}
	if err := c.readUntil(time.Now().Add(s.o.Times.Body)); err != nil {
		c.w.Header()["Connection"] = s.fixed.closing
	}
}

// guard keeps browsers from reading an answer as what it is not, from keeping
// it, and from showing it inside other sites.
func (s *Server) guard(h http.Header) {
	h["X-Content-Type-Options"] = s.fixed.nosniff
	h["Cache-Control"] = s.fixed.noStore
	h["Cross-Origin-Resource-Policy"] = s.fixed.sameOrigin
}

// fail sends a refusal.
func (s *Server) fail(c *call, r *refusal) {
	h := c.w.Header()
	if after := retryAfter(r.fault); after != "" {
		h.Set("Retry-After", after)
	}
	if r.allow != "" {
		h.Set("Allow", r.allow)
	}
	if r.hangUp {
		h["Connection"] = s.fixed.closing
	}
	s.write(c, r.status, encodeFault(r.fault))
}

// encodeFault gives {"error": f}. Nothing in a fault fails to encode: text
// that is not UTF-8 has its bad bytes replaced.
func encodeFault(f *fault.Error) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(struct {
		Error *fault.Error `json:"error"`
	}{f}); err != nil {
		panic(err) // strings, numbers and slices of them
	}
	return b.Bytes()
}

// appendAnswer gives an answer to invoke. The result is one JSON text already,
// so it is not read again.
func appendAnswer(b []byte, a Answer) []byte {
	b = append(b, '{')
	if a.Result != nil {
		b = append(b, `"result":`...)
		b = append(b, a.Result...)
		b = append(b, ',')
	}
	b = append(b, `"message":{"id":`...)
	b = appendText(b, a.Message.ID)
	b = append(b, `,"fuel":`...)
	b = strconv.AppendInt(b, a.Message.Fuel, 10)
	b = append(b, `,"memory":`...)
	b = strconv.AppendInt(b, a.Message.Memory, 10)
	b = append(b, `,"micros":`...)
	b = strconv.AppendInt(b, a.Message.Micros, 10)
	return append(b, "}}\n"...)
}

// appendText gives s as a JSON string.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c > 0x7e || c == '"' || c == '\\' {
			quoted, err := json.Marshal(s)
			if err != nil {
				panic(err) // a string always encodes
			}
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// appendHashes gives {"missing": [...]}.
func appendHashes(b []byte, hashes []chains.Hash) []byte {
	b = append(b, `{"missing":[`...)
	for i, h := range hashes {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, h.String())
	}
	return append(b, "]}\n"...)
}
