package mail

import (
	"context"
	"slices"

	"qvat/host/caps"
	"qvat/host/mail/letter"
)

// Request asks somebody for a thing. name, which may be "", leads to a promise
// from now on, and to the thing when the request has been resolved, as do other
// names that the promise has got meanwhile. It is gone when the request has been
// rejected.
func (a *Agent) Request(ctx context.Context, to, what, name string) (Sent, error) {
	return ask(ctx, a.act, func(x *txn) (Sent, error) {
		target, err := x.recipient(ctx, to)
		if err != nil {
			return Sent{}, err
		}
		f := caps.Formula{Type: caps.TypePromise, State: caps.StateNew}
		var promise caps.ID
		if name == "" {
			promise, err = x.Make(ctx, a.who, f)
		} else {
			promise, err = x.create(ctx, name, f)
		}
		if err != nil {
			return Sent{}, err
		}
		b := letter.Body{Kind: letter.KindRequest, What: what}
		return x.post(ctx, outgoing{to: target, body: b, promise: (*caps.Number)(&promise.Number), action: "request", as: to})
	})
}

// Resolve grants a request: what name leads to is sent to who asked.
func (a *Agent) Resolve(ctx context.Context, number uint64, name string) error {
	return a.act(ctx, func(x *txn) error {
		r, err := x.resolveToMail(ctx, name)
		if err != nil {
			return err
		}
		b := letter.Body{Kind: letter.KindValue, Edges: []string{letter.EdgeValue}, IDs: []caps.ID{r.ID}, Types: []caps.Type{r.Type}}
		return x.settle(ctx, number, "resolve", caps.StateResolved, b)
	})
}

// Reject refuses a request; why may be "".
func (a *Agent) Reject(ctx context.Context, number uint64, why string) error {
	return a.act(ctx, func(x *txn) error {
		return x.settle(ctx, number, "reject", caps.StateRejected, letter.Body{Kind: letter.KindValue, Why: why})
	})
}

// settle answers a request that is still new.
func (x *txn) settle(ctx context.Context, n uint64, action string, state caps.State, b letter.Body) error {
	row, asked, err := x.mailBody(ctx, x.who, n)
	if err != nil {
		return err
	}
	switch {
	case asked.Kind != letter.KindRequest:
		return caps.Refuse(caps.Wrong, "message %d is a %s, not a request", n, asked.Kind)
	case !row.In:
		return caps.Refuse(caps.Refused, "message %d is your own request: who was asked answers it", n)
	case row.State != caps.StateNew:
		return caps.Refuse(caps.Refused, "request %d has been %s already", n, row.State)
	}
	b.ReplyTo = &row.ID
	if _, err := x.post(ctx, outgoing{to: row.From, body: b, thread: &row.Thread, action: "answer"}); err != nil {
		return err
	}
	// A request to oneself was changed by its answer's delivery, but its copy
	// that came was not.
	row.State, row.Why = state, b.Why
	if err := x.noLongerNew(ctx, x.who, row); err != nil {
		return err
	}
	if err := x.setMail(ctx, x.who, n, row); err != nil {
		return err
	}
	return x.journal(ctx, x.who, action, n, map[string]uint64{"number": n})
}

// asked finds the request that an answer is for. It refuses an answer from
// somebody else than who was asked, and a second one.
func (x *txn) asked(ctx context.Context, owner *caps.Agent, m letter.Sealed, b letter.Body) (*mailRow, uint64, error) {
	row, n, err := x.own(ctx, owner, *b.ReplyTo)
	if err != nil {
		return nil, 0, err
	}
	if row == nil || row.Promise == nil || row.To != m.From {
		return nil, 0, caps.Refuse(caps.Refused, "the answer is for a request that was not made of who answers")
	}
	if row.Settled {
		return nil, 0, caps.Refuse(caps.Refused, "the request has been answered or taken back already")
	}
	return row, n, nil
}

// answered settles the agent's own request with an answer that was admitted.
func (x *txn) answered(ctx context.Context, owner *caps.Agent, m letter.Sealed, b letter.Body) error {
	row, n, err := x.asked(ctx, owner, m, b)
	if err != nil {
		return err
	}
	if len(b.IDs) == 1 {
		return x.settleOwn(ctx, owner, n, *row, caps.StateResolved, &caps.Ref{ID: b.IDs[0], Type: b.Types[0]}, "")
	}
	return x.settleOwn(ctx, owner, n, *row, caps.StateRejected, nil, b.Why)
}

// settleOwn notes what has become of an agent's own request, and has the names
// of its promise follow.
func (x *txn) settleOwn(ctx context.Context, owner *caps.Agent, n uint64, row mailRow, state caps.State, answer *caps.Ref, why string) error {
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
		if err := x.Hold(ctx, answer.ID, mailHolder(mailKey(owner.Number, n))); err != nil {
			return err
		}
	}
	if err := x.Settle(ctx, x.p.id(*row.Promise), state, answer, why); err != nil {
		return err
	}
	return x.journal(ctx, owner, string(state), n, map[string]uint64{"number": n})
}

// Wait waits until a request of the agent's own, by the id that Request gave, is
// resolved or rejected, and gives it as it then is: State tells which, IDs holds
// the answer as the edge "value", Why the reason of a refusal. A request that
// was cancelled is rejected.
func (a *Agent) Wait(ctx context.Context, message [32]byte) (Message, error) {
	if err := a.alone("Wait"); err != nil {
		return Message{}, err
	}
	look := func(ctx context.Context) ([]Message, bool, error) {
		m, err := ask(ctx, a.act, func(x *txn) (Message, error) {
			row, n, err := x.own(ctx, a.who, message)
			if err != nil {
				return Message{}, err
			}
			if row == nil || row.Promise == nil {
				return Message{}, caps.Refuse(caps.NotFound, "there is no request with this id")
			}
			return row.message(n)
		})
		return []Message{m}, false, err
	}
	for m, err := range caps.Follow(ctx, &a.p.caps.Subscribers, topicMail(a.who.Number), look) {
		if err != nil || slices.Contains([]State{caps.StateResolved, caps.StateRejected, StateDismissed}, m.State) {
			return m, err
		}
	}
	return Message{}, ctx.Err()
}
