package mail

import (
	"context"
	"encoding/json"
	"sync"
	"time"
)

// A run that mail wakes can mail, and wake another one. Within the vat each
// message from outside has a number of runs that it may cause (Call.Left). Over
// several vats no one counts for all, so there are two bounds more: a message tells
// how many runs stand between it and what somebody did by hand, and what another
// node's messages wake is counted by the minute, for that node may not tell.

// maxAuto is how many runs may stand before a message that wakes another one.
const maxAuto = 8

// stageWake has the agent's chain run on the message, after the commit. Where it
// is not to run, the log says why, and the message is there all the same.
func (x *act) stageWake(ctx context.Context, to *agent, n uint64, from ID, auto uint8) error {
	box, err := x.box(ctx, to.seat)
	if err != nil || box.Wake == nil {
		return err
	}
	left := -1
	why := x.mayWake(from, auto)
	if why == nil {
		if left = x.share(); left < 0 {
			why = tooFar()
		}
	}
	if why != nil {
		return x.logFailure(ctx, to, "wake", 0, map[string]any{"number": n, "from": from}, why.Error())
	}
	payload, err := json.Marshal(Wake{Seat: to.seat, Number: n, Left: left})
	if err != nil {
		return err
	}
	x.stages = append(x.stages, stagedRow{OutboxWake, payload})
	return nil
}

// mayWake refuses a run that is one of too many.
func (x *act) mayWake(from ID, auto uint8) error {
	most := x.p.limits.NodeWakes
	switch {
	case auto > maxAuto:
		return refusal(Refused, "not run: more than %d runs have answered each other with no one in between", maxAuto)
	case from.Node != x.p.node && !x.p.rates.take(from.Node, x.at, most):
		return refusal(Refused, "not run: messages of the sender's node have caused %d runs in this minute", most)
	}
	return nil
}

// wakeRates counts what other nodes' messages wake in the minute that it is. An
// action that is run again counts again: the bound is one of load, not of rights.
type wakeRates struct {
	mu     sync.Mutex
	minute int64
	taken  map[Key]int // of nodes that have delivered something in the minute
}

// take counts one run, and tells whether there may be one more.
func (r *wakeRates) take(node Key, at time.Time, most int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if minute := at.Unix() / 60; r.taken == nil || minute != r.minute {
		r.minute, r.taken = minute, map[Key]int{}
	}
	if r.taken[node] >= most {
		return false
	}
	r.taken[node]++
	return true
}
