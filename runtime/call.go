package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// bytesPerFuel is how many bytes that cross the boundary cost one unit.
const bytesPerFuel = 64

// Replies to the kernel start with one character: a JSON value, undefined, an
// error to throw, or the number of a promise. kernel.js reads them.
const (
	replyValue     = '='
	replyUndefined = ':'
	replyThrow     = '!'
	replyLater     = '?'
)

// call hands a call of a guest half to its power.
func (t *turn) call(ctx context.Context, args []value) (value, error) {
	if err := t.countCall(); err != nil {
		return 0, err
	}
	var text [3][]byte
	for i, v := range args[:3] {
		b, err := t.in.text(ctx, v, t.e.limits.Result)
		var long *tooLongError
		if errors.As(err, &long) {
			return t.throw(ctx, &Refusal{Name: "RangeError", Message: fmt.Sprintf(
				"a call carries %d bytes, and %d are allowed", long.size, long.most)})
		}
		if err != nil {
			return 0, err
		}
		text[i] = b
	}
	t.in.charge(ctx, hostCallFuel+int64(len(text[2]))/bytesPerFuel)
	power, ok := t.power(string(text[0]))
	if !ok {
		return t.throw(ctx, &Refusal{Message: string(text[0]) + " is not granted to this message"})
	}
	timed := t.timed(ctx)
	r, err := power.Call(timed, string(text[1]), text[2])
	if t.late() {
		return 0, errOutOfTime
	}
	if err == nil && r.Later != nil {
		return t.start(timed, r.Later)
	}
	if most := t.e.limits.Result; err == nil && len(r.JSON) > most {
		err = &Refusal{Name: "RangeError", Message: fmt.Sprintf("a power answers %d bytes, and %d are allowed: ask for less", len(r.JSON), most)}
	}
	b, err := reply(r.JSON, err)
	if err != nil {
		return 0, err
	}
	t.in.charge(ctx, int64(len(b))/bytesPerFuel)
	return t.in.newString(ctx, b)
}

// power finds what answers a call: that of no name are the message's slots.
func (t *turn) power(name string) (Power, bool) {
	if name == "" && t.m.Slots != nil {
		return slotPower{t.m.Slots}, true
	}
	p, ok := t.m.Powers[name]
	return p, ok
}

// slotPower is slots as a power: the method is the number.
type slotPower struct{ slots Slots }

func (p slotPower) Call(ctx context.Context, method string, data []byte) (Reply, error) {
	n, err := strconv.Atoi(method)
	if err != nil {
		return Reply{}, err // the kernel calls none that it was not given
	}
	if len(data) == 0 {
		data = nil
	}
	b, err := p.slots.Call(ctx, n, data)
	return Reply{JSON: b}, err
}

func (t *turn) throw(ctx context.Context, r *Refusal) (value, error) {
	b, err := reply(nil, r)
	if err != nil {
		return 0, err
	}
	return t.in.newString(ctx, b)
}

// timed is the context of the message's powers: it ends with the turn, or with
// its time.
func (t *turn) timed(ctx context.Context) context.Context {
	if t.powerCtx == nil {
		if f, ok := ctx.(*frame); ok {
			ctx = f.Context
		}
		t.powerCtx, t.stopPowers = context.WithDeadline(ctx, t.in.fuel.deadline)
	}
	return t.powerCtx
}

// late tells whether the message's time is over. Between slices of fuel nobody
// else looks: a power may take long, and burns none.
func (t *turn) late() bool { return time.Now().After(t.in.fuel.deadline) }

// start runs what answers later, and gives the kernel the number of its
// promise.
func (t *turn) start(ctx context.Context, later func(context.Context) ([]byte, error)) (value, error) {
	if t.later == nil {
		t.later = make(chan laterAnswer, t.e.limits.HostCalls)
	}
	id := t.nextID
	t.nextID++
	t.waiting++
	// The channel has room for every call that a message may make, so the
	// goroutine ends even when the turn has.
	answers := t.later
	go func() {
		b, err := later(ctx)
		answers <- laterAnswer{id, b, err}
	}()
	return t.in.newString(ctx, []byte(string(replyLater)+strconv.Itoa(id)))
}

// reply is a power's answer as the kernel reads it. An error that is not a
// *Refusal stays one.
func reply(b []byte, err error) ([]byte, error) {
	var r *Refusal
	switch {
	case errors.As(err, &r):
		text, err := json.Marshal(map[string]string{"name": r.Name, "message": r.Message})
		return append([]byte{replyThrow}, text...), err
	case err != nil:
		return nil, err
	case b == nil:
		return []byte{replyUndefined}, nil
	}
	return append([]byte{replyValue}, b...), nil
}

// readFailure reads what the kernel says of an error: name, message, program,
// line, column.
func readFailure(ctx context.Context, in *instance, args []value) (*Failure, error) {
	if len(args) != 5 {
		return nil, errors.New("the kernel described an error in another way")
	}
	var text [3]string
	for i, v := range args[:3] {
		b, err := in.text(ctx, v, 64<<10)
		if err != nil {
			return nil, err
		}
		// A program's text may hold half a surrogate pair.
		text[i] = strings.ToValidUTF8(string(b), "\uFFFD")
	}
	line, err := in.number(ctx, args[3])
	if err != nil {
		return nil, err
	}
	column, err := in.number(ctx, args[4])
	if err != nil {
		return nil, err
	}
	return &Failure{
		Reason: ProgramError, Name: text[0], Message: text[1], Program: text[2], Line: line, Column: column,
	}, nil
}
