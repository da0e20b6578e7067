// Package metrics is what a vat counts, for Prometheus.
package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"qvat/host/library"
	"qvat/host/store"
	"qvat/runtime"
)

// Metrics are what a vat counts of its invocations. Pool, caches and store are asked
// when somebody reads them.
type Metrics struct {
	messages *prometheus.CounterVec
	seconds  prometheus.Histogram
	fuel     prometheus.Counter
	reruns   prometheus.Counter
}

// Numbers are what gate, engine and store say of themselves.
type Numbers struct {
	Running, Waiting int64
	Engine           runtime.Stats
	Store            store.Stats
	Library          library.Stats
}

// New makes the metrics, and registers them where registry is not nil. now is asked
// once for each time that somebody reads them.
func New(registry *prometheus.Registry, now func() Numbers) *Metrics {
	m := &Metrics{
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "qvat_messages_total", Help: "Messages by outcome: ok, or a code of docs/ERRORS.md.",
		}, []string{"outcome"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "qvat_message_seconds", Help: "Time from a message's arrival to its answer.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 2, 17),
		}),
		fuel: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "qvat_message_fuel_total", Help: "Fuel that messages burnt.",
		}),
		reruns: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "qvat_message_reruns_total", Help: "Times that a message lost a conflict and was run again.",
		}),
	}
	if registry != nil {
		registry.MustRegister(m.messages, m.seconds, m.fuel, m.reruns)
		registry.MustRegister(newState(now))
	}
	return m
}

// Ended counts an invocation that has ended. outcome is "ok", "abandoned" where its
// sender left, or a code of docs/ERRORS.md.
func (m *Metrics) Ended(outcome string, fuel int64, took time.Duration) {
	m.messages.WithLabelValues(outcome).Inc()
	m.seconds.Observe(took.Seconds())
	m.fuel.Add(float64(fuel))
}

// Rerun counts an invocation that lost a conflict and is run again.
func (m *Metrics) Rerun() { m.reruns.Inc() }

// state collects the numbers.
type state struct {
	now  func() Numbers
	rows []stateRow
}

// stateRow is one number of the state.
type stateRow struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(Numbers) float64
}

func newState(now func() Numbers) *state {
	s := &state{now: now}
	add := func(kind prometheus.ValueType, name, help string, value func(Numbers) float64) {
		s.rows = append(s.rows, stateRow{prometheus.NewDesc(name, help, nil, nil), kind, value})
	}
	gauge := func(name, help string, value func(Numbers) int64) {
		add(prometheus.GaugeValue, name, help, func(n Numbers) float64 { return float64(value(n)) })
	}
	counter := func(name, help string, value func(Numbers) int64) {
		add(prometheus.CounterValue, name, help, func(n Numbers) float64 { return float64(value(n)) })
	}
	gauge("qvat_messages_running", "Messages that hold an instance.", func(n Numbers) int64 { return n.Running })
	gauge("qvat_messages_waiting", "Messages that wait for an instance.", func(n Numbers) int64 { return n.Waiting })

	gauge("qvat_pool_idle", "Instances that are ready.", func(n Numbers) int64 { return int64(n.Engine.Idle) })
	counter("qvat_pool_made_total", "Instances made from the image.", func(n Numbers) int64 { return n.Engine.Made })
	counter("qvat_pool_reused_total", "Instances taken ready from the pool.", func(n Numbers) int64 { return n.Engine.Reused })
	counter("qvat_pool_discarded_total", "Instances that trapped, grew, or were too many.", func(n Numbers) int64 { return n.Engine.Discarded })
	gauge("qvat_compiled_bytes", "Bytes of compiled programs in memory.", func(n Numbers) int64 { return n.Engine.CompiledBytes })
	gauge("qvat_compiled_programs", "Compiled programs in memory.", func(n Numbers) int64 { return int64(n.Engine.CompiledPrograms) })
	gauge("qvat_prepared_bytes", "Bytes of evaluated root programs in memory.", func(n Numbers) int64 { return n.Engine.PreparedBytes })
	gauge("qvat_prepared_programs", "Evaluated root programs in memory.", func(n Numbers) int64 { return int64(n.Engine.PreparedPrograms) })

	counter("qvat_store_commits_total", "Transactions committed.", func(n Numbers) int64 { return n.Store.Commits })
	counter("qvat_store_conflicts_total", "Commits refused for a conflict.", func(n Numbers) int64 { return n.Store.Conflicts })
	counter("qvat_store_failed_total", "Commits that could not be written.", func(n Numbers) int64 { return n.Store.Failed })
	counter("qvat_store_writes_total", "Writes to the disk, each for all commits that arrived together.", func(n Numbers) int64 { return n.Store.Writes })
	add(prometheus.CounterValue, "qvat_store_write_seconds_total", "Time spent in them.",
		func(n Numbers) float64 { return n.Store.WriteTime.Seconds() })
	gauge("qvat_store_waiting", "Commits that wait for the disk.", func(n Numbers) int64 { return int64(n.Store.Waiting) })
	gauge("qvat_store_transactions", "Transactions that are open.", func(n Numbers) int64 { return int64(n.Store.Transactions) })
	gauge("qvat_store_overlay_bytes", "Bytes of versions in memory.", func(n Numbers) int64 { return n.Store.OverlayBytes })
	gauge("qvat_store_database_bytes", "Size of the database file.", func(n Numbers) int64 { return n.Store.DatabaseBytes })
	gauge("qvat_store_log_bytes", "Size of its write-ahead log.", func(n Numbers) int64 { return n.Store.LogBytes })
	gauge("qvat_programs", "Programs that are kept.", func(n Numbers) int64 { return int64(n.Library.Programs) })
	gauge("qvat_programs_bytes", "Their size.", func(n Numbers) int64 { return n.Library.Bytes })
	gauge("qvat_programs_stranger_bytes", "Size of those that no root-signed message has used.", func(n Numbers) int64 { return n.Library.StrangerBytes })
	return s
}

// Describe is prometheus.Collector's.
func (s *state) Describe(out chan<- *prometheus.Desc) {
	for _, r := range s.rows {
		out <- r.desc
	}
}

// Collect is prometheus.Collector's.
func (s *state) Collect(out chan<- prometheus.Metric) {
	n := s.now()
	for _, r := range s.rows {
		out <- prometheus.MustNewConstMetric(r.desc, r.kind, r.value(n))
	}
}
