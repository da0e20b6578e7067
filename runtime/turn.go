package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

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
	in      *instance
	entries entries
	calls   int
	logged  int

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
	in, p, err := e.take(ctx)
	if err != nil {
		return Outcome{}, err
	}
	sound := false
	defer func() { err = errors.Join(err, p.give(context.WithoutCancel(ctx), in, sound)) }()

	in.fill(e.limits.Fuel, time.Now().Add(e.limits.Time))
	// The stack grows down to address 0, where it traps: who starts lower has
	// less of it.
	in.sp.Set(p.img.stackPointer - uint64(MaxStack-e.limits.Stack)&^15)
	t := &turn{e: e, m: m, in: in, entries: p.img.entries}
	in.host = t.answer

	err = t.run(&frame{ctx, in})
	if t.stopPowers != nil {
		t.stopPowers()
	}
	out := Outcome{Fuel: in.burnt(), Memory: int64(in.mem.size)}
	if err != nil {
		err = in.failed(err, e.limits)
		var f *Failure
		if errors.As(err, &f) && f.Reason == OutOfFuel {
			// All of it is gone, however much the last step asked for.
			out.Fuel = e.limits.Fuel
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

// run calls the kernel and then works off its jobs until the root's promise
// has settled and no power owes an answer.
func (t *turn) run(ctx context.Context) error {
	hashes := make([]byte, 0, 64*t.m.Chain.Len())
	for i := range t.m.Chain.Len() {
		hashes = append(hashes, t.m.Chain.Program(i).String()...)
	}
	args := make([]value, 1, 2)
	var err error
	if args[0], err = t.in.newString(ctx, hashes); err != nil {
		return err
	}
	if len(t.m.Input) > 0 {
		input, err := t.in.newString(ctx, t.m.Input)
		if err != nil {
			return err
		}
		args = append(args, input)
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

// settled tells whether the message is over.
func (t *turn) settled() bool { return (t.done || t.failure != nil) && t.waiting == 0 }

func (t *turn) jobs(ctx context.Context) error {
	for !t.settled() {
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
		return t.ended(ctx)
	case a := <-t.later:
		t.waiting--
		if t.powerCtx.Err() != nil {
			return t.ended(ctx) // its answer may be no more than that
		}
		text, err := reply(a.json, a.err)
		if err != nil {
			t.in.tank.stopped = err
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

// ended says why the powers' context is over: the sender's is, or the message's
// time.
func (t *turn) ended(ctx context.Context) error {
	t.in.tank.stopped = ctx.Err()
	if t.in.tank.stopped == nil {
		t.in.tank.stopped = errOutOfTime
	}
	return t.in.tank.stopped
}

// Operations of the kernel's host function; kernel.js has the same list.
const (
	opLoad   = 1
	opSigned = 2
	opCall   = 3
	opLog    = 4
	opBrand  = 5
	opDone   = 6
	opFail   = 7
)

// Brands of objects, likewise.
const (
	brandProxy   = 1
	brandPromise = 2
)

// Answers of opSigned, beside undefined for no.
const (
	signedYes   = 1
	signedNoKey = 2
)

// answer is the turn's hostFunc.
func (t *turn) answer(ctx context.Context, in *instance, args []value) (value, error) {
	op, err := in.number(ctx, args[0])
	if err != nil {
		return 0, err
	}
	args = args[1:]
	switch op {
	case opLoad:
		return t.load(ctx, args)
	case opSigned:
		return t.signed(ctx, args)
	case opCall:
		return t.call(ctx, args)
	case opLog:
		return 0, t.log(ctx, args)
	case opBrand:
		return t.brand(ctx, args[0])
	case opDone:
		return 0, t.finish(ctx, args[0])
	case opFail:
		t.failure, err = readFailure(ctx, in, args)
		if err == nil && t.failure.Program != RootPower {
			t.failure.Column = column(t.failure.Line, t.failure.Column)
		}
		return 0, err
	}
	return 0, fmt.Errorf("the kernel asked for operation %d", op)
}

// load gives the wrapper of a program, undefined where it is not here, or
// a text that describes its syntax error.
func (t *turn) load(ctx context.Context, args []value) (value, error) {
	name, err := t.in.text(ctx, args[0], 64)
	if err != nil {
		return 0, err
	}
	c, err := t.code(ctx, string(name))
	if c == nil || err != nil {
		return 0, err
	}
	t.in.charge(ctx, c.fuel)
	if c.syntax != nil {
		at := c.syntax.Column
		if c.syntax.Line == 1 {
			at += len(wrapHead) // as for an error that is thrown; see column
		}
		text, err := json.Marshal(map[string]any{"message": c.syntax.Message, "line": c.syntax.Line, "column": at})
		if err != nil {
			return 0, err
		}
		return t.in.newString(ctx, text)
	}
	return t.in.evalBytecode(ctx, c.bytes)
}

// code finds or makes a program's code; nil where the program is not here. That
// is asked first: what was compiled for another message is no answer to it.
func (t *turn) code(ctx context.Context, name string) (*code, error) {
	hash, err := chains.ParseHash(name)
	if err != nil {
		return nil, err
	}
	p, ok, err := t.m.Program(ctx, hash)
	if !ok || err != nil {
		return nil, err
	}
	if c, ok := t.e.programs.get(name); ok {
		return c, nil
	}
	fuel := t.e.limits.Fuel - t.in.burnt()
	c, err := t.e.compile(ctx, name, p.Text(), fuel, t.in.tank.deadline)
	if err != nil {
		t.in.spend(c.fuel)
		return nil, err
	}
	t.e.programs.add(name, c)
	return c, nil
}

func (t *turn) signed(ctx context.Context, args []value) (value, error) {
	link, err := t.in.number(ctx, args[0])
	if err != nil {
		return 0, err
	}
	key, err := t.in.text(ctx, args[1], 64*utf8.UTFMax)
	if err != nil {
		return 0, err
	}
	if !isHex(key) {
		return t.in.newNumber(ctx, signedNoKey)
	}
	bound, err := t.in.number(ctx, args[2])
	if err != nil {
		return 0, err
	}
	t.in.charge(ctx, hostCallFuel)
	ask := t.m.Chain.SignedByHex
	if bound == 1 {
		ask = t.m.Chain.BoundByHex
	}
	yes, err := ask(link, string(key))
	if err != nil || !yes {
		return 0, err
	}
	return t.in.newNumber(ctx, signedYes)
}

// isHex tells whether a text is what a key is written as: 64 lower-case digits.
func isHex(text []byte) bool {
	for _, c := range text {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
			return false
		}
	}
	return len(text) == 64
}

func (t *turn) brand(ctx context.Context, v value) (value, error) {
	t.in.charge(ctx, 10)
	proxy, err := t.in.test(ctx, t.in.qjs.isProxy, v)
	if err != nil {
		return 0, err
	}
	if proxy {
		return t.in.newNumber(ctx, brandProxy)
	}
	promise, err := t.in.test(ctx, t.in.qjs.isPromise, v)
	if err != nil || !promise {
		return 0, err
	}
	return t.in.newNumber(ctx, brandPromise)
}

func (t *turn) finish(ctx context.Context, v value) error {
	undefined, err := t.in.test(ctx, t.in.qjs.isUndefined, v)
	if err != nil {
		return err
	}
	if !undefined {
		if t.result, err = t.in.text(ctx, v, t.e.limits.Result); err != nil {
			var long *tooLongError
			if !errors.As(err, &long) {
				return err
			}
			t.failure = &Failure{
				Reason: ProgramError, Name: "RangeError", Program: t.m.Chain.Program(0).String(),
				Message: fmt.Sprintf("the result is %d bytes of JSON, and %d are allowed", long.size, long.most),
			}
			return nil
		}
	}
	t.done = true
	return nil
}

// countCall counts a call that leaves the instance.
func (t *turn) countCall() error {
	t.calls++
	if t.calls > t.e.limits.HostCalls {
		return errHostCalls
	}
	return nil
}
