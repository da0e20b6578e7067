package main

import (
	"fmt"
	"slices"
	"sync"

	"qvat/chains"
	"qvat/cmd/qvat/cli"
	"qvat/host/api"
)

// sent is how many programs of a message went to the vat with it, and how many
// did not have to: their texts' bytes, without what is around them.
type sent struct {
	Programs int   `json:"programs"`
	Bytes    int64 `json:"bytes"`
	Saved    struct {
		Programs int   `json:"programs"`
		Bytes    int64 `json:"bytes"`
	} `json:"saved"`
}

// traffic counts the programs that leave in a call.
type traffic struct {
	mu       sync.Mutex
	programs int
	bytes    int64
}

// hear takes in how far a call is.
func (t *traffic) hear(p api.Progress) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p.Done == 0 { // a stage begins
		t.programs += p.Programs
		t.bytes += p.Texts
	}
}

// sent is what went and what did not, of a message with these programs. A vat
// that wants a program twice is told of once.
func (t *traffic) sent(programs []chains.Program) *sent {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := &sent{Programs: min(t.programs, len(programs))}
	var all int64
	for _, p := range programs {
		all += int64(len(p.Text()))
	}
	s.Bytes = min(t.bytes, all)
	s.Saved.Programs, s.Saved.Bytes = len(programs)-s.Programs, all-s.Bytes
	return s
}

// String says it to a person.
func (s sent) String() string {
	switch {
	case s.Saved.Programs == 0:
		return fmt.Sprintf("sent %s, %s", cli.Count(s.Programs, "program"), inUnits(s.Bytes))
	case s.Programs == 0:
		return fmt.Sprintf("sent no programs; %s, %s, were there already", cli.Count(s.Saved.Programs, "program"), inUnits(s.Saved.Bytes))
	}
	return fmt.Sprintf("sent %d of %s, %s; %s were there already",
		s.Programs, cli.Count(s.Programs+s.Saved.Programs, "program"), inUnits(s.Bytes), inUnits(s.Saved.Bytes))
}

// inUnits writes a number of bytes as people do: "812 bytes", "4.1 kB", "38 kB".
func inUnits(n int64) string {
	if n < 1000 {
		return cli.Count(int(n), "byte")
	}
	x, unit := float64(n)/1000, 0
	for ; x >= 999.5 && unit < 3; unit++ {
		x /= 1000
	}
	digits := 0
	if x < 9.95 {
		digits = 1
	}
	return fmt.Sprintf("%.*f %cB", digits, x, "kMGT"[unit])
}

// holdsModules says whether the message holds programs that are no links: of a
// chain of single programs, nobody wants to hear what was sent.
func (d *draft) holdsModules() bool {
	links := map[chains.Hash]bool{}
	for _, l := range d.capsule.Chain.Links {
		links[l.Program] = true
	}
	return slices.ContainsFunc(d.capsule.Programs, func(p chains.Program) bool { return !links[p.Hash()] })
}
