package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"qvat/chains"
	"qvat/host/api"
	"qvat/host/control"
	"qvat/host/recent"
	"qvat/host/sandbox"
	"qvat/host/web"
)

// RunOptions say how to serve a vat. Dir must be set.
type RunOptions struct {
	Dir string
	// Listen overrides qvat.toml's; port 0 is any free port.
	Listen string
	Logger *slog.Logger // nil discards the log
	// Listening is told the vat's URL once it takes requests; it may be nil.
	Listening func(url string)
	// Login is told a link that logs in to the page at /app/ once, before
	// Listening; it is not called where there is no page, or no name that the
	// page answers to, and may be nil.
	Login func(link string)
	// RootPower and Embed are those of Options.
	RootPower string
	Embed     Embed
}

// Run opens the vat in o.Dir and serves it until ctx ends. Then invocations that
// are under way finish or fail, and it returns within 2 seconds: what was
// answered is on the disk.
func Run(ctx context.Context, o RunOptions) (err error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	runs := recent.New(time.Now)
	o.Embed.Observe = remember(runs, o.Embed.Observe)
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
	c, err := control.Listen(ctx, v.dir, v.log)
	if err != nil {
		return errors.Join(fmt.Errorf("listen for the owner: %w", err), l.Close())
	}
	if v.config.Sandbox {
		files, err := filesDir(&v.config, v.dir)
		if err == nil {
			err = sandbox.Confine(v.dir, files, v.config.Powers.HTTP.Origins)
		}
		if err != nil {
			return errors.Join(err, l.Close(), c.Close())
		}
	}
	// Close waits for what this starts.
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	page, login := v.newPage(ctx, runs, l.Addr())
	v.servePost(ctx, c, login)
	v.log.Info("serving", "dir", v.dir, "address", l.Addr().String(), "root", v.info.RootKey)
	v.tellLogin(login, o.Login)
	if o.Listening != nil {
		o.Listening("http://" + l.Addr().String())
	}
	return v.server(registry, page).Serve(ctx, l)
}

// served is the vat as its HTTP has it.
type served struct{ *Vat }

// Invoke is api.Vat's.
func (s served) Invoke(ctx context.Context, peer string, c chains.Capsule) (api.Answer, error) {
	a, err := s.Vat.Invoke(ctx, peer, c)
	return api.Answer{
		Result:  a.Result,
		Message: api.MessageInfo{ID: a.ID.String(), Fuel: a.Fuel, Memory: a.Memory, Micros: a.Micros},
	}, err
}

// tellLogin tells a link to log in to the page, where there is one.
func (v *Vat) tellLogin(login func() string, tell func(link string)) {
	if login == nil || tell == nil {
		return
	}
	if link := login(); link != "" {
		tell(link)
		return
	}
	v.log.Warn("there is no link to the page: it does not answer to the address that the vat listens at",
		"hint", "name what the vat is called in hosts, under [web] in qvat.toml")
}

func (v *Vat) server(registry *prometheus.Registry, page *web.Page) *api.Server {
	h := v.config.HTTP
	o := api.Options{
		Vat:         served{v},
		Chains:      chainLimits(&v.config),
		Logger:      v.log,
		Registry:    registry,
		MissingFor:  api.Audience(h.Missing),
		MetricsFor:  api.Audience(h.Metrics),
		Hosts:       h.Hosts,
		Connections: h.Connections,
		Peers: api.PeerLimits{
			Connections: h.PeerConnections, InFlight: h.PeerInFlight, Rate: h.PeerRate, Burst: h.PeerBurst,
		},
	}
	if page != nil {
		o.App = page
	}
	return api.New(o)
}
