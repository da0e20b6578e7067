package runtime

import (
	"context"
	"errors"
	"strconv"
	"time"

	"qvat/chains"
)

// Message is what a turn runs.
type Message struct {
	// Chain is the verified chain: its programs, and who signed each.
	Chain chains.Verified
	// Program finds a program's text by hash. It answers for every program
	// that the chain names or requires; a require that is computed at run time
	// finds what it answers for.
	Program func(context.Context, chains.Hash) (chains.Program, bool, error)
	// Input is the JSON that the last program gets; empty is undefined.
	Input []byte
	// Slots, where they are not nil, let capabilities cross: Input is then data
	// with slots, as [Slots] has it, and so is the result.
	Slots Slots
	// Fuel is what the message may burn at the most, where that is less than
	// what any may; 0 is that.
	Fuel int64
	// Powers are the granted modules, opened for this message, by name. One
	// that is missing throws when it is called.
	Powers map[string]Power
	// Log gets console output; nil drops it.
	Log func(LogLine)
}

// LogLine is a line that a program wrote to its console.
type LogLine struct {
	Level   string // "info", "warn" or "error"
	Program string // hash
	Text    string
}

// Outcome is what a turn cost, and its result.
type Outcome struct {
	// Result is the JSON of what the root program returned; nil is undefined,
	// and is what every failed turn has.
	Result []byte
	// Fuel is what the message burnt. It is the same for the same message and
	// the same answers of its powers.
	Fuel int64
	// Memory is the bytes of linear memory that its instance had at the end.
	Memory int64
}

var errHostCalls = stopError("too many host calls")

// hostCallFuel is what a call of a power costs, beside its bytes.
const hostCallFuel = 500

// turn is a message under way in an instance.
type turn struct {
	e       *Engine
	m       Message
	fuel    int64 // that it may burn
	in      *instance
	entries entries
	calls   int
	logged  int

	loading *loading // while the root program is evaluated

	done    bool
	result  []byte
	failure *Failure

	later      chan laterAnswer
	powerCtx   context.Context // see timed
	stopPowers context.CancelFunc
	waiting    int
	nextID     int
}

type laterAnswer struct {
	id   int
	json []byte
	err  error
}

// Turn runs a message to its end in a fresh instance. The error is a *Failure
// where the fault is its programs', the power's own error where one ended the
// turn, and ctx's where that ended. The outcome tells the cost in each case.
func (e *Engine) Turn(ctx context.Context, m Message) (_ Outcome, err error) {
	p := e.use()
	state, seen := p.prepared.find(ctx, m)
	if state == nil {
		state = &prepared{}
	}
	in, err := p.take(ctx, state.patch)
	if err != nil {
		return Outcome{}, err
	}
	sound := false
	defer func() { err = errors.Join(err, p.give(context.WithoutCancel(ctx), in, sound)) }()

	limits := e.limits
	if m.Fuel > 0 {
		limits.Fuel = min(limits.Fuel, m.Fuel)
	}
	in.setFuel(limits.Fuel, time.Now().Add(limits.Time))
	// The stack grows down to address 0, where it traps: who starts lower has
	// less of it.
	in.sp.Set(p.img.stackPointer - uint64(MaxStack-limits.Stack)&^15)
	t := &turn{e: e, m: m, fuel: limits.Fuel, in: in, entries: p.img.entries}
	in.host = t.answer

	in.spend(state.fuel)
	within := &frame{ctx, in}
	if len(state.programs) == 0 {
		err = t.prepare(within, p, seen)
	}
	if err == nil {
		err = t.run(within)
	}
	if t.stopPowers != nil {
		t.stopPowers()
	}
	out := Outcome{Fuel: in.burnt(), Memory: int64(in.mem.size)}
	if err != nil {
		err = in.failed(err, limits)
		var f *Failure
		if errors.As(err, &f) && f.Reason == OutOfFuel {
			// All of it is gone, however much the last step asked for.
			out.Fuel = limits.Fuel
		}
		return out, err
	}
	sound = true
	switch {
	case t.failure != nil:
		return out, t.failure
	case !t.done:
		return out, &Failure{Reason: NeverSettled, Message: "the message ended with its result still pending"}
	}
	out.Result = t.result
	return out, nil
}

// run starts the root program, which has been prepared, and then works off the
// kernel's jobs until the root's promise has settled and no power owes an answer.
func (t *turn) run(ctx context.Context) error {
	others := t.in.fixed.undefined // the hashes of the other links
	if n := t.m.Chain.Len(); n > 1 {
		hashes := make([]byte, 0, 64*(n-1))
		for i := 1; i < n; i++ {
			hashes = append(hashes, t.m.Chain.Program(i).String()...)
		}
		var err error
		if others, err = t.in.newString(ctx, hashes); err != nil {
			return err
		}
	}
	args, err := t.input(ctx, others)
	if err != nil {
		return err
	}
	if _, err := t.in.call(ctx, t.entries.start, args...); err != nil {
		return err
	}
	for {
		if err := t.jobs(ctx); err != nil {
			return err
		}
		if t.waiting == 0 {
			return nil
		}
		if err := t.await(ctx); err != nil {
			return err
		}
	}
}

// input adds the message's input to what start is called with: as JSON, or as the
// text that it stands for where it is no more than that. (An interpreter is slow
// at taking the escapes out of a long text, and a text is what JSON within JSON
// is.) One that may hold slots goes in a place of its own.
func (t *turn) input(ctx context.Context, args ...value) ([]value, error) {
	none := t.in.fixed.undefined
	if t.m.Slots != nil {
		v, err := t.in.newString(ctx, t.m.Input)
		return append(args, none, none, v), err
	}
	if len(t.m.Input) == 0 {
		return append(args, none, none), nil
	}
	if text, ok := plainText(t.m.Input); ok {
		t.in.spend(int64(len(text)) / bytesPerFuel)
		v, err := t.in.newString(ctx, text)
		return append(args, none, v), err
	}
	v, err := t.in.newString(ctx, t.m.Input)
	return append(args, v, none), err
}

// over tells whether the result is there, and no power owes an answer.
func (t *turn) over() bool { return (t.done || t.failure != nil) && t.waiting == 0 }

func (t *turn) jobs(ctx context.Context) error {
	for !t.over() {
		pending, err := t.in.do(ctx, t.in.qjs.jobPending)
		if err != nil {
			return err
		}
		if uint32(pending) == 0 {
			return nil
		}
		rc, err := t.in.do(ctx, t.in.qjs.job)
		if err != nil {
			return err
		}
		if int32(uint32(rc)) < 0 {
			// A job that throws: none of the kernel's does, and those of
			// promises catch what programs throw.
			return errors.New("a job of the engine's failed")
		}
	}
	return nil
}

// await waits for one answer that a power owes, and settles its promise.
func (t *turn) await(ctx context.Context) error {
	select {
	case <-t.powerCtx.Done():
		return t.powersEnded(ctx)
	case a := <-t.later:
		t.waiting--
		if t.powerCtx.Err() != nil {
			return t.powersEnded(ctx) // its answer may be no more than that
		}
		text, err := reply(a.json, a.err)
		if err != nil {
			t.in.fuel.stopped = err
			return err
		}
		id, err := t.in.newString(ctx, []byte(strconv.Itoa(a.id)))
		if err != nil {
			return err
		}
		v, err := t.in.newString(ctx, text)
		if err != nil {
			return err
		}
		_, err = t.in.call(ctx, t.entries.settlePending, id, v)
		return err
	}
}

// powersEnded says why the powers' context is over: the sender's is, or the message's
// time.
func (t *turn) powersEnded(ctx context.Context) error {
	t.in.fuel.stopped = ctx.Err()
	if t.in.fuel.stopped == nil {
		t.in.fuel.stopped = errOutOfTime
	}
	return t.in.fuel.stopped
}
