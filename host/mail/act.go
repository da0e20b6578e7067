package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"qvat/host/store"
)

// act is one action: what it does in its transaction, and what is to happen
// when that has committed. It is for one goroutine.
type act struct {
	p    *Post
	tx   store.Tx
	who  *agent // who acts; nil for the post itself
	at   time.Time
	made map[string]*agent // agents that it has made or read, by seat

	boxes  map[string]*boxRow // those that it changes, by seat
	order  []string           // their seats
	touch  []string           // what followers are told of
	rouse  bool               // something has come into the queue, or left it
	stages []stagedRow
	woke   bool   // some have been staged
	left   *int   // see Inside.During
	auto   uint8  // the same
	draws  *draws // what is random in it; nil: chance
}

type stagedRow struct {
	kind    string
	payload []byte
}

// run runs an action in a transaction of its own, again when it lost a conflict.
func (p *Post) run(ctx context.Context, who *agent, f func(x *act) error) error {
	var x *act
	err := store.Update(ctx, p.o.Store, func(tx store.Tx) error {
		x = p.newAct(who)
		x.tx = tx
		if err := f(x); err != nil {
			return err
		}
		return x.flush(ctx)
	})
	if err != nil {
		return plainError(err)
	}
	p.done(x)
	return nil
}

func (p *Post) newAct(who *agent) *act {
	return &act{p: p, who: who, at: p.o.Now(), made: map[string]*agent{}, boxes: map[string]*boxRow{}}
}

// done is for when an action has committed.
func (p *Post) done(x *act) {
	p.remember(x.made)
	for _, what := range x.touch {
		p.hub.tell(what)
	}
	if x.rouse {
		signal(p.queued)
	}
	if x.woke {
		signal(p.woken)
	}
}

// plainError gives the store's limits as refusals; other errors stay.
func plainError(err error) error {
	var limit *store.LimitError
	if errors.As(err, &limit) {
		return refusal(Full, "%s", limit.Error())
	}
	return err
}

// flush writes what the action has collected.
func (x *act) flush(ctx context.Context) error {
	for _, seat := range x.order {
		if err := x.put(ctx, tableBox, seat, x.boxes[seat]); err != nil {
			return err
		}
	}
	x.woke = x.woke || len(x.stages) > 0
	for _, s := range x.stages {
		if err := x.tx.Stage(s.kind, s.payload); err != nil {
			return err
		}
	}
	x.stages = nil
	return nil
}

// find reads a row into v and tells whether it is there.
func (x *act) find(ctx context.Context, table, key string, v any) (bool, error) {
	b, ok, err := x.tx.Get(ctx, table, key)
	if err != nil || !ok {
		return false, err
	}
	return true, decodeRow(table, key, b, v)
}

// decodeRow reads a row's value. That it does not fit is damage.
func decodeRow(table, key string, b []byte, v any) error {
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("row %s of %s is damaged: %w", key, table, err)
	}
	return nil
}

// put writes a row.
func (x *act) put(ctx context.Context, table, key string, v any) error {
	b, err := encodeJSON(v)
	if err != nil {
		return fmt.Errorf("write row %s of %s: %w", key, table, err)
	}
	return x.set(ctx, table, key, b)
}

// present is the value of rows that are only there.
var present = []byte("1")

// set writes a row's bytes.
func (x *act) set(ctx context.Context, table, key string, value []byte) error {
	return x.tx.Set(ctx, table, key, value)
}

// drop removes a row and tells whether it was there.
func (x *act) drop(ctx context.Context, table, key string) (bool, error) {
	return x.tx.Delete(ctx, table, key)
}

// box gives an agent's box, to be changed. An action that changes two must ask
// for both at once, so that all take them in one order.
func (x *act) box(ctx context.Context, seat string) (*boxRow, error) {
	if b := x.boxes[seat]; b != nil {
		return b, nil
	}
	b := &boxRow{}
	if _, err := x.find(ctx, tableBox, seat, b); err != nil {
		return nil, err
	}
	x.boxes[seat] = b
	x.order = append(x.order, seat)
	return b, nil
}

// boxesOf reads the boxes of two agents in the order that all keep.
func (x *act) boxesOf(ctx context.Context, a, b string) error {
	if b < a {
		a, b = b, a
	}
	for _, seat := range []string{a, b} {
		if _, err := x.box(ctx, seat); err != nil {
			return err
		}
	}
	return nil
}

// millis is when the action began.
func (x *act) millis() int64 { return x.at.UnixMilli() }

// logWords is how many bytes of a failure's words the log keeps.
const logWords = 2000

// log adds an entry to an agent's log. message is the number of the message
// whose state changed, 0 for none.
func (x *act) log(ctx context.Context, who *agent, action string, message uint64, detail any) error {
	return x.logFailure(ctx, who, action, message, detail, "")
}

// logFailure is log with the words of a failure.
func (x *act) logFailure(ctx context.Context, who *agent, action string, message uint64, detail any, failure string) error {
	box, err := x.box(ctx, who.seat)
	if err != nil {
		return err
	}
	text, err := encodeJSON(detail)
	if err != nil {
		return fmt.Errorf("log %s: %w", action, err)
	}
	if len(failure) > logWords {
		failure = strings.ToValidUTF8(failure[:logWords], "") + "…"
	}
	box.Log++
	if old := int64(box.Log) - int64(x.p.limits.LogCount); old > 0 {
		if _, err := x.drop(ctx, tableLog, mailKey(who.seat, uint64(old))); err != nil {
			return err
		}
	}
	if message != 0 {
		x.touch = append(x.touch, hearMail(who.seat))
	}
	return x.put(ctx, tableLog, mailKey(who.seat, box.Log), logRow{
		At: x.millis(), Action: action, Message: message, Detail: text, Error: failure,
	})
}

// Inside is the post within a transaction of somebody else's: what its agents
// do is part of it, and is there when it commits. A call that fails has done
// nothing; the transaction can go on. It is for one goroutine at a time.
type Inside struct {
	p    *Post
	tx   store.Tx
	done []*act
	made map[string]*agent
	left *int      // see During
	auto uint8     // the same
	at   time.Time // the same; zero: the post's own time
	rand *draws    // see Draw; nil: chance
}

// In gives the post within a transaction.
func (p *Post) In(tx store.Tx) *Inside {
	return &Inside{p: p, tx: tx, made: map[string]*agent{}}
}

// run runs an action in the transaction, of which it leaves nothing when it
// fails.
func (in *Inside) run(ctx context.Context, who *agent, f func(x *act) error) error {
	x := in.p.newAct(who)
	x.tx, x.made, x.left, x.auto = in.tx, maps.Clone(in.made), in.left, in.auto
	x.draws = in.rand
	if !in.at.IsZero() {
		x.at = in.at
	}
	err := in.tx.Savepoint(ctx, func() error {
		if err := f(x); err != nil {
			return err
		}
		return x.flush(ctx)
	})
	if err != nil {
		return plainError(err)
	}
	in.made = x.made
	in.done = append(in.done, x)
	return nil
}

// Committed is to be called when the transaction has committed: followers hear
// of what was done, and what is for other nodes leaves. Without it they hear
// with the next thing that happens.
func (in *Inside) Committed() {
	for _, x := range in.done {
		in.p.done(x)
	}
	in.done = nil
}

// Agent gives an agent by the owner's name or the identifier of its handle. Its
// actions are the transaction's. It cannot follow or wait.
func (in *Inside) Agent(ctx context.Context, name string) (*Agent, error) {
	var found *agent
	err := in.run(ctx, nil, func(x *act) (err error) {
		found, err = x.agentByName(ctx, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &Agent{p: in.p, who: found, in: in}, nil
}

// Agent is one agent of the vat. Its methods may be called from any goroutine.
//
// Each is one transaction with an entry in the agent's log, and is on the disk
// when it returns. One that fails has done nothing. They fail with an [*Error],
// with ctx's error, or with the store's.
//
// Where a name is asked for, a path of pet names from the agent's own directory
// (friends.bob), a special name, an identifier or a locator will do; a name that
// is to be made is a path, whose directory exists and does not have it yet.
type Agent struct {
	p   *Post
	who *agent
	in  *Inside // nil: each action has a transaction of its own
}

// do runs an action of the agent.
func (a *Agent) do(ctx context.Context, f func(x *act) error) error {
	if a.in != nil {
		return a.in.run(ctx, a.who, f)
	}
	return a.p.run(ctx, a.who, f)
}

// alone refuses what waits, within somebody else's transaction.
func (a *Agent) alone(what string) error {
	if a.in != nil {
		return refusal(Refused, "%s waits for others, which a transaction cannot", what)
	}
	return nil
}
