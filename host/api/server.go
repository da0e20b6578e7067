package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"qvat/chains"
)

// Server answers HTTP for one vat. [Server.Serve] gives it connections, with
// all limits; as an http.Handler behind another server it keeps all but those
// on connections, headers, idleness and slow writes. Safe for concurrent use.
type Server struct {
	o       Options
	vat     Vat
	log     *slog.Logger
	metrics *metrics
	routes  routes
	hosts   map[string]bool
	peers   *peers
	bodies  atomic.Int64 // bytes of bodies in memory

	refusals   *rate.Limiter // of lines in the log
	unlogged   atomic.Int64  // refusals since the last line
	fixed      fixedHeaders
	prometheus http.Handler
}

// errStopping is why a request's context ends when the server stops.
var errStopping = errors.New("the server is stopping")

// refusalLines is how many refusals a second the log gets at info, so that
// being refused is no way to fill a disk.
const refusalLines = 10

// New makes a server. It panics if o.Vat is nil, or if o.Registry already has
// metrics of this package: those are mistakes of the program.
func New(o Options) *Server {
	if o.Vat == nil {
		panic("api: Options.Vat is nil")
	}
	o = withDefaults(o)
	s := &Server{
		o:        o,
		vat:      o.Vat,
		log:      o.Logger,
		metrics:  newMetrics(o.Registry),
		hosts:    map[string]bool{},
		peers:    newPeers(o.Peers, 4*o.Connections),
		refusals: rate.NewLimiter(refusalLines, refusalLines),
		fixed:    newFixedHeaders(),
	}
	for _, h := range o.Hosts {
		s.hosts[strings.ToLower(h)] = true
	}
	s.routes = newRoutes(s)
	s.prometheus = newPrometheus(s.log, o.Registry)
	return s
}

func withDefaults(o Options) Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Registry == nil {
		o.Registry = prometheus.NewRegistry()
	}
	defaultTo(&o.Chains.Capsule, chains.DefaultCapsule)
	defaultTo(&o.Chains.Program, chains.DefaultProgram)
	defaultTo(&o.Chains.Input, chains.DefaultInput)
	if o.MissingFor == "" {
		o.MissingFor = Everybody
	}
	if o.MetricsFor == "" {
		o.MetricsFor = Loopback
	}
	defaultTo(&o.MissingHashes, 4096)
	defaultTo(&o.Connections, 2048)
	largest := int64(jsonShares * max(o.Chains.Capsule, o.Chains.Program, missingBytes(o.MissingHashes)))
	defaultTo(&o.BodyBytes, 64<<20)
	o.BodyBytes = max(o.BodyBytes, largest)

	p := &o.Peers
	defaultTo(&p.Connections, 512)
	defaultTo(&p.InFlight, 256)
	defaultTo(&p.Rate, 10_000)
	defaultTo(&p.Burst, 10_000)
	defaultTo(&p.BodyBytes, o.BodyBytes/2)
	p.BodyBytes = max(p.BodyBytes, largest)

	t := &o.Times
	defaultTo(&t.Header, 5*time.Second)
	defaultTo(&t.Body, 5*time.Second)
	defaultTo(&t.Write, 10*time.Second)
	defaultTo(&t.MinRate, 16<<10)
	defaultTo(&t.Idle, 60*time.Second)
	defaultTo(&t.Stop, 1800*time.Millisecond)
	return o
}

// defaultTo sets a limit that is zero or less to its default.
func defaultTo[N int | int64 | float64 | time.Duration](field *N, otherwise N) {
	if *field <= 0 {
		*field = otherwise
	}
}

// Serve answers on l until ctx ends, and closes l. Then it accepts nothing
// more, lets answers leave for half of Times.Stop, ends the contexts of the
// requests that are still running, and after Times.Stop closes what is left.
// That is no error; what stops l from accepting is. A Vat that does not heed
// its context may still be running when Serve returns.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	base, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(errStopping)
	g := &gate{Listener: l, server: s, open: map[*conn]struct{}{}}
	srv := &http.Server{
		Handler:                      s,
		DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout:            s.o.Times.Header,
		IdleTimeout:                  s.o.Times.Idle,
		MaxHeaderBytes:               16 << 10,
		ErrorLog:                     slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
		BaseContext:                  func(net.Listener) context.Context { return base },
		ConnContext:                  withPeer,
		Protocols:                    new(http.Protocols),
	}
	srv.Protocols.SetHTTP1(true)
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(g) }()
	select {
	case err := <-ended:
		return errors.Join(fmt.Errorf("api: accepting connections: %w", err), srv.Close())
	case <-ctx.Done():
	}
	err := s.stop(srv, g, cancel)
	<-ended
	return err
}

func (s *Server) stop(srv *http.Server, g *gate, cancel context.CancelCauseFunc) error {
	limit, done := context.WithTimeout(context.Background(), s.o.Times.Stop)
	defer done()
	hurry := time.AfterFunc(s.o.Times.Stop/2, func() { cancel(errStopping) })
	defer hurry.Stop()
	g.dropSilent()
	err := srv.Shutdown(limit)
	if errors.Is(err, context.DeadlineExceeded) {
		s.log.Warn("closed connections that were still busy when the server had to stop")
		err = srv.Close()
	}
	if err != nil {
		return fmt.Errorf("api: stopping: %w", err)
	}
	return nil
}
