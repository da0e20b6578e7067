package api

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// writePiece is how much of an answer shares one deadline, so that a client
// that stops reading a long one is noticed.
const writePiece = 256 << 10

// gate is the listener: it counts connections, refuses those above a limit by
// closing them, and can drop those that have said nothing.
type gate struct {
	net.Listener
	server *Server

	mu     sync.Mutex
	open   map[*conn]struct{}
	closed bool
}

// Accept waits for the next connection that there is room for.
func (g *gate) Accept() (net.Conn, error) {
	for {
		nc, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c, reason := g.admit(nc)
		if c != nil {
			return c, nil
		}
		g.server.metrics.refused.WithLabelValues(reason).Inc()
		g.server.noteRefusal("refused a connection", func() []slog.Attr {
			return []slog.Attr{slog.String("reason", reason), slog.String("peer", nc.RemoteAddr().String())}
		})
		// Nothing was read or written, so there is nothing to lose.
		_ = nc.Close()
	}
}

func (g *gate) admit(nc net.Conn) (c *conn, reason string) {
	p, ok := g.server.peers.connect(nc.RemoteAddr().String())
	if !ok {
		return nil, "peer_connections"
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed || len(g.open) >= g.server.o.Connections {
		g.server.peers.disconnect(p)
		return nil, "connections"
	}
	c = &conn{Conn: nc, gate: g, peer: p}
	g.open[c] = struct{}{}
	g.server.metrics.connections.Inc()
	return c, ""
}

// dropSilent closes the connections that have sent nothing yet, and lets no
// more in: a graceful stop would wait for them.
func (g *gate) dropSilent() {
	g.mu.Lock()
	g.closed = true
	var silent []*conn
	for c := range g.open {
		if !c.spoke.Load() {
			silent = append(silent, c)
		}
	}
	g.mu.Unlock()
	for _, c := range silent {
		// It is being dropped: how well that goes is of no interest.
		_ = c.Close()
	}
}

// conn is one connection. Each write on it has a deadline of its own, which
// covers what net/http writes by itself too.
type conn struct {
	net.Conn
	gate  *gate
	peer  *peer
	spoke atomic.Bool
	once  sync.Once
}

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && !c.spoke.Load() {
		c.spoke.Store(true)
	}
	return n, err
}

func (c *conn) Write(b []byte) (int, error) {
	t := &c.gate.server.o.Times
	for done := 0; ; {
		piece := b[done:min(len(b), done+writePiece)]
		if err := c.SetWriteDeadline(time.Now().Add(t.Write + t.forBytes(len(piece)))); err != nil {
			return done, err
		}
		n, err := c.Conn.Write(piece)
		if done += n; err != nil || done == len(b) {
			return done, err
		}
	}
}

// CloseWrite is what net/http asks for to let a last answer arrive.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

func (c *conn) Close() error {
	c.once.Do(func() {
		c.gate.mu.Lock()
		delete(c.gate.open, c)
		c.gate.mu.Unlock()
		c.gate.server.peers.disconnect(c.peer)
		c.gate.server.metrics.connections.Dec()
	})
	return c.Conn.Close()
}

// forBytes is how long n bytes may take.
func (t *Times) forBytes(n int) time.Duration {
	return time.Duration(float64(n) / float64(t.MinRate) * float64(time.Second))
}

// peerKey is where a request's context has the *peer of its connection.
type peerKey struct{}

func withPeer(ctx context.Context, nc net.Conn) context.Context {
	if c, ok := nc.(*conn); ok {
		return context.WithValue(ctx, peerKey{}, c.peer)
	}
	return ctx
}
