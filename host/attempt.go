package host

import (
	"context"
	"encoding/json"
	"time"

	"qvat/host/mail"
	"qvat/host/powers"
	"qvat/host/store"
	"qvat/runtime"
)

// attempt is one run of a message, in a transaction of its own.
type attempt struct {
	vat       *Vat
	message   *message
	exclusive bool

	started time.Time
	took    time.Duration
	out     runtime.Outcome
	logged  powers.Lines
	console console
}

// do runs the message and commits. After an error nothing was kept.
func (a *attempt) do(ctx context.Context) error {
	tx, err := a.run(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := tx.Commit(ctx, a.record(tx.effects)); err != nil {
		return err
	}
	tx.post.Committed()
	if tx.files {
		// The sender's next message is to find the files changed. What fails
		// here stays in the outbox, which is tried again.
		if err := a.vat.applyFiles(context.WithoutCancel(ctx)); err != nil {
			a.vat.log.Warn("changes of files wait", "message", a.message.id, "err", err)
		}
	}
	return nil
}

// run holds one of the places for messages that run at once. The commit, which
// waits for the disk, needs none.
func (a *attempt) run(ctx context.Context) (*watched, error) {
	if err := a.vat.gate.enter(ctx); err != nil {
		return nil, err
	}
	defer a.vat.gate.leave()
	if a.message.library == nil {
		var err error
		if a.message.library, err = a.message.programs(ctx); err != nil {
			return nil, err
		}
	}
	a.started = time.Now()
	tx, err := a.begin(ctx)
	if err != nil {
		return nil, err
	}
	ran := false
	defer func() {
		// Also where a panic passes: an exclusive transaction that stays open
		// would stop the vat.
		if !ran {
			tx.Rollback()
		}
	}()
	tx.post = a.inside(tx)
	slots := a.slots(tx.post)
	m := runtime.Message{
		Chain:   a.message.chain,
		Program: a.message.library.program,
		Input:   a.message.input,
		Powers: a.vat.openPowers(powers.Message{
			Tx: tx, ID: a.message.id, Chain: a.message.chain, Arrived: a.message.arrived,
			Recorder: a.message.recorder, Lines: &a.logged, Post: tx.post, Slots: slots,
		}),
		Log: a.console.add,
	}
	if slots != nil {
		m.Slots, m.Fuel = slotted{slots}, a.message.call.Fuel
	}
	a.out, err = a.vat.engine.Turn(ctx, m)
	a.took = time.Since(a.started)
	if err == nil {
		err = a.finishCall(ctx, tx.post, slots)
	}
	if err != nil {
		return nil, err
	}
	ran = true
	return tx, nil
}

func (a *attempt) begin(ctx context.Context) (*watched, error) {
	begin := a.vat.store.Begin
	if a.exclusive {
		begin = a.vat.store.BeginExclusive
	}
	tx, err := begin(ctx)
	if err != nil {
		return nil, err
	}
	return &watched{Tx: tx, exclusive: a.exclusive}, nil
}

// record is what is kept of a message that succeeds: of one that changed
// nothing and was told nothing, nothing, unless it must not run twice.
func (a *attempt) record(effects bool) *store.Record {
	recorded := a.message.recorder.Bytes()
	if !effects && recorded == nil && !a.message.once {
		return nil
	}
	u := a.used()
	return &store.Record{
		ID: a.message.id, At: a.message.arrived.UnixMicro(), Result: a.out.Result,
		Fuel: u.fuel, Memory: u.memory, Micros: u.micros, Recorded: recorded, Once: a.message.once,
	}
}

// report writes what the message logged; outcome is the code of its failure.
func (a *attempt) report(outcome string) {
	if a.vat.embed.Observe != nil {
		a.message.said = said{a.console.held, a.logged.All()}
	}
	a.console.flush(a.vat.log, a.message.id, outcome)
	if err := a.logged.Emit(context.Background(), a.vat.log, a.message.id, outcome); err != nil {
		a.vat.log.Error("lines of a message were not logged", "message", a.message.id, "err", err)
	}
}

func (a *attempt) used() used {
	return used{fuel: a.out.Fuel, memory: a.out.Memory, micros: a.took.Microseconds()}
}

// watched is a transaction that notes whether it has effects.
type watched struct {
	store.Tx
	post      *mail.Inside // the vat's agents within it
	exclusive bool
	effects   bool
	files     bool // among them changes of files
}

func (w *watched) Set(ctx context.Context, table, key string, value []byte) error {
	w.effects = true
	return w.Tx.Set(ctx, table, key, value)
}

func (w *watched) Delete(ctx context.Context, table, key string) (bool, error) {
	w.effects = true
	return w.Tx.Delete(ctx, table, key)
}

func (w *watched) Stage(kind string, payload []byte) error {
	w.effects = true
	w.files = w.files || kind == powers.OutboxFiles
	return w.Tx.Stage(kind, payload)
}

// SQL gives SQL that notes the same: what writes runs in an exclusive transaction
// alone.
func (w *watched) SQL() store.SQL {
	w.effects = w.effects || w.exclusive
	return w.Tx.SQL()
}

// quote is a text as JSON.
func quote(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		return nil // a string always has a JSON form
	}
	return b
}
