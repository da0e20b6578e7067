package mail

import (
	"context"
	"errors"

	"qvat/host/caps"
	"qvat/host/store"
)

// txn is one action of an agent, or of the post itself, in a transaction: what it
// does with what is held, and with letters. It is for one goroutine.
type txn struct {
	*caps.Txn
	p     *Post
	tx    store.Tx
	who   *caps.Agent        // who acts; nil for the post itself
	cause *Cause             // of the run that acts; nil: none
	boxes map[string]*boxRow // those that it changes, by agent number
	order []string           // their numbers, as they were read
}

// begin begins an action.
func (p *Post) begin(o caps.TxnOptions, who *caps.Agent, cause *Cause) *txn {
	x := &txn{p: p, tx: o.Tx, who: who, cause: cause, boxes: map[string]*boxRow{}}
	o.Accounts = x
	x.Txn = p.caps.Txn(o)
	return x
}

// update runs an action in a transaction of its own, again when it lost a conflict.
func (p *Post) update(ctx context.Context, who *caps.Agent, work func(x *txn) error) error {
	var x *txn
	err := store.Update(ctx, p.o.Store, func(tx store.Tx) error {
		x = p.begin(caps.TxnOptions{Tx: tx, At: p.o.Now()}, who, nil)
		return x.do(ctx, work)
	})
	if err != nil {
		return plainError(err)
	}
	p.caps.Committed(x.Txn)
	return nil
}

// ask gives what an action finds out or makes; act is what does it.
func ask[T any](ctx context.Context, act func(context.Context, func(x *txn) error) error, work func(x *txn) (T, error)) (answer T, err error) {
	err = act(ctx, func(x *txn) error {
		answer, err = work(x)
		return err
	})
	return answer, err
}

// act does an action of the post's own.
func (p *Post) act(ctx context.Context, work func(x *txn) error) error {
	return p.update(ctx, nil, work)
}

// do does the work, and writes what that has changed in boxes.
func (x *txn) do(ctx context.Context, work func(x *txn) error) error {
	if err := work(x); err != nil {
		return err
	}
	for _, number := range x.order {
		if err := x.Put(ctx, tableBox, number, x.boxes[number]); err != nil {
			return err
		}
	}
	return nil
}

// plainError gives the store's limits as refusals; other errors stay.
func plainError(err error) error {
	var limit *store.LimitError
	if errors.As(err, &limit) {
		return caps.Refuse(caps.Full, "%s", limit.Error())
	}
	return err
}

// box gives an agent's box, to be changed. An action that changes two must ask
// for both at once, so that all take them in one order.
func (x *txn) box(ctx context.Context, number string) (*boxRow, error) {
	if b := x.boxes[number]; b != nil {
		return b, nil
	}
	b := &boxRow{}
	if _, err := x.Find(ctx, tableBox, number, b); err != nil {
		return nil, err
	}
	x.boxes[number] = b
	x.order = append(x.order, number)
	return b, nil
}

// peekBox gives an agent's box as it is now, to be looked at.
func (x *txn) peekBox(ctx context.Context, number string) (box boxRow, err error) {
	if b := x.boxes[number]; b != nil {
		return *b, nil
	}
	_, err = x.Find(ctx, tableBox, number, &box)
	return box, err
}

// boxesOf reads the boxes of two agents in the order that all keep.
func (x *txn) boxesOf(ctx context.Context, a, b string) error {
	for _, number := range []string{min(a, b), max(a, b)} {
		if _, err := x.box(ctx, number); err != nil {
			return err
		}
	}
	return nil
}

// stage stages a run, which the post makes after the commit.
func (x *txn) stage(kind string, v any) error {
	payload, err := caps.EncodeJSON(v)
	if err != nil {
		return err
	}
	x.NotifyLater(topicRuns)
	return x.tx.Stage(kind, payload)
}

// The topics of package caps' subscribers.
const (
	topicQueue = "queue" // something has come into the queue, or is no longer at work there
	topicRuns  = "runs"  // a run was staged, or is over
)

// topicMail is the topic of an agent's mailbox.
func topicMail(number string) string { return "mail/" + number }
