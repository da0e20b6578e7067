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
const sweepRows = 50

// maxSearch is how many holders one search looks at. What has more above it is
// left, and those that hold it are looked at instead ([Post.judgeHolders]).
const maxSearch = 1024

// errManyHold is why a search gave no answer.
var errManyHold = refusal(Full, "so many hold it that the search for one that is kept was given up")

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
// after something has lost a holder. What fails does not keep it from the rest:
// the errors come together.
func (p *Post) Collect(ctx context.Context) error {
	if err := p.run(ctx, nil, func(x *act) error { return x.forgetInvitations(ctx) }); err != nil {
		return err
	}
	for {
		judged, err := p.judgeAll(ctx)
		if err != nil || judged == 0 {
			return err
		}
	}
}

// judgeAll looks at all suspects once, and tells how many it could judge.
func (p *Post) judgeAll(ctx context.Context) (judged int, err error) {
	var failed []error
	for after := ""; ; {
		suspects, err := p.suspects(ctx, after)
		if err != nil || len(suspects) == 0 {
			return judged, errors.Join(append(failed, err)...)
		}
		after = suspects[len(suspects)-1]
		for _, key := range suspects {
			err := p.run(ctx, nil, func(x *act) error { return x.judge(ctx, key) })
			if errors.Is(err, errManyHold) {
				err = p.judgeHolders(ctx, key)
			}
			switch {
			case err == nil:
				judged++
			case ctx.Err() != nil:
				return judged, ctx.Err()
			case len(failed) < failuresTold:
				failed = append(failed, fmt.Errorf("look at %.8s…: %w", key, err)) // all of it is as good as the thing
			}
		}
	}
}

// failuresTold is how many of its failures the collector tells at a time.
const failuresTold = 8

// suspects gives some suspects, those after a key.
func (p *Post) suspects(ctx context.Context, after string) (keys []string, err error) {
	err = p.run(ctx, nil, func(x *act) error {
		entries, err := x.tx.Entries(ctx, tableSuspect, store.EntriesQuery{After: after, Limit: pageRows})
		keys = nil
		for _, e := range entries {
			keys = append(keys, e.Key)
		}
		return err
	})
	return keys, err
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
	if err := x.refund(ctx, key, f); err != nil {
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
// It is nil when there is none. It fails with errManyHold when the search is too
// long for one transaction.
func (x *act) wayTo(ctx context.Context, id ID) ([]step, error) {
	way, err := x.search(ctx, id)
	var limit *store.LimitError
	if errors.As(err, &limit) {
		err = errManyHold
	}
	return way, err
}

// search is wayTo with the store's own error when it is too long.
func (x *act) search(ctx context.Context, id ID) ([]step, error) {
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
		err = x.eachHolder(ctx, at, func(holder string, by ID) error {
			if len(seen) > maxSearch {
				return errManyHold
			}
			if !seen[by] {
				seen[by] = true
				cameFrom[by] = step{at, holder}
				next = append(next, by)
			}
			return nil
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

// eachHolder gives the directories and formulas that hold something, until give
// fails.
func (x *act) eachHolder(ctx context.Context, id ID, give func(holder string, by ID) error) error {
	for after := ""; ; {
		holders, ids, err := x.holders(ctx, id, after)
		if err != nil {
			return err
		}
		for i, holder := range holders {
			if err := give(holder, ids[i]); err != nil {
				return err
			}
		}
		if len(holders) < pageRows {
			return nil
		}
		after = holders[len(holders)-1]
	}
}

// holders gives a page of the directories and formulas that hold something: of
// what no agent and no message holds.
func (x *act) holders(ctx context.Context, id ID, after string) (holders []string, ids []ID, err error) {
	prefix := below(x.p.heldKey(id), "")
	q := store.EntriesQuery{Prefix: prefix, Limit: pageRows}
	if after != "" {
		q.After = prefix + after
	}
	entries, err := x.tx.Entries(ctx, tableHeld, q)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		holder := e.Key[len(prefix):]
		parts := strings.SplitN(holder, "/", 3)
		if len(parts) < 2 || parts[0] != holderName && parts[0] != holderFormula {
			return nil, nil, fmt.Errorf("row %.8s… of %s is damaged", e.Key, tableHeld)
		}
		n, err := parseNumber(parts[1])
		if err != nil {
			return nil, nil, err
		}
		holders, ids = append(holders, holder), append(ids, ID{n, x.p.node})
	}
	return holders, ids, nil
}

// expiredBefore asks for what expired before a time.
func expiredBefore(millis int64) store.EntriesQuery {
	return store.EntriesQuery{Before: countKey(uint64(max(millis, 0))), Limit: pageRows}
}
