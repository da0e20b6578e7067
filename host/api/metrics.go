package api

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics is what this package counts.
type metrics struct {
	requests    *prometheus.CounterVec // by route and status
	seconds     *prometheus.HistogramVec
	refused     *prometheus.CounterVec // by reason
	inFlight    prometheus.Gauge
	connections prometheus.Gauge
	received    prometheus.Counter
	sent        prometheus.Counter
	panics      prometheus.Counter
}

func newMetrics(r *prometheus.Registry) *metrics {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "qvat_http_requests_total",
			Help: "Requests by route and HTTP status; status gone is a client that left before its answer.",
		}, []string{"route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "qvat_http_request_seconds",
			Help:    "Seconds from a request's header to its answer, by route.",
			Buckets: prometheus.ExponentialBuckets(50e-6, 2, 18), // 50 µs to 6.5 s
		}, []string{"route"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "qvat_http_refused_total",
			Help: "Requests and connections refused, by reason.",
		}, []string{"reason"}),
		inFlight:    gauge("qvat_http_in_flight", "Requests being answered."),
		connections: gauge("qvat_http_connections", "Open connections."),
		received:    counter("qvat_http_received_bytes_total", "Bytes of request bodies read."),
		sent:        counter("qvat_http_sent_bytes_total", "Bytes of answers' bodies written."),
		panics:      counter("qvat_http_panics_total", "Requests whose handling panicked."),
	}
	r.MustRegister(m.requests, m.seconds, m.refused, m.inFlight, m.connections, m.received, m.sent, m.panics)
	return m
}

// routeMetrics are a route's, looked up once.
type routeMetrics struct {
	seconds  prometheus.Observer
	ok       prometheus.Counter
	requests *prometheus.CounterVec
}

func (m *metrics) route(name string) routeMetrics {
	return routeMetrics{
		seconds:  m.seconds.WithLabelValues(name),
		ok:       m.requests.WithLabelValues(name, "200"),
		requests: m.requests.MustCurryWith(prometheus.Labels{"route": name}),
	}
}

// count notes an answer; status 0 is a client that left.
func (r routeMetrics) count(status int) {
	switch status {
	case 200:
		r.ok.Inc()
	case 0:
		r.requests.WithLabelValues("gone").Inc()
	default:
		r.requests.WithLabelValues(strconv.Itoa(status)).Inc()
	}
}
