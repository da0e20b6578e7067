package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"

	"qvat/chains"
	"qvat/chains/chaintest"
)

// instantVat answers at once, so that what is measured is this package.
type instantVat struct{ fakeVat }

func (*instantVat) Invoke(_ context.Context, _ string, c chains.Capsule) (Answer, error) {
	return Answer{Result: json.RawMessage(c.Input), Message: MessageInfo{ID: knownID, Fuel: 12345, Memory: 1 << 20, Micros: 87}}, nil
}

const knownID = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func smallMessage(b *testing.B, form string) (kind string, body []byte) {
	b.Helper()
	c := chaintest.Parse("root -> bob -> carol").Capsule(`{"n":1,"name":"a small input"}`)
	c.Programs = nil
	if form == "json" {
		return jsonType, jsonForm(b, c)
	}
	return CapsuleType, encoded(b, c)
}

func quietOptions() Options {
	return Options{
		Vat:    &instantVat{},
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Peers:  PeerLimits{Rate: 1e9, Burst: 1e9},
	}
}

// BenchmarkHandler is the handler's own work, without a socket.
func BenchmarkHandler(b *testing.B) {
	for _, form := range []string{"capsule", "json"} {
		b.Run(form, func(b *testing.B) {
			s := New(quietOptions())
			kind, body := smallMessage(b, form)
			peer, _ := s.peers.connect("127.0.0.1:1")
			ctx := context.WithValue(context.Background(), peerKey{}, peer)
			q, err := http.NewRequestWithContext(ctx, "POST", "/v1/invoke", nil)
			if err != nil {
				b.Fatal(err)
			}
			q.Header.Set("Content-Type", kind)
			q.ContentLength = int64(len(body))
			w := &nowhere{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				q.Body = io.NopCloser(bytes.NewReader(body))
				s.ServeHTTP(w, q)
				if w.status != 200 {
					b.Fatalf("status %d", w.status)
				}
			}
		})
	}
}

type nowhere struct {
	header http.Header
	status int
}

func (w *nowhere) Header() http.Header         { return w.header }
func (w *nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (w *nowhere) WriteHeader(status int)      { w.status = status }

// BenchmarkLoopback is whole requests over loopback, the client's cost
// included, with that many connections. "bare" is net/http with a handler that
// reads the body and answers the same bytes: what the rest is measured by.
func BenchmarkLoopback(b *testing.B) {
	bare := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			return
		}
		out := appendAnswer(nil, Answer{Result: json.RawMessage(`{"n":1,"name":"a small input"}`), Message: MessageInfo{ID: knownID}})
		w.Header().Set("Content-Type", jsonType)
		w.Header().Set("Content-Length", strconv.Itoa(len(out)))
		_, _ = w.Write(out) // the client's loss is the client's to report
	})
	for _, connections := range []int{1, 16} {
		b.Run(fmt.Sprintf("bare/%d", connections), func(b *testing.B) {
			l := listen(b)
			srv := &http.Server{Handler: bare}
			go srv.Serve(l)
			defer srv.Close()
			load(b, l.Addr().String(), "capsule", connections)
		})
		for _, form := range []string{"capsule", "json"} {
			b.Run(fmt.Sprintf("%s/%d", form, connections), func(b *testing.B) {
				l := listen(b)
				ctx, cancel := context.WithCancel(context.Background())
				ended := make(chan error, 1)
				go func() { ended <- New(quietOptions()).Serve(ctx, l) }()
				load(b, l.Addr().String(), form, connections)
				cancel()
				if err := <-ended; err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}

func listen(b *testing.B) net.Listener {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	return l
}

// load sends b.N requests over raw connections, whose client costs little.
func load(b *testing.B, addr, form string, connections int) {
	b.Helper()
	kind, body := smallMessage(b, form)
	request := fmt.Appendf(nil, "POST /v1/invoke HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", addr, kind, len(body), body)
	conns := make([]net.Conn, connections)
	for i := range conns {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		conns[i] = c
	}
	b.ResetTimer()
	var left atomic.Int64
	left.Store(int64(b.N))
	done := make(chan error, connections)
	for _, c := range conns {
		go func() { done <- ask(c, request, &left) }()
	}
	for range conns {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}

// ask sends requests while there are some left. Each answer comes in one
// piece, being small, and ends with its JSON's last line end.
func ask(c net.Conn, request []byte, left *atomic.Int64) error {
	buf := make([]byte, 4096)
	for left.Add(-1) >= 0 {
		if _, err := c.Write(request); err != nil {
			return err
		}
		n := 0
		for !bytes.HasSuffix(buf[:n], []byte("}}\n")) {
			m, err := c.Read(buf[n:])
			if err != nil {
				return err
			}
			n += m
		}
		if !bytes.HasPrefix(buf, []byte("HTTP/1.1 200")) {
			return fmt.Errorf("answered %q", buf[:n])
		}
	}
	return nil
}
