package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"qvat/host/api"
)

// RunOptions say how to serve a vat. Dir must be set.
type RunOptions struct {
	Dir string
	// Listen overrides qvat.toml's; port 0 is any free port.
	Listen string
	Logger *slog.Logger // nil discards the log
	// Listening is told the vat's URL once it takes requests; it may be nil.
	Listening func(url string)
	// RootPower and Embed are those of Options.
	RootPower string
	Embed     Embed
}

// Run opens the vat in o.Dir and serves it until ctx ends. Then messages that
// are under way finish or fail, and it returns within 2 seconds: what was
// answered is on the disk.
func Run(ctx context.Context, o RunOptions) (err error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	v, err := Open(ctx, Options{Dir: o.Dir, Logger: o.Logger, Registry: registry, RootPower: o.RootPower, Embed: o.Embed})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	listen := o.Listen
	if listen == "" {
		listen = v.config.Listen
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if v.config.Sandbox {
		if err := v.config.confine(v.dir); err != nil {
			return errors.Join(err, l.Close())
		}
	}
	v.log.Info("serving", "dir", v.dir, "address", l.Addr().String(), "root", v.info.RootKey)
	if o.Listening != nil {
		o.Listening("http://" + l.Addr().String())
	}
	return v.server(registry).Serve(ctx, l)
}

func (v *Vat) server(registry *prometheus.Registry) *api.Server {
	h := v.config.HTTP
	return api.New(api.Options{
		Vat:         v,
		Chains:      v.config.chainLimits(),
		Logger:      v.log,
		Registry:    registry,
		MissingFor:  api.Audience(h.Missing),
		MetricsFor:  api.Audience(h.Metrics),
		Hosts:       h.Hosts,
		Connections: h.Connections,
		Peers: api.PeerLimits{
			Connections: h.PeerConnections, InFlight: h.PeerInFlight, Rate: h.PeerRate, Burst: h.PeerBurst,
		},
	})
}
