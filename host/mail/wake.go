package mail

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"time"
)

// What runs by itself: the chain that an agent names for what comes to it, and
// calls that programs have made of other chains. Each is a row of the outbox,
// staged with what caused it, and is done once.

// OutboxCall is the kind of the outbox rows that a program's call of a chain
// stages. The payload is a queuedCall as JSON.
const OutboxCall = "call"

// Sends tells whether rows of the outbox of this kind are the post's to deal with.
func Sends(kind string) bool { return kind == OutboxWake || kind == OutboxCall }

// maxCaused is how many runs one message from outside may cause in all, by
// what those that it causes mail and call in turn: so agents that answer each
// other by themselves come to an end.
const maxCaused = 256

// tooFar is why a run is not made.
func tooFar() error {
	return refusal(Refused, "not run: the message that caused it, by what it caused, has caused too many runs")
}

// SetWake names the published chain that runs on each delivery to the agent, in
// its name; "" for none. It may burn fuel at each, 0 for Limits.WakeFuel; what is
// more than the vat's limit is the vat's limit. docs/MAIL.md says what it is given.
// What comes of each run is in the agent's log.
func (a *Agent) SetWake(ctx context.Context, name string, fuel int64) error {
	if fuel < 0 {
		return refusal(Wrong, "a chain cannot burn %d fuel", fuel)
	}
	return a.do(ctx, func(x *act) error {
		box, err := x.box(ctx, a.who.seat)
		if err != nil {
			return err
		}
		if box.Wake != nil {
			if err := x.release(ctx, ID{box.Wake.Chain, x.p.node}, wakeHolder(a.who)); err != nil {
				return err
			}
		}
		box.Wake = nil
		detail := map[string]any{"name": name}
		if name != "" {
			h, err := x.resolve(ctx, name)
			if err != nil {
				return err
			}
			if h.Type != TypeChain {
				return refusal(Wrong, "%s is a %s, and no published chain", name, h.Type)
			}
			if _, err := x.chain(ctx, h.ID); err != nil {
				return err
			}
			if err := x.hold(ctx, h.ID, wakeHolder(a.who)); err != nil {
				return err
			}
			box.Wake = &wakeRow{Chain: h.ID.Number, Fuel: fuel}
			detail["id"], detail["fuel"] = h.ID, fuel
		}
		return x.log(ctx, a.who, "setwake", 0, detail)
	})
}

// wakeHolder is an agent as the holder of what its mail wakes.
func wakeHolder(a *agent) string { return below(holderAgent, "wake/"+a.seat) }

// describeWake says who holds what its mail wakes.
func (x *act) describeWake(ctx context.Context, seat string) (line string, hidden bool, err error) {
	owner, err := x.agentBySeat(ctx, seat)
	if err != nil {
		return "", false, err
	}
	ours, err := x.isOurs(ctx, owner)
	return "agent " + owner.name + ": its mail wakes it", !ours, err
}

// During says when the message arrived whose transaction it is, which is what its
// mail is dated, and how many runs it may cause; below 0 is what a message from
// outside may. auto is what its mail tells of how it came about: a Call's, or 0. It
// gives in.
func (in *Inside) During(arrived time.Time, left int, auto uint8) *Inside {
	in.at, in.auto = arrived, auto
	if left >= 0 {
		in.left = &left
	}
	return in
}

// Draw has all that is random in the transaction, ids and keys, come of chance, each
// 32 bytes that nobody can guess: where that gives the same when the transaction is
// run again, the same actions give the same. An action during which it fails fails
// with its error. It gives in.
func (in *Inside) Draw(chance func() ([32]byte, error)) *Inside {
	in.rand = &draws{chance: chance}
	return in
}

// share gives a run that is to be staged its part of what the action may still
// cause: a quarter, so that there is some left for others. It is below 0 when there
// is nothing left.
func (x *act) share() int {
	if x.left == nil {
		return maxCaused - 1
	}
	if *x.left <= 0 {
		return -1
	}
	part := max(1, *x.left/4)
	*x.left -= part
	return part - 1
}

// wake runs what a delivery wakes. An error is one that may pass.
func (p *Post) wake(ctx context.Context, w Wake, last bool) error {
	var c Call
	var who *agent
	var from ID
	err := p.run(ctx, nil, func(x *act) (err error) {
		if who, err = x.agentBySeat(ctx, w.Seat); err != nil {
			return err
		}
		x.who = who
		c, from, err = x.wakeCall(ctx, w)
		return err
	})
	if err == nil && c.Capsule == nil {
		return nil // it wakes nothing any more
	}
	detail := map[string]any{"number": w.Number, "from": from}
	if err != nil {
		return p.notRun(ctx, who, "wake", detail, err)
	}
	_, err = p.runLogged(ctx, who, c, "wake", detail, last)
	return mayPass(err)
}

// wakeCall makes the call that a delivery wakes; one without a capsule where
// there is none.
func (x *act) wakeCall(ctx context.Context, w Wake) (c Call, from ID, err error) {
	var box boxRow
	if _, err := x.find(ctx, tableBox, w.Seat, &box); err != nil || box.Wake == nil {
		return c, from, err
	}
	row, err := x.mail(ctx, x.who, w.Number)
	if codeOf(err) == NotFound {
		return c, from, nil
	}
	if err != nil {
		return c, from, err
	}
	b, err := row.body()
	if err != nil {
		return c, from, err
	}
	m, err := row.message(w.Number)
	if err != nil {
		return c, from, err
	}
	if c.Capsule, err = x.capsule(ctx, ID{box.Wake.Chain, x.p.node}); err != nil {
		return c, m.From, err
	}
	list := slotList{}
	c.Input, err = json.Marshal(map[string]any{"message": list.message(m)})
	c.Slots, c.Agent, c.Left, c.Once = list.slots, x.who.handle, w.Left, true
	c.Auto = b.Auto + 1 // mayWake has bounded it
	c.Fuel = box.Wake.Fuel
	if c.Fuel == 0 {
		c.Fuel = x.p.limits.WakeFuel
	}
	c.ID = sha256.Sum256(append(append([]byte("qvat wake v1\n"), x.who.key[:]...), m.ID[:]...))
	return c, m.From, err
}

// notRun puts in an agent's log why nothing was run. An error that may pass is
// given back.
func (p *Post) notRun(ctx context.Context, who *agent, action string, detail any, why error) error {
	if codeOf(why) == "" || who == nil {
		return why
	}
	ctx = context.WithoutCancel(ctx)
	return p.run(ctx, nil, func(x *act) error { return x.logFailure(ctx, who, action, 0, detail, why.Error()) })
}

// mayPass gives an error of a run back when another try may have none. What the
// chain's programs did wrong they would do again.
func mayPass(err error) error {
	if code := codeOf(err); code != "" && code != Busy {
		return nil
	}
	return err
}

// codeOf is the code of an [*Error]; "" where err is none.
func codeOf(err error) Code {
	var known *Error
	if !errors.As(err, &known) {
		return ""
	}
	return known.Code
}
