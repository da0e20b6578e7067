// Package recent remembers what became of a vat's newest invocations, for its page,
// and counts all. It is lost when the process ends.
package recent

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"qvat/chains"
	"qvat/host/web"
)

// How many are remembered, how much of them, and how much of one's lines. Those that did not run, which anybody can send, have room of
// their own: they take none from the others.
const (
	ranMost   = 1000
	ranBytes  = 16 << 20
	idleMost  = 100
	idleBytes = 2 << 20
	lines     = 200
	lineBytes = 16 << 10
)

// Runs remembers. Its methods may be called from any goroutine.
type Runs struct {
	now   func() time.Time
	since time.Time // when it began to

	mu       sync.Mutex
	ran      ring // what programs ran for
	idle     ring // what was refused before, or answered from its record
	last     uint64
	minutes  [60]web.Minute // by the minute's number
	outcomes map[string]int64
	fuel     int64
}

// New begins to remember, by a clock.
func New(now func() time.Time) *Runs {
	return &Runs{
		now: now, since: now(), outcomes: map[string]int64{},
		ran: ring{most: ranMost, mostBytes: ranBytes}, idle: ring{most: idleMost, mostBytes: idleBytes},
	}
}

// ring holds the newest of a kind, within two bounds.
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

// Add remembers one more, which has just ended; its number, its time and whether its
// lines are cut are filled in.
func (s *Runs) Add(r web.Ran) {
	r.At = s.now()
	bytes := 256 + len(r.Error)
	for _, l := range r.Chain.Links {
		bytes += 64 + len(l.Signatures)*chains.SignatureSize
	}
	left := lineBytes
	for i, l := range r.Lines {
		if left -= len(l.Text); left < 0 || i == lines {
			r.Lines, r.Cut = slices.Clone(r.Lines[:i]), true
			break
		}
		bytes += 64 + len(l.Text)
	}
	s.keep(r, bytes)
}

func (s *Runs) keep(r web.Ran, bytes int) {
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

// Newest gives those with a number below before (0: all), n at most, the newest
// first.
func (s *Runs) Newest(before uint64, n int) []web.Ran {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before == 0 {
		before = s.last + 1
	}
	found := slices.Concat(s.ran.newest(before, n), s.idle.newest(before, n))
	slices.SortFunc(found, func(a, b web.Ran) int { return cmp.Compare(b.Number, a.Number) })
	return slices.Clip(found[:min(n, len(found))])
}

// Hour gives the last hour's minutes, the oldest first.
func (s *Runs) Hour() []web.Minute {
	now := s.now()
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

// Totals gives what was counted, and since when.
func (s *Runs) Totals() (since time.Time, outcomes map[string]int64, fuel int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.since, maps.Clone(s.outcomes), s.fuel
}
