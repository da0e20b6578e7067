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

// route is one call of the protocol.
type route struct {
	allow   string // the methods it takes, as an Allow header has them
	serve   func(*call) error
	free    bool     // not within a peer's limits
	only    Audience // others are told that there is no such call
	metrics routeMetrics
}

// routes are the calls; PUT a program is told by its prefix.
type routes struct {
	byPath  map[string]*route
	program *route
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
	return r
}

func (r *routes) find(path string) *route {
	if one := r.byPath[path]; one != nil {
		return one
	}
	if tail, ok := strings.CutPrefix(path, programPath); ok && tail != "" && !strings.Contains(tail, "/") {
		return r.program
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
