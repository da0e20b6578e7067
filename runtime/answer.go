package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"qvat/chains"
)

// What the kernel's host functions do. That for powers is in call.go, that for
// the console in console.go.

// Brands of objects; cross.js has the same list.
const (
	brandProxy   = 1
	brandPromise = 2
)

// Answers of "signed", beside undefined for no.
const (
	signedYes   = 1
	signedNoKey = 2
)

// answer is the turn's hostFunc.
func (t *turn) answer(ctx context.Context, in *instance, name []byte, args []value) (_ value, err error) {
	switch string(name) {
	case "load":
		return t.load(ctx, args[0])
	case "require":
		return t.require(ctx, args[0])
	}
	if t.loading != nil {
		t.loading.differs = true
	}
	switch string(name) {
	case "signed":
		return t.signed(ctx, args)
	case "call":
		return t.call(ctx, args)
	case "log":
		return 0, t.log(ctx, args)
	case "brand":
		return t.brand(ctx, args[0])
	case "done":
		return 0, t.finish(ctx, args[0])
	case "fail":
		t.failure, err = readFailure(ctx, in, args)
		if err == nil && t.failure.Program != RootPower {
			t.failure.Column = column(t.failure.Line, t.failure.Column)
		}
		return 0, err
	}
	return 0, fmt.Errorf("the kernel called %q", name)
}

// load gives the wrapper of a link's program, as wrapper does.
func (t *turn) load(ctx context.Context, link value) (value, error) {
	i, err := t.in.number(ctx, link)
	if err != nil {
		return 0, err
	}
	return t.wrapper(ctx, t.m.Chain.Program(i))
}

// require gives the wrapper of the program of a hash, as wrapper does.
func (t *turn) require(ctx context.Context, name value) (value, error) {
	text, err := t.in.text(ctx, name, 64)
	if err != nil {
		return 0, err
	}
	hash, err := chains.ParseHash(string(text))
	if err != nil {
		return 0, err
	}
	return t.wrapper(ctx, hash)
}

// wrapper gives the wrapper of a program, undefined where it is not here, or
// a text that describes its syntax error.
func (t *turn) wrapper(ctx context.Context, hash chains.Hash) (value, error) {
	c, err := t.code(ctx, hash)
	if t.loading != nil {
		t.loading.note(hash, err == nil && c != nil && c.syntax == nil)
	}
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
func (t *turn) code(ctx context.Context, hash chains.Hash) (*code, error) {
	p, ok, err := t.m.Program(ctx, hash)
	if !ok || err != nil {
		return nil, err
	}
	name := hash.String()
	if c, ok := t.e.programs.get(name); ok {
		return c, nil
	}
	limits := t.e.limits
	limits.Fuel = t.fuel
	c, err := t.e.compile(ctx, name, p.Text(), t.fuel-t.in.burnt(), t.in.fuel.deadline, limits)
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
