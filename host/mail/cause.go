package mail

import (
	"context"
	"sync"
	"time"

	"qvat/host/caps"
)

// A run that mail wakes can mail, and wake another one. Within the vat each
// invocation from outside has a number of runs that it may cause (Cause.Left). Over
// several vats no one counts for all, so there are two bounds more: a letter tells
// how many runs stand between it and what somebody did by hand, and what another
// node's letters wake is counted by the minute, for that node may not tell.

// Cause says how a run came about, and what it may cause in turn.
type Cause struct {
	// From is the handle of who sent what the run answers; zero where nobody did.
	From caps.ID `json:"-"`
	// Left is how many runs this one may cause, and those that it causes, by what
	// they mail and call.
	Left int `json:"left"`
	// Depth is how many runs, this one among them, have caused each other since
	// somebody did something himself; what it mails tells it.
	Depth uint8 `json:"auto,omitempty"`
}

const (
	// maxCaused is how many runs one invocation from outside may cause in all, by
	// what those that it causes mail and call in turn: so agents that answer each
	// other by themselves come to an end.
	maxCaused = 256
	// maxDepth is how many runs may stand before a letter that wakes another one.
	maxDepth = 8
)

// share gives a run that is to be staged its part of what may still be caused: a
// quarter, so that there is some left for others. It fails with Refused when there
// is nothing left. What is nobody's run's may cause as much as comes from outside.
func (c *Cause) share() (Cause, error) {
	if c == nil {
		return Cause{Left: maxCaused - 1}, nil
	}
	if c.Left <= 0 {
		return Cause{}, caps.Refuse(caps.Refused, "not run: the message that caused it, by what it caused, has caused too many runs")
	}
	part := max(1, c.Left/4)
	c.Left -= part
	return Cause{Left: part - 1, Depth: c.Depth}, nil
}

// depth is what a letter tells of how it came about.
func (c *Cause) depth() uint8 {
	if c == nil {
		return 0
	}
	return c.Depth
}

// stageWake has the agent's chain run on the letter, after the commit. Where it
// is not to run, the journal says why, and the letter is there all the same.
func (x *txn) stageWake(ctx context.Context, to *caps.Agent, n uint64, from caps.ID, depth uint8) error {
	box, err := x.box(ctx, to.Number)
	if err != nil || box.Wake == nil {
		return err
	}
	var cause Cause
	why := x.mayWake(from, depth)
	if why == nil {
		cause, why = x.cause.share()
	}
	if why != nil {
		return x.journalFailure(ctx, to, "wake", 0, map[string]any{"number": n, "from": from}, why.Error())
	}
	cause.Depth = 0 // the letter tells
	return x.stage(OutboxWake, Wake{Agent: to.Number, Number: n, Cause: cause})
}

// mayWake refuses a run that is one of too many.
func (x *txn) mayWake(from caps.ID, depth uint8) error {
	most := x.p.limits.NodeWakes
	switch {
	case depth > maxDepth:
		return caps.Refuse(caps.Refused, "not run: more than %d runs have answered each other with no one in between", maxDepth)
	case from.Node != x.p.node && !x.p.rates.take(from.Node, x.Time(), most):
		return caps.Refuse(caps.Refused, "not run: messages of the sender's node have caused %d runs in this minute", most)
	}
	return nil
}

// wakeRates counts what other nodes' letters wake in the minute that it is. An
// action that is run again counts again: the bound is one of load, not of rights.
type wakeRates struct {
	mu     sync.Mutex // guards the rest
	minute int64
	taken  map[caps.Key]int // of nodes that have delivered something in the minute
}

// take counts one run, and tells whether there may be one more.
func (r *wakeRates) take(node caps.Key, at time.Time, most int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if minute := at.Unix() / 60; r.taken == nil || minute != r.minute {
		r.minute, r.taken = minute, map[caps.Key]int{}
	}
	if r.taken[node] >= most {
		return false
	}
	r.taken[node]++
	return true
}
