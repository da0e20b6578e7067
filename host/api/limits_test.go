package api

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"qvat/chains"
	"qvat/chains/chaintest"
	"qvat/host/fault"
)

// sized sends a body with its length said, or in chunks.
func (r *running) sized(method, path, kind string, body []byte, chunked bool) reply {
	var from io.Reader = bytes.NewReader(body)
	if chunked {
		from = io.MultiReader(from)
	}
	return r.send(method, path, kind, from)
}

func eachForm(t *testing.T, f func(t *testing.T, chunked bool)) {
	t.Run("length said", func(t *testing.T) { f(t, false) })
	t.Run("chunked", func(t *testing.T) { f(t, true) })
}

// At each limit, what is one below and what is just at it passes, and what is
// one above is too_large by the limit's name.
func checkLimit(t *testing.T, limit string, send func(over int) reply, okStatus int) {
	t.Helper()
	for _, over := range []int{-1, 0} {
		if a := send(over); a.status != okStatus {
			t.Errorf("%s %+d: %d %.200s", limit, over, a.status, a.body)
		}
	}
	f := send(1).fault(t, 413, fault.TooLarge)
	if f.Limit != limit {
		t.Errorf("%s by %q (%s)", limit, f.Limit, f.Message)
	}
}

func TestProgramLimit(t *testing.T) {
	eachForm(t, func(t *testing.T, chunked bool) {
		r := run(t, Options{Chains: chains.Limits{Program: 1000}})
		checkLimit(t, "program_bytes", func(over int) reply {
			p := program(t, spaces(1000+over))
			return r.sized("PUT", "/v1/programs/"+p.Hash().String(), "", []byte(p.Text()), chunked)
		}, 201)
	})
}

func TestCapsuleLimit(t *testing.T) {
	eachForm(t, func(t *testing.T, chunked bool) {
		bare := len(encoded(t, message(`1`))) - 1
		r := run(t, Options{Chains: chains.Limits{Capsule: 2000}})
		checkLimit(t, "capsule_bytes", func(over int) reply {
			c := message("1" + spaces(2000-bare-1+over))
			return r.sized("POST", "/v1/invoke", CapsuleType, encoded(t, c), chunked)
		}, 200)
	})
}

func TestJSONLimit(t *testing.T) {
	eachForm(t, func(t *testing.T, chunked bool) {
		r := run(t, Options{Chains: chains.Limits{Capsule: 2000}})
		bare := jsonForm(t, message(`1`))
		checkLimit(t, "capsule_bytes", func(over int) reply {
			body := append(bytes.Clone(bare), spaces(2000-len(bare)+over)...)
			return r.sized("POST", "/v1/invoke", jsonType, body, chunked)
		}, 200)
	})
}

func TestLimitsInside(t *testing.T) {
	r := run(t, Options{Chains: chains.Limits{Input: 50, Program: 60}})
	for name, form := range map[string]func(chains.Capsule) reply{
		"capsule": func(c chains.Capsule) reply { return r.post("/v1/invoke", CapsuleType, encoded(t, c)) },
		"JSON":    func(c chains.Capsule) reply { return r.post("/v1/invoke", jsonType, jsonForm(t, c)) },
	} {
		t.Run(name, func(t *testing.T) {
			checkLimit(t, "input_bytes", func(over int) reply {
				return form(message(`"` + strings.Repeat("x", 48+over) + `"`))
			}, 200)
			checkLimit(t, "program_bytes", func(over int) reply {
				texts := map[string]string{"root": strings.Repeat("x", 60+over)}
				return form(chaintest.ParseTexts("root", texts).Capsule(``))
			}, 200)
		})
	}
}

func TestMissingLimit(t *testing.T) {
	eachForm(t, func(t *testing.T, chunked bool) {
		r := run(t, Options{MissingHashes: 100})
		hash := `"` + strings.Repeat("0", 64) + `"`
		checkLimit(t, "missing_hashes", func(over int) reply {
			body := `{"hashes":[` + strings.Repeat(hash+",", 99+over) + hash + `]}`
			return r.sized("POST", "/v1/programs/missing", jsonType, []byte(body), chunked)
		}, 200)
		checkLimit(t, "missing_hashes", func(over int) reply {
			body := `{"hashes":[]}`
			body += spaces(missingBytes(100) - len(body) + over)
			return r.sized("POST", "/v1/programs/missing", jsonType, []byte(body), chunked)
		}, 200)
	})
}

// A length that is too large is refused on its word: nothing of the body is
// waited for, and the connection ends, since the rest will not be read.
func TestTooLargeBeforeReading(t *testing.T) {
	r := run(t, Options{})
	for _, length := range []string{"8388609", "9223372036854775807"} {
		c := r.dial()
		c.say("POST /v1/invoke HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %s\r\n\r\n", CapsuleType, length)
		a := c.hear()
		a.fault(t, 413, fault.TooLarge)
		if !a.closes {
			t.Error("the connection goes on")
		}
	}
	if got := r.server.bodies.Load(); got != 0 {
		t.Errorf("%d bytes taken", got)
	}
}

// Memory grows with what has come, not with what was announced.
func TestAnnouncedBytesTakeNoMemory(t *testing.T) {
	r := run(t, Options{})
	c := r.dial()
	c.say("POST /v1/invoke HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\nqvp1", CapsuleType, chains.DefaultCapsule)
	eventually(func() bool { return r.server.bodies.Load() > 0 })
	if got := r.server.bodies.Load(); got > 2*firstPiece {
		t.Errorf("%d bytes taken for 4", got)
	}
	c.Close()
	eventually(func() bool { return r.server.bodies.Load() == 0 })
}

func TestBodyMemory(t *testing.T) {
	limits := chains.Limits{Capsule: 1000, Program: 500}
	// One largest message fits: as JSON, 1,000 bytes count for 3,000.
	for name, c := range map[string]struct {
		o      Options
		status int
		code   fault.Code
		reason string
	}{
		"of the peer":  {Options{Peers: PeerLimits{BodyBytes: 1}, BodyBytes: 1 << 20}, 429, fault.BusyPeer, "body_memory"},
		"of everybody": {Options{Peers: PeerLimits{BodyBytes: 1 << 20}, BodyBytes: 1}, 503, fault.Busy, "body_memory"},
	} {
		t.Run(name, func(t *testing.T) {
			c.o.Chains, c.o.MissingHashes = limits, 1
			r := run(t, c.o)
			holder := r.dial()
			holder.say("POST /v1/invoke HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: 1000\r\n\r\n{", jsonType)
			eventually(func() bool { return r.server.bodies.Load() == 3000 })
			body := encoded(t, message(`1`))
			a := r.post("/v1/invoke", CapsuleType, body)
			a.fault(t, c.status, c.code)
			if a.header.Get("Retry-After") != "1" {
				t.Errorf("headers %v", a.header)
			}
			holder.Close()
			eventually(func() bool { return r.server.bodies.Load() == 0 })
			if a := r.post("/v1/invoke", CapsuleType, body); a.status != 200 {
				t.Errorf("afterwards: %d %s", a.status, a.body)
			}
		})
	}
}

func TestHeaderLimit(t *testing.T) {
	r := run(t, Options{})
	c := r.dial()
	c.say("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: %s\r\n\r\n", strings.Repeat("x", 32<<10))
	if a := c.hear(); a.status != 431 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestDepthLimit(t *testing.T) {
	r := run(t, Options{})
	for name, form := range map[string]func(chains.Capsule) reply{
		"capsule": func(c chains.Capsule) reply {
			// Encode refuses it too, so it is put in by hand.
			bare := encoded(t, message(``))
			b := append(bare[:len(bare)-4], 0, 0, byte(len(c.Input)>>8), byte(len(c.Input)))
			return r.post("/v1/invoke", CapsuleType, append(b, c.Input...))
		},
		"JSON": func(c chains.Capsule) reply { return r.post("/v1/invoke", jsonType, jsonForm(t, c)) },
	} {
		for over := -1; over <= 1; over++ {
			n := chains.MaxInputDepth + over
			a := form(message(strings.Repeat("[", n) + strings.Repeat("]", n)))
			if over <= 0 && a.status != 200 {
				t.Errorf("%s, %d deep: %d %s", name, n, a.status, a.body)
			}
			if over > 0 {
				f := a.fault(t, 400, fault.Malformed)
				if !strings.Contains(f.Message, fmt.Sprint(chains.MaxInputDepth)) || f.Offset == nil {
					t.Errorf("%s: %s", name, f.Message)
				}
			}
		}
	}
}
