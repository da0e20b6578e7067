package mail

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"qvat/host/store"
)

// Why tells what holds something: the way from an agent or a message to it, a
// line for each step. It is for hosts; what another host's agents hold is not
// told in detail. It is empty when nothing holds it. It fails with Full when so
// many hold it that no way was found.
func (a *Agent) Why(ctx context.Context, id ID) (lines []string, err error) {
	err = a.do(ctx, func(x *act) error {
		lines = nil
		if err := a.who.mustHost("ask what holds something"); err != nil {
			return err
		}
		if _, err := x.formula(ctx, id); err != nil {
			return err
		}
		way, err := x.wayTo(ctx, id)
		if err != nil {
			return err
		}
		for i, s := range way {
			line, hidden, err := x.describe(ctx, s)
			if err != nil {
				return err
			}
			if i == 0 && hidden {
				lines = []string{"an agent that is not yours holds it"}
				return nil
			}
			lines = append(lines, line)
		}
		return nil
	})
	return lines, err
}

// describe says in words who holds something. hidden tells that it is an agent
// that the one who asks did not make.
func (x *act) describe(ctx context.Context, s step) (line string, hidden bool, err error) {
	parts := strings.SplitN(s.holder, "/", 3)
	switch parts[0] {
	case holderAgent:
		if len(parts) == 3 && parts[1] == "call" {
			return x.describeCall(ctx, parts[2])
		}
		if len(parts) == 3 {
			return x.describeWake(ctx, parts[2])
		}
		owner, what, err := x.ownerOf(ctx, s.id)
		if err != nil {
			return "", false, err
		}
		ours, err := x.isOurs(ctx, owner)
		return fmt.Sprintf("agent %s: its %s", owner.name, what), !ours, err
	case holderMail:
		owner, err := x.agentBySeat(ctx, parts[1])
		if err != nil {
			return "", false, err
		}
		n, err := numberOf("/" + parts[2])
		if err != nil {
			return "", false, err
		}
		ours, err := x.isOurs(ctx, owner)
		return fmt.Sprintf("message %d of %s", n, owner.name), !ours, err
	case holderName:
		return "name " + parts[2], false, nil
	default:
		f, err := x.formula(ctx, s.id)
		var refused *Error
		if errors.As(err, &refused) {
			err = nil
		}
		return fmt.Sprintf("the answer of a promise, or a chain that may use it: a %s", f.Type), false, err
	}
}

// isOurs tells whether an agent is the one that acts, or was made by it, or by
// one that it made.
func (x *act) isOurs(ctx context.Context, a *agent) (bool, error) {
	for a.seat != x.who.seat && a.of != "" {
		var err error
		if a, err = x.agentBySeat(ctx, a.of); err != nil {
			return false, err
		}
	}
	return a.seat == x.who.seat, nil
}

// ownerOf gives the agent of something that an agent itself holds.
func (x *act) ownerOf(ctx context.Context, id ID) (*agent, string, error) {
	f, err := x.formula(ctx, id)
	if err != nil {
		return nil, "", err
	}
	what := string(f.Type)
	if f.Inbox {
		what = "mailbox"
	}
	if f.Seat != "" {
		owner, err := x.agentBySeat(ctx, f.Seat)
		return owner, what, err
	}
	// A directory does not say whose it is.
	for after := ""; ; {
		entries, err := x.tx.Entries(ctx, tableAgent, store.EntriesQuery{After: after, Limit: pageRows})
		if err != nil {
			return nil, "", err
		}
		for _, e := range entries {
			after = e.Key
			owner, err := x.agentBySeat(ctx, e.Key)
			if err != nil {
				return nil, "", err
			}
			if owner.dir == id.Number {
				return owner, what, nil
			}
		}
		if len(entries) < pageRows {
			return nil, "", refusal(NotFound, "nobody owns the directory any more")
		}
	}
}
