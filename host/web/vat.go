package web

import (
	"context"
	"time"

	"qvat/chains"
)

// Vat is what the page shows of the vat itself. It only looks. All methods are
// safe for concurrent use.
type Vat interface {
	// About says who the vat is.
	About() About
	// State gives its numbers as they are now.
	State() State
	// Ran gives messages that the vat has taken, the newest first: those with a
	// number below before (0: the newest there is), n at most. Only so many are
	// remembered, and none from before the vat started.
	Ran(before uint64, n int) []Ran
	// Program gives a program's text, where it is kept.
	Program(ctx context.Context, hash chains.Hash) (p chains.Program, ok bool, err error)
}

// About is who the vat is.
type About struct {
	Name, Version string
	Root, Node    chains.PublicKey
	Limits        chains.Limits // of the capsules that it takes
}

// State is the vat's numbers. Those that have no unit in their name are counts
// since it started, or of what there is now.
type State struct {
	Since    time.Time
	Minutes  []Minute         // the last hour, the oldest first; the last is not over
	Outcomes map[string]int64 // messages by outcome: "ok" or a code of docs/ERRORS.md
	Fuel     int64            // units of the meter
	Running  int              // messages that hold an instance
	Waiting  int              // messages that wait for one
	Groups   []Group
}

// Minute is what happened in one.
type Minute struct {
	At         time.Time
	OK, Failed int
	Fuel       int64
}

// Group is numbers that belong together, such as those of the cache.
type Group struct {
	Name    string
	Figures []Figure
}

// Figure is one number with its name and, as in "12.3 MB", its unit.
type Figure struct{ Name, Value string }

// Ran is a message that the vat has taken, and what became of it.
type Ran struct {
	Number  uint64 // counts from 1
	At      time.Time
	ID      chains.Hash
	Chain   chains.Chain
	Outcome string // "ok", "abandoned" where its sender left, or a code of docs/ERRORS.md
	Error   string // for the owner's eyes: it may speak of the host
	Fuel    int64  // units of the meter
	Memory  int64  // bytes
	Micros  int64  // microseconds
	Lines   []Line // the first ones of what it wrote to the console and to qvat:log
	Cut     bool   // there were more
}

// Line is a line of a message's console.
type Line struct{ Level, Text string }
