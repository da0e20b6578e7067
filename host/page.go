package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"qvat/chains"
	"qvat/host/fault"
	"qvat/host/web"
)

// How many messages are remembered for the page, how much of them, and how much
// of one's lines. Those that did not run, which anybody can send, have room of
// their own: they take none from the others.
const (
	seenMessages  = 1000
	seenBytes     = 16 << 20
	idleMessages  = 100
	idleBytes     = 2 << 20
	seenLines     = 200
	seenLineBytes = 16 << 10
)

// seen remembers for the page what became of the newest messages, and counts
// all.
type seen struct {
	now   func() time.Time
	since time.Time

	mu       sync.Mutex
	ran      ring // what programs ran for
	idle     ring // what was refused before, or answered from its record
	last     uint64
	minutes  [60]web.Minute // by the minute's number
	outcomes map[string]int64
	fuel     int64
}

func newSeen(now func() time.Time) *seen {
	return &seen{
		now: now, since: now(), outcomes: map[string]int64{},
		ran: ring{most: seenMessages, mostBytes: seenBytes}, idle: ring{most: idleMessages, mostBytes: idleBytes},
	}
}

// ring holds the newest messages of a kind, within two bounds.
type ring struct {
	most, mostBytes int
	all             []web.Ran // the oldest first
	sizes           []int     // theirs, in bytes
	bytes           int
}

func (g *ring) add(r web.Ran, bytes int) {
	g.all, g.sizes, g.bytes = append(g.all, r), append(g.sizes, bytes), g.bytes+bytes
	for len(g.all) > g.most || g.bytes > g.mostBytes && len(g.all) > 1 {
		g.bytes -= g.sizes[0]
		g.all[0] = web.Ran{} // its texts go at once
		g.all, g.sizes = g.all[1:], g.sizes[1:]
	}
}

// newest gives those with a number below before, n at most, the oldest first.
func (g *ring) newest(before uint64, n int) []web.Ran {
	end, _ := slices.BinarySearchFunc(g.all, before, func(r web.Ran, b uint64) int { return cmp.Compare(r.Number, b) })
	return g.all[max(end-n, 0):end]
}

// watch is an Embed.Observe that remembers, and tells others too.
func (s *seen) watch(others func(Observed)) func(Observed) {
	return func(o Observed) {
		s.add(o)
		if others != nil {
			others(o)
		}
	}
}

func (s *seen) add(o Observed) {
	r := web.Ran{
		At: s.now(), ID: o.ID, Chain: o.Chain, Outcome: o.Outcome, Error: explain(o.Err),
		Fuel: o.Fuel, Memory: o.Memory, Micros: o.Micros,
	}
	bytes := len(r.Error)
	for _, l := range o.Chain.Links {
		bytes += 64 + len(l.Signatures)*chains.SignatureSize
	}
	left := seenLineBytes
	keep := func(level, text string) {
		if left -= len(text); left < 0 || len(r.Lines) == seenLines {
			r.Cut, left = true, 0
			return
		}
		r.Lines = append(r.Lines, web.Line{Level: level, Text: text})
		bytes += 64 + len(text)
	}
	for _, l := range o.Console {
		keep(l.Level, l.Text)
	}
	for _, l := range o.Log {
		keep("log", fmt.Sprintf("%s %s %s", l.Level, l.Message, l.Fields))
	}
	s.keep(r, 256+bytes)
}

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
	return text[:min(len(text), seenLineBytes)]
}

func (s *seen) keep(r web.Ran, bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	r.Number = s.last
	if r.Fuel > 0 || r.Memory > 0 || r.Micros > 0 {
		s.ran.add(r, bytes)
	} else {
		s.idle.add(r, bytes)
	}
	s.outcomes[r.Outcome]++
	s.fuel += r.Fuel
	at := r.At.Truncate(time.Minute)
	m := &s.minutes[at.Unix()/60%60]
	if !m.At.Equal(at) {
		*m = web.Minute{At: at}
	}
	if m.Fuel += r.Fuel; r.Outcome == "ok" {
		m.OK++
	} else {
		m.Failed++
	}
}

// newest gives those with a number below before (0: all), n at most, the newest
// first.
func (s *seen) newest(before uint64, n int) []web.Ran {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before == 0 {
		before = s.last + 1
	}
	found := slices.Concat(s.ran.newest(before, n), s.idle.newest(before, n))
	slices.SortFunc(found, func(a, b web.Ran) int { return cmp.Compare(b.Number, a.Number) })
	return slices.Clip(found[:min(n, len(found))])
}

// hour gives the last hour's minutes, the oldest first.
func (s *seen) hour(now time.Time) []web.Minute {
	s.mu.Lock()
	defer s.mu.Unlock()
	minutes := make([]web.Minute, len(s.minutes))
	for i := range minutes {
		at := now.Truncate(time.Minute).Add(time.Duration(i+1-len(minutes)) * time.Minute)
		if minutes[i] = s.minutes[at.Unix()/60%60]; !minutes[i].At.Equal(at) {
			minutes[i] = web.Minute{At: at}
		}
	}
	return minutes
}

// totals gives what was counted since the start.
func (s *seen) totals() (outcomes map[string]int64, fuel int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	outcomes = make(map[string]int64, len(s.outcomes))
	for name, n := range s.outcomes {
		outcomes[name] = n
	}
	return outcomes, s.fuel
}

// page is what the page sees of the vat.
type page struct {
	vat  *Vat
	seen *seen
}

// newPage makes the page at /app/ of a vat that is served at an address, and
// what makes links to log in to it; both are nil where qvat.toml wants none. A
// link is "" where the page does not answer to the name that it would have. The
// page is told to let go of its readers when ctx ends.
func (v *Vat) newPage(ctx context.Context, s *seen, at net.Addr) (p *web.Page, login func() string) {
	w := v.config.Web
	if !w.Enabled {
		return nil, nil
	}
	p = web.New(web.Options{Post: v.post, Vat: page{v, s}, Hosts: w.Hosts, Logger: v.log})
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
func (p page) Ran(before uint64, n int) []web.Ran { return p.seen.newest(before, n) }

// Program is web.Vat's.
func (p page) Program(ctx context.Context, hash chains.Hash) (chains.Program, bool, error) {
	return p.vat.library.Program(ctx, hash)
}

// State is web.Vat's.
func (p page) State() web.State {
	v := p.vat
	outcomes, fuel := p.seen.totals()
	e, st, programs := v.engine.Stats(), v.store.Stats(), v.library.Stats()
	count := func(n int64) string { return web.Number(n) }
	size := web.Size
	return web.State{
		Since: p.seen.since, Minutes: p.seen.hour(p.seen.now()), Outcomes: outcomes, Fuel: fuel,
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
