package host

import (
	"context"
	"errors"
	"fmt"
	"net"

	"qvat/chains"
	"qvat/host/fault"
	"qvat/host/recent"
	"qvat/host/web"
)

// remember is an Embed.Observe that keeps for the page what became of each
// invocation, and tells others too.
func remember(runs *recent.Runs, others func(Observed)) func(Observed) {
	return func(o Observed) {
		r := web.Ran{
			ID: o.ID, Chain: o.Chain, Outcome: o.Outcome, Error: explain(o.Err),
			Fuel: o.Fuel, Memory: o.Memory, Micros: o.Micros,
		}
		for _, l := range o.Console {
			r.Lines = append(r.Lines, web.Line{Level: l.Level, Text: l.Text})
		}
		for _, l := range o.Log {
			r.Lines = append(r.Lines, web.Line{Level: "log", Text: fmt.Sprintf("%s %s %s", l.Level, l.Message, l.Fields)})
		}
		runs.Add(r)
		if others != nil {
			others(o)
		}
	}
}

// errorBytes is how much of an error the page shows.
const errorBytes = 16 << 10

// explain is an error for the owner: what its sender is told, and the cause.
func explain(err error) string {
	if err == nil {
		return ""
	}
	text := err.Error()
	var f *fault.Error
	if errors.As(err, &f) && f.Cause != nil && f.Cause.Error() != text {
		text += "\n" + f.Cause.Error()
	}
	return text[:min(len(text), errorBytes)]
}

// page is what the page sees of the vat.
type page struct {
	vat  *Vat
	runs *recent.Runs
}

// newPage makes the page at /app/ of a vat that is served at an address, and
// what makes links to log in to it; both are nil where qvat.toml wants none. A
// link is "" where the page does not answer to the name that it would have. The
// page is told to let go of its readers when ctx ends.
func (v *Vat) newPage(ctx context.Context, runs *recent.Runs, at net.Addr) (p *web.Page, login func() string) {
	w := v.config.Web
	if !w.Enabled {
		return nil, nil
	}
	p = web.New(web.Options{Post: v.post, Vat: page{v, runs}, Hosts: w.Hosts, Logger: v.log})
	context.AfterFunc(ctx, p.Close)
	base := "http://" + at.String()
	if tcp, ok := at.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		base = fmt.Sprintf("http://localhost:%d", tcp.Port)
	}
	if len(w.Hosts) > 0 {
		base = "https://" + w.Hosts[0]
	}
	return p, func() string { return p.Login(base) }
}

// About is web.Vat's.
func (p page) About() web.About {
	v := p.vat
	a := web.About{Name: v.info.Name, Version: Version, Limits: chainLimits(&v.config)}
	// Both were made of keys when the vat was opened.
	a.Root, _ = chains.ParsePublicKeyHex(v.info.RootKey)
	a.Node, _ = chains.ParsePublicKeyHex(v.info.NodeKey)
	return a
}

// Ran is web.Vat's.
func (p page) Ran(before uint64, n int) []web.Ran { return p.runs.Newest(before, n) }

// Program is web.Vat's.
func (p page) Program(ctx context.Context, hash chains.Hash) (chains.Program, bool, error) {
	return p.vat.library.Program(ctx, hash)
}

// State is web.Vat's.
func (p page) State() web.State {
	v := p.vat
	since, outcomes, fuel := p.runs.Totals()
	e, st, programs := v.engine.Stats(), v.store.Stats(), v.library.Stats()
	count := func(n int64) string { return web.Number(n) }
	size := web.Size
	return web.State{
		Since: since, Minutes: p.runs.Hour(), Outcomes: outcomes, Fuel: fuel,
		Running: len(v.gate.running), Waiting: int(v.gate.waiting.Load()),
		Groups: []web.Group{
			{Name: "Instances", Figures: []web.Figure{
				{Name: "ready", Value: count(int64(e.Idle))},
				{Name: "made", Value: count(e.Made)},
				{Name: "used again", Value: count(e.Reused)},
				{Name: "thrown away", Value: count(e.Discarded)},
			}},
			{Name: "Cache of programs", Figures: []web.Figure{
				{Name: "compiled", Value: count(int64(e.CompiledPrograms)) + ", " + size(e.CompiledBytes)},
				{Name: "kept", Value: count(int64(programs.Programs)) + ", " + size(programs.Bytes)},
				{Name: "of strangers", Value: size(programs.StrangerBytes)},
				{Name: "at hand", Value: size(programs.LoadedBytes)},
			}},
			{Name: "Store", Figures: []web.Figure{
				{Name: "commits", Value: count(st.Commits)},
				{Name: "conflicts", Value: count(st.Conflicts)},
				{Name: "writes to the disk", Value: count(st.Writes)},
				{Name: "database", Value: size(st.DatabaseBytes)},
				{Name: "its log", Value: size(st.LogBytes)},
			}},
		},
	}
}
