package caps

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"qvat/host/store"
)

// errManyHold is why a search gave no answer.
var errManyHold = Refuse(Full, "so many hold it that the search for one that is kept was given up")

// step is one holder on the way from a root to what it keeps.
type step struct {
	id     ID     // on the way, what is held; of [Txn.holders], the one that holds
	holder string // who holds, as keys of tableHeld say it
}

// wayTo looks for a way from a root to something: its steps, the root's first.
// It is nil when there is none. It fails with errManyHold when the search is too
// long for one transaction.
func (x *Txn) wayTo(ctx context.Context, id ID) (way []step, err error) {
	defer func() {
		var limit *store.LimitError
		if errors.As(err, &limit) {
			err = errManyHold
		}
	}()
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
			way = []step{{at, root}}
			for at != id {
				s := cameFrom[at]
				way = append(way, s)
				at = s.id
			}
			return way, nil
		}
		for after, more := "", true; more; {
			page, err := x.holders(ctx, at, after)
			if err != nil {
				return nil, err
			}
			for _, by := range page {
				if len(seen) > x.k.o.MaxSearch {
					return nil, errManyHold
				}
				if !seen[by.id] {
					seen[by.id] = true
					cameFrom[by.id] = step{at, by.holder}
					next = append(next, by.id)
				}
				after = by.holder
			}
			more = len(page) == PageRows
		}
	}
	return nil, nil
}

// rootOf gives a root that holds something; "" when none does.
func (x *Txn) rootOf(ctx context.Context, id ID) (string, error) {
	key := x.k.heldKey(id)
	for _, prefix := range x.k.prefixes {
		entries, err := x.o.Tx.Entries(ctx, tableHeld, store.EntriesQuery{Prefix: Below(key, prefix), Limit: 1})
		if err != nil {
			return "", err
		}
		if len(entries) > 0 {
			return entries[0].Key[len(key)+1:], nil
		}
	}
	return "", nil
}

// holders gives a page of the directories and things that hold something: of what
// no root holds. after is the last holder of the page before.
func (x *Txn) holders(ctx context.Context, id ID, after string) (page []step, err error) {
	prefix := Below(x.k.heldKey(id), "")
	q := store.EntriesQuery{Prefix: prefix, Limit: PageRows}
	if after != "" {
		q.After = prefix + after
	}
	entries, err := x.o.Tx.Entries(ctx, tableHeld, q)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		holder := e.Key[len(prefix):]
		parts := strings.SplitN(holder, "/", 3)
		if len(parts) < 2 || parts[0] != holderName && parts[0] != holderFormula {
			return nil, fmt.Errorf("row %.8s… of %s is damaged", e.Key, tableHeld)
		}
		n, err := ParseNumber(parts[1])
		if err != nil {
			return nil, err
		}
		page = append(page, step{ID{n, x.k.o.Node}, holder})
	}
	return page, nil
}
