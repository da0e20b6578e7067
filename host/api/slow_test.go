package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qvat/chains"
	"qvat/host/fault"
)

// serveInMemory serves without a socket, for a test in a world of its own
// ([synctest]): its clock moves on when nothing else can happen, so no time is
// missed because the machine is slow, and none is waited for.
func serveInMemory(t *testing.T, o Options) *running {
	t.Helper()
	p := pipes{made: make(chan net.Conn), closed: make(chan struct{})}
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return p.connect() }}
	t.Cleanup(transport.CloseIdleConnections)
	return serve(t, o, p, transport, p.connect)
}

// pipes is a listener that no socket of the system is behind.
type pipes struct {
	made   chan net.Conn
	closed chan struct{}
}

func (p pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.made:
		return pipe{c, p.Addr()}, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error {
	close(p.closed)
	return nil
}

func (p pipes) connect() (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.made <- theirs:
		return ours, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// pipe is the server's end of a connection.
type pipe struct {
	net.Conn
	from net.Addr
}

func (p pipe) RemoteAddr() net.Addr { return p.from }

// quick are times all shorter than the one for a header.
func quick() Times {
	return Times{Body: 50 * time.Millisecond, Write: 50 * time.Millisecond, Idle: 50 * time.Millisecond, MinRate: 1 << 20}
}

// trickle sends one byte at a time until the server has had enough.
func (c *rawConn) trickle(b byte) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			if _, err := c.Write([]byte{b}); err != nil {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	c.t.Cleanup(func() {
		c.Close()
		<-done
	})
}

func TestSilentConnectionIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := serveInMemory(t, Options{Times: Times{Header: 50 * time.Millisecond}})
		r.dial().dropped()
	})
}

func TestSlowHeaderIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := serveInMemory(t, Options{Times: Times{Header: 50 * time.Millisecond}})
		c := r.dial()
		c.say("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ")
		c.trickle('x')
		c.dropped()
	})
}

func TestIdleConnectionIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := serveInMemory(t, Options{Times: quick()})
		c := r.dial()
		c.say("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
		c.hear().ok(t, `{"status":"ok"}`)
		c.dropped()
	})
}

func TestSlowBodyIsDropped(t *testing.T) {
	head := "POST /v1/invoke HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + CapsuleType + "\r\n"
	for name, c := range map[string]struct {
		head    string
		trickle bool
	}{
		"silent":             {"Content-Length: 1000000\r\n\r\n", false},
		"silent, chunked":    {"Transfer-Encoding: chunked\r\n\r\n", false},
		"silent in the body": {"Content-Length: 1000000\r\n\r\nqvp1", false},
		"byte by byte":       {"Content-Length: 1000000\r\n\r\nqvp1", true},
		"byte by byte in a chunk": {
			"Transfer-Encoding: chunked\r\n\r\nfffff\r\nqvp1", true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := &fakeVat{}
				r := serveInMemory(t, Options{Vat: v, Times: quick()})
				conn := r.dial()
				conn.say("%s%s", head, c.head)
				if c.trickle {
					conn.trickle('x')
				}
				a := conn.hear()
				a.fault(t, 408, fault.Malformed)
				if !a.closes {
					t.Error("the connection goes on")
				}
				if v.invoked != 0 {
					t.Errorf("invoked %d times", v.invoked)
				}
				synctest.Wait()
				if n := r.server.bodies.Load(); n != 0 {
					t.Errorf("%d bytes are held", n)
				}
			})
		})
	}
}

// A body that nobody reads is not waited for much longer.
func TestSlowUnwantedBodyIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := serveInMemory(t, Options{Times: quick()})
		for _, path := range []string{"/v1/nowhere", "/v1/vat"} {
			c := r.dial()
			c.say("GET %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nqvp1", path)
			if a := c.hear(); a.status != 404 && a.status != 200 {
				t.Errorf("%d %s", a.status, a.body)
			}
			c.dropped()
		}
	})
}

// A slow but steady client that keeps to the rate is heard out: the bound is
// on the rate, not on the whole.
func TestSteadyBodyIsHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		times := quick()
		times.Body = 2 * time.Second
		times.MinRate = 1
		r := serveInMemory(t, Options{Times: times})
		body := encoded(t, message(`1`))
		c := r.dial()
		c.say("POST /v1/invoke HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", CapsuleType, len(body))
		for _, b := range body {
			if _, err := c.Write([]byte{b}); err != nil {
				t.Fatal(err)
			}
		}
		if a := c.hear(); a.status != 200 {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}

// A message may take longer than any of the times for clients.
func TestWaitingForAnAnswerIsNoSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &fakeVat{}
		times := quick()
		v.invoke = func(ctx context.Context, _ string, c chains.Capsule) (Answer, error) {
			select {
			case <-ctx.Done():
				return Answer{}, ctx.Err()
			case <-time.After(3 * times.Body):
				return Answer{Message: MessageInfo{ID: c.ID().String()}}, nil
			}
		}
		r := serveInMemory(t, Options{Vat: v, Times: times})
		if a := r.post("/v1/invoke", CapsuleType, encoded(t, message(``))); a.status != 200 {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}

// A client that does not take its answer is dropped, and what it holds freed.
func TestSlowReaderIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &fakeVat{}
		long := json.RawMessage(`"` + strings.Repeat("x", 32<<20) + `"`)
		v.invoke = func(context.Context, string, chains.Capsule) (Answer, error) {
			return Answer{Result: long}, nil
		}
		r := serveInMemory(t, Options{Vat: v, Times: quick()})
		c := r.dial()
		body := encoded(t, message(``))
		c.say("POST /v1/invoke HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", CapsuleType, len(body), body)
		eventually(func() bool { return v.count() == 1 })
		eventually(func() bool { return r.server.peers.connections() == 0 })
	})
}

// A message ends when its client has left.
func TestClientLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &fakeVat{}
		cancelled := make(chan struct{})
		v.invoke = func(ctx context.Context, _ string, c chains.Capsule) (Answer, error) {
			<-ctx.Done()
			close(cancelled)
			return Answer{}, ctx.Err()
		}
		r := serveInMemory(t, Options{Vat: v})
		c := r.dial()
		body := encoded(t, message(``))
		c.say("POST /v1/invoke HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", CapsuleType, len(body), body)
		eventually(func() bool { return v.count() == 1 })
		c.Close()
		<-cancelled
		eventually(func() bool {
			return bytes.Contains(r.send("GET", "/metrics", "", nil).body,
				[]byte(`qvat_http_requests_total{route="/v1/invoke",status="gone"} 1`))
		})
	})
}

func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &fakeVat{}
		running, finish := make(chan struct{}), make(chan struct{})
		v.invoke = func(ctx context.Context, _ string, c chains.Capsule) (Answer, error) {
			running <- struct{}{}
			<-finish
			return Answer{Message: MessageInfo{ID: c.ID().String()}}, nil
		}
		r := serveInMemory(t, Options{Vat: v})
		silent, idle := r.dial(), r.dial()
		idle.say("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
		idle.hear()
		answered := make(chan reply, 1)
		go func() { answered <- r.post("/v1/invoke", CapsuleType, encoded(t, message(``))) }()
		<-running
		r.stop()
		silent.dropped()
		idle.dropped()
		eventually(func() bool {
			c, err := r.connect()
			if err == nil {
				c.Close()
			}
			return err != nil
		})
		close(finish)
		if a := <-answered; a.status != 200 {
			t.Errorf("an answer that was committed: %d %s", a.status, a.body)
		}
		r.finish()
	})
}

// What does not end by itself when the server stops is ended by its context,
// and its caller told to come back.
func TestStopEndsMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &fakeVat{}
		running := make(chan struct{})
		v.invoke = func(ctx context.Context, _ string, c chains.Capsule) (Answer, error) {
			close(running)
			<-ctx.Done()
			return Answer{}, ctx.Err()
		}
		r := serveInMemory(t, Options{Vat: v, Times: Times{Stop: time.Second}})
		answered := make(chan reply, 1)
		go func() { answered <- r.post("/v1/invoke", CapsuleType, encoded(t, message(``))) }()
		<-running
		r.stop()
		a := <-answered
		a.fault(t, 503, fault.Busy)
		r.finish()
	})
}

// Nor does a client that will not finish, or a vat that does not heed its
// context, hold the server up.
func TestStopWaitsForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &fakeVat{}
		release := make(chan struct{})
		defer close(release)
		v.invoke = func(context.Context, string, chains.Capsule) (Answer, error) {
			<-release
			return Answer{}, nil
		}
		r := serveInMemory(t, Options{Vat: v, Times: Times{Stop: 200 * time.Millisecond}})
		half, deaf := r.dial(), r.dial()
		half.say("POST /v1/invoke HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: 100\r\n\r\nq", CapsuleType)
		body := encoded(t, message(``))
		deaf.say("POST /v1/invoke HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", CapsuleType, len(body), body)
		eventually(func() bool { return v.count() == 1 && r.server.bodies.Load() > 100 })
		r.finish()
		half.dropped()
		deaf.dropped()
	})
}

func TestServeReportsAcceptErrors(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := New(Options{Vat: &fakeVat{}}).Serve(context.Background(), l); err == nil {
		t.Error("Serve on a closed listener ended without an error")
	}
}
