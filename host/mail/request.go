package mail

import (
	"context"
	"slices"
	"strings"

	"qvat/host/store"
)

// Request asks somebody for a thing. name, which may be "", leads to a promise
// from now on, and to the thing when the request has been resolved, as do other
// names that the promise has got meanwhile. It is gone when the request has been
// rejected.
func (a *Agent) Request(ctx context.Context, to, what, name string) (sent Sent, err error) {
	err = a.do(ctx, func(x *act) error {
		target, err := x.recipient(ctx, to)
		if err != nil {
			return err
		}
		f := formulaRow{Type: TypePromise, State: StateNew}
		var at place
		if name != "" {
			if at, err = x.walk(ctx, name); err != nil {
				return err
			}
			f.Dir = &at.dir
		}
		promise, err := x.newFormula(ctx, f)
		if err != nil {
			return err
		}
		if name != "" {
			if err := x.bind(ctx, at.dir, at.name, promise, TypePromise); err != nil {
				return err
			}
		}
		n := number(promise.Number)
		b := body{Kind: KindRequest, Date: x.millis(), What: what}
		sent, _, err = x.post(ctx, letter{to: target, body: b, promise: &n, action: "request", as: to})
		return err
	})
	return sent, err
}

// Resolve grants a request: what name leads to is sent to who asked.
func (a *Agent) Resolve(ctx context.Context, number uint64, name string) error {
	return a.do(ctx, func(x *act) error {
		h, err := x.kept(ctx, name)
		if err == nil {
			h, err = x.settled(ctx, h)
		}
		if err == nil {
			err = x.mayGive(h)
		}
		if err != nil {
			return err
		}
		b := body{Kind: KindValue, Date: x.millis(), Edges: []string{edgeValue}, IDs: []ID{h.ID}, Types: []Type{h.Type}}
		return x.settle(ctx, number, StateResolved, b, "")
	})
}

// Reject refuses a request; why may be "".
func (a *Agent) Reject(ctx context.Context, number uint64, why string) error {
	return a.do(ctx, func(x *act) error {
		b := body{Kind: KindValue, Date: x.millis(), Why: why}
		return x.settle(ctx, number, StateRejected, b, why)
	})
}

// settle answers a request that is still new.
func (x *act) settle(ctx context.Context, n uint64, state State, b body, why string) error {
	row, err := x.mail(ctx, x.who, n)
	if err != nil {
		return err
	}
	asked, err := row.body()
	if err != nil {
		return err
	}
	switch {
	case asked.Kind != KindRequest:
		return refusal(Wrong, "message %d is a %s, not a request", n, asked.Kind)
	case !row.In:
		return refusal(Refused, "message %d is your own request: who was asked answers it", n)
	case row.State != StateNew:
		return refusal(Refused, "request %d has been %s already", n, row.State)
	}
	b.ReplyTo = &row.ID
	action := "resolve"
	if state == StateRejected {
		action = "reject"
	}
	if _, _, err := x.post(ctx, letter{to: row.From, body: b, thread: &row.Thread, action: "answer"}); err != nil {
		return err
	}
	// A request to oneself was changed by its answer's delivery, but its copy
	// that came was not.
	row.State, row.Why = state, why
	if err := x.noLongerNew(ctx, x.who, row); err != nil {
		return err
	}
	if err := x.setMail(ctx, x.who, n, row); err != nil {
		return err
	}
	return x.log(ctx, x.who, action, n, map[string]uint64{"number": n})
}

// asked finds the request that an answer is for. It refuses an answer from
// somebody else than who was asked, and a second one.
func (x *act) asked(ctx context.Context, owner *agent, m Sealed, b body) (*mailRow, uint64, error) {
	row, n, err := x.own(ctx, owner, *b.ReplyTo)
	if err != nil {
		return nil, 0, err
	}
	if row == nil || row.Promise == nil || row.To != m.From {
		return nil, 0, refusal(Refused, "the answer is for a request that was not made of who answers")
	}
	if row.Settled {
		return nil, 0, refusal(Refused, "the request has been answered or taken back already")
	}
	return row, n, nil
}

// answered settles the agent's own request with an answer that was admitted.
func (x *act) answered(ctx context.Context, owner *agent, m Sealed, b body) error {
	row, n, err := x.asked(ctx, owner, m, b)
	if err != nil {
		return err
	}
	if len(b.IDs) == 1 {
		return x.settleOwn(ctx, owner, n, *row, StateResolved, &held{b.IDs[0], b.Types[0]}, "")
	}
	return x.settleOwn(ctx, owner, n, *row, StateRejected, nil, b.Why)
}

// settleOwn notes what has become of an agent's own request, and has the names
// of its promise follow.
func (x *act) settleOwn(ctx context.Context, owner *agent, n uint64, row mailRow, state State, answer *held, why string) error {
	if row.State == StateQueued { // an answer tells that it has arrived
		if err := x.dequeue(ctx, owner, n); err != nil {
			return err
		}
	}
	dismissed := row.State == StateDismissed
	row.Settled, row.Answer, row.Why = true, answer, why
	if !dismissed {
		row.State = state
	}
	if err := x.setMail(ctx, owner, n, row); err != nil {
		return err
	}
	if answer != nil && !dismissed {
		if err := x.hold(ctx, answer.ID, below(holderMail, mailKey(owner.seat, n))); err != nil {
			return err
		}
	}
	if err := x.settlePromise(ctx, ID{*row.Promise, x.p.node}, state, answer, why); err != nil {
		return err
	}
	return x.log(ctx, owner, string(state), n, map[string]uint64{"number": n})
}

// settlePromise has a promise be what it was resolved to. It may be gone:
// nobody held it any more.
func (x *act) settlePromise(ctx context.Context, promise ID, state State, answer *held, why string) error {
	var f formulaRow
	there, err := x.find(ctx, tableFormula, number(promise.Number).String(), &f)
	if err != nil || !there || f.State != StateNew {
		return err
	}
	f.State, f.Why = state, why
	if answer != nil {
		f.Holds = []held{*answer}
		if err := x.keepFor(ctx, promise, answer.ID); err != nil {
			return err
		}
	}
	if err := x.putFormula(ctx, promise, f); err != nil {
		return err
	}
	places, err := x.namesOf(ctx, promise)
	if err != nil {
		return err
	}
	for _, at := range places {
		switch {
		case answer != nil:
			err = x.relead(ctx, at.dir, at.name, *answer)
		case f.Dir != nil && at.dir == *f.Dir:
			_, err = x.unbind(ctx, at.dir, at.name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// namesOf gives the names of something, in all directories; the first maxFollow
// of them.
func (x *act) namesOf(ctx context.Context, id ID) ([]place, error) {
	prefix := below(x.p.heldKey(id), holderName+"/")
	entries, err := x.tx.Entries(ctx, tableHeld, store.EntriesQuery{Prefix: prefix, Limit: maxFollow})
	if err != nil {
		return nil, err
	}
	var places []place
	for _, e := range entries {
		dir, name, _ := strings.Cut(e.Key[len(prefix):], "/")
		n, err := parseNumber(dir)
		if err != nil {
			return nil, err
		}
		places = append(places, place{dir: n, name: name})
	}
	return places, nil
}

// maxFollow is how many names of a promise follow it to what it was resolved to.
// The others go on leading to the promise, which tells.
const maxFollow = 100

// Wait waits until a request of the agent's own, by the id that Request gave, is
// resolved or rejected, and gives it as it then is: State tells which, IDs holds
// the answer as the edge "value", Why the reason of a refusal. A request that
// was cancelled is rejected.
func (a *Agent) Wait(ctx context.Context, message [32]byte) (m Message, err error) {
	if err := a.alone("Wait"); err != nil {
		return m, err
	}
	changed, stop := a.p.hub.listen(hearMail(a.who.seat))
	defer stop()
	for {
		err := a.do(ctx, func(x *act) error {
			row, n, err := x.own(ctx, a.who, message)
			if err != nil {
				return err
			}
			if row == nil || row.Promise == nil {
				return refusal(NotFound, "there is no request with this id")
			}
			m, err = row.message(n)
			return err
		})
		if err != nil {
			return m, err
		}
		if slices.Contains([]State{StateResolved, StateRejected, StateDismissed}, m.State) {
			return m, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return m, ctx.Err()
		}
	}
}
