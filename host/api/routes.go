package api

import (
	"log/slog"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// programPath is what comes before the hash in PUT /v1/programs/{hash}.
const programPath = "/v1/programs/"

// appPath is what Options.App lies under.
const appPath = "/app/"

// route is one call of the protocol.
type route struct {
	allow   string // the methods it takes, as an Allow header has them
	serve   func(*call) error
	free    bool     // not within a peer's limits
	only    Audience // others are told that there is no such call
	whole   bool     // it looks by itself at who asks, from where, and how
	metrics routeMetrics
}

// routes are the calls; PUT a program is told by its prefix.
type routes struct {
	byPath  map[string]*route
	program *route
	app     *route // nil: there is none
	unknown *route
}

// newRoutes lists them. Liveness and metrics are outside the peers' limits,
// so that an owner can look at a vat which others keep busy.
func newRoutes(s *Server) routes {
	const get = "GET, HEAD"
	r := routes{
		byPath: map[string]*route{
			"/v1/vat":              {allow: get, serve: s.info},
			"/v1/programs/missing": {allow: "POST", serve: s.missing, only: s.o.MissingFor},
			"/v1/invoke":           {allow: "POST", serve: s.invoke},
			"/healthz":             {allow: get, serve: s.health, free: true},
			"/readyz":              {allow: get, serve: s.ready},
			"/metrics":             {allow: get, serve: s.showMetrics, free: true, only: s.o.MetricsFor},
		},
		program: &route{allow: "PUT", serve: s.putProgram},
		unknown: &route{only: Nobody},
	}
	for path, one := range r.byPath {
		one.metrics = s.metrics.route(path)
	}
	r.program.metrics = s.metrics.route(programPath + "{hash}")
	r.unknown.metrics = s.metrics.route("unknown")
	if s.o.App != nil {
		r.app = &route{serve: s.showApp, whole: true, metrics: s.metrics.route(appPath)}
	}
	return r
}

func (r *routes) find(path string) *route {
	if one := r.byPath[path]; one != nil {
		return one
	}
	if tail, ok := strings.CutPrefix(path, programPath); ok && tail != "" && !strings.Contains(tail, "/") {
		return r.program
	}
	if r.app != nil && (strings.HasPrefix(path, appPath) || path+"/" == appPath) {
		return r.app
	}
	return r.unknown
}

// takes says whether a route has a method.
func (rt *route) takes(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead:
		return strings.HasPrefix(rt.allow, http.MethodGet)
	}
	return rt.allow == method
}

// answers says whether a route is there for a peer.
func (rt *route) answers(p *peer) bool {
	switch rt.only {
	case "", Everybody:
		return true
	case Loopback:
		return p.loopback
	}
	return false
}

// newPrometheus serves the registry. What cannot be gathered goes to the log,
// since its text may speak of the host.
func newPrometheus(log *slog.Logger, r *prometheus.Registry) http.Handler {
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(log.Handler(), slog.LevelError),
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: 4,
	})
}

// showApp has Options.App answer.
func (s *Server) showApp(c *call) error {
	s.boundUnread(c)
	s.o.App.ServeHTTP(&noted{c.w, c}, c.r)
	return nil
}

// noted tells a call the status of an answer that somebody else writes.
type noted struct {
	http.ResponseWriter
	call *call
}

func (n *noted) WriteHeader(status int) {
	n.call.status = status
	n.ResponseWriter.WriteHeader(status)
}

func (n *noted) Write(b []byte) (int, error) {
	if n.call.status == 0 {
		n.call.status = http.StatusOK
	}
	return n.ResponseWriter.Write(b)
}

// Unwrap is http.ResponseController's.
func (n *noted) Unwrap() http.ResponseWriter { return n.ResponseWriter }
