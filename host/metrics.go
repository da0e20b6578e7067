package host

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"qvat/host/fault"
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
		for _, g := range v.gauges() {
			registry.MustRegister(g)
		}
	}
	return m
}

// observe counts a message that has ended.
func (m *metrics) observe(err error, u used, took time.Duration) {
	outcome := "ok"
	switch {
	case errors.Is(err, context.Canceled):
		outcome = "abandoned"
	case err != nil:
		outcome = string(fault.Of(err).Code)
	}
	m.messages.WithLabelValues(outcome).Inc()
	m.seconds.Observe(took.Seconds())
	m.fuel.Add(float64(u.fuel))
}

// gauges are read when asked for.
func (v *Vat) gauges() []prometheus.Collector {
	gauge := func(name, help string, f func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, f)
	}
	counter := func(name, help string, f func() float64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, f)
	}
	return []prometheus.Collector{
		gauge("qvat_messages_running", "Messages that hold an instance.", func() float64 { return float64(len(v.gate.running)) }),
		gauge("qvat_messages_waiting", "Messages that wait for an instance.", func() float64 { return float64(v.gate.waiting.Load()) }),
		gauge("qvat_pool_idle", "Instances that are ready.", func() float64 { return float64(v.engine.Stats().Idle) }),
		counter("qvat_pool_made_total", "Instances made from the image.", func() float64 { return float64(v.engine.Stats().Made) }),
		counter("qvat_pool_reused_total", "Instances taken ready from the pool.", func() float64 { return float64(v.engine.Stats().Reused) }),
		counter("qvat_pool_discarded_total", "Instances thrown away: they trapped, grew, or were too many.", func() float64 { return float64(v.engine.Stats().Discarded) }),
		gauge("qvat_compiled_bytes", "Bytes of compiled programs in memory.", func() float64 { return float64(v.engine.Stats().CompiledBytes) }),
		gauge("qvat_compiled_programs", "Compiled programs in memory.", func() float64 { return float64(v.engine.Stats().CompiledPrograms) }),
	}
}
