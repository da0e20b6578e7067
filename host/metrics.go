package host

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"qvat/host/fault"
	"qvat/host/store/sqlite"
	"qvat/runtime"
)

// metrics are what the vat counts of its messages. Pool, caches and store are
// asked when somebody reads them.
type metrics struct {
	messages *prometheus.CounterVec
	seconds  prometheus.Histogram
	fuel     prometheus.Counter
	reruns   prometheus.Counter
}

// newMetrics makes the metrics, and registers them where registry is not nil.
func newMetrics(registry *prometheus.Registry, v *Vat) *metrics {
	m := &metrics{
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
		registry.MustRegister(newState(v))
	}
	return m
}

// observe counts a message that has ended.
func (m *metrics) observe(err error, u used, took time.Duration) {
	m.messages.WithLabelValues(outcomeOf(err)).Inc()
	m.seconds.Observe(took.Seconds())
	m.fuel.Add(float64(u.fuel))
}

// outcomeOf names how a message ended: "ok", "abandoned" where its sender left,
// or a code of docs/ERRORS.md.
func outcomeOf(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, context.Canceled):
		return "abandoned"
	}
	return string(fault.Of(err).Code)
}

// state collects the numbers of gate, engine and store: they are asked once for
// each time that somebody reads the metrics.
type state struct {
	vat  *Vat
	rows []stateRow
}

// stateRow is one number of the state.
type stateRow struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(numbers) float64
}

type numbers struct {
	running, waiting int64
	engine           runtime.Stats
	store            sqlite.Stats
}

func newState(v *Vat) *state {
	s := &state{vat: v}
	add := func(kind prometheus.ValueType, name, help string, value func(numbers) float64) {
		s.rows = append(s.rows, stateRow{prometheus.NewDesc(name, help, nil, nil), kind, value})
	}
	gauge := func(name, help string, value func(numbers) int64) {
		add(prometheus.GaugeValue, name, help, func(n numbers) float64 { return float64(value(n)) })
	}
	counter := func(name, help string, value func(numbers) int64) {
		add(prometheus.CounterValue, name, help, func(n numbers) float64 { return float64(value(n)) })
	}
	gauge("qvat_messages_running", "Messages that hold an instance.", func(n numbers) int64 { return n.running })
	gauge("qvat_messages_waiting", "Messages that wait for an instance.", func(n numbers) int64 { return n.waiting })

	gauge("qvat_pool_idle", "Instances that are ready.", func(n numbers) int64 { return int64(n.engine.Idle) })
	counter("qvat_pool_made_total", "Instances made from the image.", func(n numbers) int64 { return n.engine.Made })
	counter("qvat_pool_reused_total", "Instances taken ready from the pool.", func(n numbers) int64 { return n.engine.Reused })
	counter("qvat_pool_discarded_total", "Instances that trapped, grew, or were too many.", func(n numbers) int64 { return n.engine.Discarded })
	gauge("qvat_compiled_bytes", "Bytes of compiled programs in memory.", func(n numbers) int64 { return n.engine.CompiledBytes })
	gauge("qvat_compiled_programs", "Compiled programs in memory.", func(n numbers) int64 { return int64(n.engine.CompiledPrograms) })
	gauge("qvat_prepared_bytes", "Bytes of evaluated root programs in memory.", func(n numbers) int64 { return n.engine.PreparedBytes })
	gauge("qvat_prepared_programs", "Evaluated root programs in memory.", func(n numbers) int64 { return int64(n.engine.PreparedPrograms) })

	counter("qvat_store_commits_total", "Transactions committed.", func(n numbers) int64 { return n.store.Commits })
	counter("qvat_store_conflicts_total", "Commits refused for a conflict.", func(n numbers) int64 { return n.store.Conflicts })
	counter("qvat_store_failed_total", "Commits that could not be written.", func(n numbers) int64 { return n.store.Failed })
	counter("qvat_store_writes_total", "Writes to the disk, each for all commits that arrived together.", func(n numbers) int64 { return n.store.Writes })
	add(prometheus.CounterValue, "qvat_store_write_seconds_total", "Time spent in them.",
		func(n numbers) float64 { return n.store.WriteTime.Seconds() })
	gauge("qvat_store_waiting", "Commits that wait for the disk.", func(n numbers) int64 { return int64(n.store.Waiting) })
	gauge("qvat_store_transactions", "Transactions that are open.", func(n numbers) int64 { return int64(n.store.Transactions) })
	gauge("qvat_store_overlay_bytes", "Bytes of versions in memory.", func(n numbers) int64 { return n.store.OverlayBytes })
	gauge("qvat_store_database_bytes", "Size of the database file.", func(n numbers) int64 { return n.store.DatabaseBytes })
	gauge("qvat_store_log_bytes", "Size of its write-ahead log.", func(n numbers) int64 { return n.store.LogBytes })
	gauge("qvat_programs", "Programs that are kept.", func(n numbers) int64 { return int64(n.store.Programs) })
	gauge("qvat_programs_bytes", "Their size.", func(n numbers) int64 { return n.store.ProgramBytes })
	gauge("qvat_programs_stranger_bytes", "Size of those that no root-signed message has used.", func(n numbers) int64 { return n.store.StrangerBytes })
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
	n := numbers{
		running: int64(len(s.vat.gate.running)), waiting: s.vat.gate.waiting.Load(),
		engine: s.vat.engine.Stats(), store: s.vat.store.Stats(),
	}
	for _, r := range s.rows {
		out <- prometheus.MustNewConstMetric(r.desc, r.kind, r.value(n))
	}
}
