package mail

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"qvat/host/store"
)

// Something is kept while an agent or a message that has not been dismissed
// holds it, or a name in a directory, a promise or a chain that is itself kept.
// What loses a holder is a suspect. For each the collector looks backwards, from
// holder to holder, for an agent or a message; what has none goes, and what it
// held is a suspect in turn. Directories that hold each other go together, since
// a way in a circle leads to none.

// collectEvery is how often the collector looks for what has expired.
const collectEvery = time.Hour

// sweepRows is how many names of a directory that has gone are removed in one
// transaction.
const sweepRows = 500

// collectAlways collects when something has lost a holder, until ctx ends.
func (p *Post) collectAlways(ctx context.Context) {
	changed, stop := p.hub.listen(hearSuspects)
	defer stop()
	for {
		if err := p.Collect(ctx); err != nil && ctx.Err() == nil {
			p.log.Warn("what nobody holds could not be removed", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-time.After(collectEvery):
		}
	}
}

// Collect removes what nobody holds any more. Serve does it by itself, soon
// after something has lost a holder.
func (p *Post) Collect(ctx context.Context) error {
	if err := p.run(ctx, nil, func(x *act) error { return x.forgetInvitations(ctx) }); err != nil {
		return err
	}
	for {
		var suspects []string
		err := p.run(ctx, nil, func(x *act) error {
			entries, err := x.tx.Entries(ctx, tableSuspect, store.EntriesQuery{Limit: pageRows})
			suspects = suspects[:0]
			for _, e := range entries {
				suspects = append(suspects, e.Key)
			}
			return err
		})
		if err != nil || len(suspects) == 0 {
			return err
		}
		for _, key := range suspects {
			if err := p.run(ctx, nil, func(x *act) error { return x.judge(ctx, key) }); err != nil {
				return fmt.Errorf("look at %s: %w", key, err)
			}
		}
	}
}

// judge keeps a suspect, or removes it.
func (x *act) judge(ctx context.Context, key string) error {
	n, err := parseNumber(key)
	if err != nil {
		return err
	}
	if _, err := x.drop(ctx, tableSuspect, key); err != nil {
		return err
	}
	var f formulaRow
	there, err := x.find(ctx, tableFormula, key, &f)
	if err != nil {
		return err
	}
	if !there {
		return x.sweep(ctx, n) // what is left of a directory
	}
	way, err := x.wayTo(ctx, ID{n, x.p.node})
	if err != nil || way != nil {
		return err
	}
	if _, err := x.drop(ctx, tableFormula, key); err != nil {
		return err
	}
	for _, h := range f.Holds {
		if err := x.release(ctx, h.ID, below(holderFormula, key)); err != nil {
			return err
		}
	}
	switch f.Type {
	case TypeValue:
		_, err = x.drop(ctx, tableValue, key)
	case TypeChain:
		err = x.dropCapsule(ctx, n)
	case TypeDirectory:
		err = x.sweep(ctx, n)
	}
	return err
}

// sweep removes the names of a directory that has gone, some at a time.
func (x *act) sweep(ctx context.Context, dir number) error {
	prefix := below(dir.String(), "")
	entries, err := x.tx.Entries(ctx, tableName, store.EntriesQuery{Prefix: prefix, Limit: sweepRows})
	if err != nil || len(entries) == 0 {
		return err
	}
	x.touch = append(x.touch, hearNames(dir))
	for _, e := range entries {
		var row nameRow
		if err := decodeRow(tableName, e.Key, e.Value, &row); err != nil {
			return err
		}
		if _, err := x.drop(ctx, tableName, e.Key); err != nil {
			return err
		}
		if err := x.release(ctx, row.ID, nameHolder(dir, e.Key[len(prefix):])); err != nil {
			return err
		}
	}
	if len(entries) == sweepRows {
		return x.suspect(ctx, ID{dir, x.p.node})
	}
	_, err = x.drop(ctx, tableNames, dir.String())
	return err
}

// step is one holder on the way from a root to what it keeps.
type step struct {
	id     ID     // what is held
	holder string // by whom, as keys of tableHeld say it
}

// wayTo looks for a way from a root to something: its steps, the root's first.
// It is nil when there is none.
func (x *act) wayTo(ctx context.Context, id ID) ([]step, error) {
	seen := map[ID]bool{id: true}
	cameFrom := map[ID]step{} // the next step, from a holder to what it holds
	next := []ID{id}
	for len(next) > 0 {
		at := next[len(next)-1]
		next = next[:len(next)-1]
		root, err := x.rootOf(ctx, at)
		if err != nil {
			return nil, err
		}
		if root != "" {
			way := []step{{at, root}}
			for at != id {
				s := cameFrom[at]
				way = append(way, s)
				at = s.id
			}
			return way, nil
		}
		err = x.eachHolder(ctx, at, func(holder string, by ID) {
			if !seen[by] {
				seen[by] = true
				cameFrom[by] = step{at, holder}
				next = append(next, by)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// rootOf gives an agent or a message that holds something; "" when none does.
func (x *act) rootOf(ctx context.Context, id ID) (string, error) {
	key := x.p.heldKey(id)
	for _, kind := range []string{holderAgent, holderMail + "/"} {
		entries, err := x.tx.Entries(ctx, tableHeld, store.EntriesQuery{Prefix: below(key, kind), Limit: 1})
		if err != nil {
			return "", err
		}
		if len(entries) > 0 {
			return entries[0].Key[len(key)+1:], nil
		}
	}
	return "", nil
}

// eachHolder gives the directories and formulas that hold something.
func (x *act) eachHolder(ctx context.Context, id ID, give func(holder string, by ID)) error {
	prefix := below(x.p.heldKey(id), "")
	for after := ""; ; {
		entries, err := x.tx.Entries(ctx, tableHeld, store.EntriesQuery{Prefix: prefix, After: after, Limit: pageRows})
		if err != nil {
			return err
		}
		for _, e := range entries {
			holder := e.Key[len(prefix):]
			parts := strings.SplitN(holder, "/", 3)
			if len(parts) < 2 || parts[0] != holderName && parts[0] != holderFormula {
				return fmt.Errorf("row %s of %s is damaged", e.Key, tableHeld)
			}
			n, err := parseNumber(parts[1])
			if err != nil {
				return err
			}
			give(holder, ID{n, x.p.node})
		}
		if len(entries) < pageRows {
			return nil
		}
		after = entries[len(entries)-1].Key
	}
}

// expiredBefore asks for what expired before a time.
func expiredBefore(millis int64) store.EntriesQuery {
	return store.EntriesQuery{Before: countKey(uint64(max(millis, 0))), Limit: pageRows}
}

// Why tells what holds something: the way from an agent or a message to it, a
// line for each step. It is for hosts; what another host's agents hold is not
// told in detail. It is empty when nothing holds it.
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
	entries, err := x.tx.Entries(ctx, tableAgent, store.EntriesQuery{})
	if err != nil {
		return nil, "", err
	}
	for _, e := range entries {
		owner, err := x.agentBySeat(ctx, e.Key)
		if err != nil {
			return nil, "", err
		}
		if owner.dir == id.Number {
			return owner, what, nil
		}
	}
	return nil, "", refusal(NotFound, "nobody owns the directory any more")
}
