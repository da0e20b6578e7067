package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"qvat/host/fault"
)

// call is one request on its way through.
type call struct {
	w       http.ResponseWriter
	r       *http.Request
	rt      *route
	peer    *peer
	share   share
	status  int    // of the answer; 0 until it is written
	message string // its id, when it is known
	reading bool   // of the body has begun
	// How far admit came, for account to undo.
	counted bool // against the peer's InFlight
	held    bool // the peer, by this request alone
}

// ServeHTTP answers one request. See the package comment for what it promises.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	c := &call{w: w, r: r, rt: s.routes.find(r.URL.Path)}
	s.metrics.inFlight.Inc()
	defer s.leave(c, start)
	err := s.admit(c)
	if err == nil {
		err = c.rt.serve(c)
	}
	if err != nil {
		s.refuse(c, err)
	}
}

// admit lets a request in, before any of its body is read.
func (s *Server) admit(c *call) error {
	if p, ok := c.r.Context().Value(peerKey{}).(*peer); ok {
		c.peer = p
	} else {
		c.peer, c.held = s.peers.hold(c.r.RemoteAddr), true
	}
	c.share = share{of: &s.bodies, max: s.o.BodyBytes, peer: c.peer, limit: s.o.Peers.BodyBytes}
	if !c.rt.free {
		if err := s.admitPeer(c); err != nil {
			return err
		}
	}
	if c.rt.whole {
		return nil
	}
	if err := s.fromHere(c.r); err != nil {
		return err
	}
	if !c.rt.answers(c.peer) {
		return refused(http.StatusNotFound, "unknown_call", "there is no such call here; docs/PROTOCOL.md lists those there are")
	}
	if !c.rt.takes(c.r.Method) {
		return wrongMethod(c.rt.allow)
	}
	return nil
}

// admitPeer holds a request against its peer's limits.
func (s *Server) admitPeer(c *call) error {
	if c.peer.inFlight.Add(1) > int64(s.o.Peers.InFlight) {
		c.peer.inFlight.Add(-1)
		return busyPeer("peer_in_flight", "this peer has too many requests under way; wait for an answer first")
	}
	c.counted = true
	if !c.peer.rate.Allow() {
		return busyPeer("peer_rate", "this peer asks too often; wait a little")
	}
	return nil
}

// leave ends a request, whatever became of it, and turns a panic into an
// internal fault.
func (s *Server) leave(c *call, start time.Time) {
	defer s.account(c, start)
	switch p := recover(); p {
	case nil:
	case http.ErrAbortHandler:
		panic(p)
	default:
		s.panicked(c, p, debug.Stack())
	}
}

// account gives back what the request held, and counts it.
func (s *Server) account(c *call, start time.Time) {
	if c.peer != nil {
		c.share.release()
		if c.counted {
			c.peer.inFlight.Add(-1)
		}
		if c.held {
			s.peers.release(c.peer)
		}
	}
	s.metrics.inFlight.Dec()
	took := time.Since(start)
	c.rt.metrics.seconds.Observe(took.Seconds())
	c.rt.metrics.count(c.status)
	if s.log.Enabled(c.r.Context(), slog.LevelDebug) {
		s.log.LogAttrs(c.r.Context(), slog.LevelDebug, "request", append(c.attrs(),
			slog.Int("status", c.status), slog.Int64("micros", took.Microseconds()))...)
	}
}

// panicked answers a request whose handling panicked, if that can still be.
func (s *Server) panicked(c *call, p any, stack []byte) {
	s.metrics.panics.Inc()
	reference := newReference()
	s.log.LogAttrs(c.r.Context(), slog.LevelError, "a request's handling panicked", append(c.attrs(),
		slog.String("reference", reference), slog.Any("panic", p), slog.String("stack", string(stack)))...)
	if c.status != 0 {
		// A part of an answer has left; the connection's end says it is no whole.
		panic(http.ErrAbortHandler)
	}
	s.fail(c, &refusal{
		fault:  outward(&fault.Error{Reference: reference}),
		status: http.StatusInternalServerError,
		hangUp: true,
	})
}

// refuse answers a request with what is wrong.
func (s *Server) refuse(c *call, err error) {
	ctx := c.r.Context()
	r := refusalOf(err)
	if r.fault.Code == fault.Internal && errors.Is(err, context.Canceled) {
		if !errors.Is(context.Cause(ctx), errStopping) && ctx.Err() != nil {
			panic(http.ErrAbortHandler) // the client has left: nobody to answer
		}
		r = refusalOf(busy("stopping", "the vat is stopping; nothing of the message has been kept"))
	}
	s.metrics.refused.WithLabelValues(r.reason).Inc()
	r.fault = outward(r.fault)
	if r.fault.Code == fault.Internal {
		s.log.LogAttrs(ctx, slog.LevelError, "the vat failed", append(c.attrs(),
			slog.String("reference", r.fault.Reference), slog.Any("error", cause(err)))...)
	} else {
		s.noteRefusal("refused a request", func() []slog.Attr {
			return append(c.attrs(), slog.String("reason", r.reason), slog.String("why", r.fault.Message))
		})
	}
	s.fail(c, r)
}

// cause is what the log should hold of an internal fault.
func cause(err error) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Cause != nil {
		return f.Cause
	}
	return err
}

// noteRefusal logs a refusal, or counts it when there were many just now.
func (s *Server) noteRefusal(what string, attrs func() []slog.Attr) {
	if !s.refusals.Allow() {
		s.unlogged.Add(1)
		return
	}
	all := attrs()
	if n := s.unlogged.Swap(0); n > 0 {
		all = append(all, slog.Int64("unlogged", n))
	}
	s.log.LogAttrs(context.Background(), slog.LevelInfo, what, all...)
}

// attrs says in the log which request it was.
func (c *call) attrs() []slog.Attr {
	a := []slog.Attr{slog.String("method", c.r.Method), slog.String("path", shorten(c.r.URL.Path, maxWord))}
	if c.peer != nil {
		a = append(a, slog.String("peer", c.peer.name))
	}
	if c.message != "" {
		a = append(a, slog.String("message", c.message))
	}
	return a
}

// readUntil bounds the wait for the client's bytes; the zero time is no bound.
func (c *call) readUntil(t time.Time) error {
	err := http.NewResponseController(c.w).SetReadDeadline(t)
	if errors.Is(err, http.ErrNotSupported) {
		return nil // no connection: a handler called by itself
	}
	return err
}

// retryAfter is the Retry-After header of a fault that passes.
func retryAfter(f *fault.Error) string {
	switch f.Code {
	case fault.Busy, fault.BusyPeer:
		return strconv.Itoa(max(f.RetryAfter, 1))
	}
	return ""
}
