package mail

import (
	"context"
	"time"

	"qvat/host/caps"
	"qvat/host/store"
)

// Inside is the post within a transaction of somebody else's: what its agents
// do is part of it, and is there when it commits. A call that fails has done
// nothing; the transaction can go on. It is for one goroutine at a time.
type Inside struct {
	p     *Post
	o     caps.TxnOptions
	done  []*caps.Txn // actions that have succeeded
	cause *Cause      // see During
}

// In gives the post within a transaction.
func (p *Post) In(tx store.Tx) *Inside {
	return &Inside{p: p, o: caps.TxnOptions{Tx: tx}}
}

// During says when the invocation arrived whose transaction it is, which is what
// its mail is dated, and of what cause it is; nil: it is from outside. It gives in.
func (in *Inside) During(arrived time.Time, cause *Cause) *Inside {
	in.o.At = arrived
	if cause != nil {
		c := *cause
		in.cause = &c
	}
	return in
}

// Draw has all that is random in the transaction, ids and keys, come of chance,
// which is called for each 32 bytes, in the order in which the same actions always
// ask for them. They must be such that nobody can guess them, and others for each
// transaction that commits. An error of chance ends the action. It gives in.
func (in *Inside) Draw(chance func() ([32]byte, error)) *Inside {
	in.o.Chance = chance
	return in
}

// run runs an action in the transaction, of which it leaves nothing when it
// fails.
func (in *Inside) run(ctx context.Context, who *caps.Agent, work func(x *txn) error) error {
	o := in.o
	if o.At.IsZero() {
		o.At = in.p.o.Now()
	}
	x := in.p.begin(o, who, in.cause)
	if err := o.Tx.Savepoint(ctx, func() error { return x.do(ctx, work) }); err != nil {
		return plainError(err)
	}
	in.o.After = x.Txn
	in.done = append(in.done, x.Txn)
	return nil
}

// act does an action of the post's own in the transaction.
func (in *Inside) act(ctx context.Context, work func(x *txn) error) error {
	return in.run(ctx, nil, work)
}

// Committed is to be called when the transaction has committed: followers hear
// of what was done, and what is for other nodes leaves. Without it they hear
// with the next thing that happens.
func (in *Inside) Committed() {
	for _, x := range in.done {
		in.p.caps.Committed(x)
	}
	in.done = nil
}

// Agent gives an agent by the owner's name or the identifier of its handle. Its
// actions are the transaction's. It cannot follow or wait.
func (in *Inside) Agent(ctx context.Context, name string) (*Agent, error) {
	found, err := ask(ctx, in.act, func(x *txn) (*caps.Agent, error) { return x.AgentByName(ctx, name) })
	if err != nil {
		return nil, err
	}
	return &Agent{p: in.p, who: found, in: in}, nil
}
