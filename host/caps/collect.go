package caps

import (
	"context"
	"errors"
	"fmt"
	"time"

	"qvat/host/store"
)

// Something is kept while a root holds it, or a name in a directory, or another
// thing, that is itself kept. What loses a holder is a suspect. For each the
// collector looks backwards, from holder to holder, for a root; what has none goes,
// and what it held is a suspect in turn. Directories that hold each other go
// together, since a way in a circle leads to none.

// collectEvery is how often the collector looks for what has expired.
const collectEvery = time.Hour

// Update runs work in a transaction of its own, and commits that; again when it
// lost a conflict.
type Update func(ctx context.Context, work func(x *Txn) error) error

// CollectAlways collects when something has lost a holder, until ctx ends.
func (k *Keeper) CollectAlways(ctx context.Context, update Update) {
	changed, stop := k.Subscribe(topicSuspects)
	defer stop()
	for {
		if err := k.Collect(ctx, update); err != nil && ctx.Err() == nil {
			k.o.Logger.Warn("what nobody holds could not be removed", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-time.After(collectEvery):
		}
	}
}

// Collect removes what nobody holds any more. What fails does not keep it from the
// rest: the errors come together.
func (k *Keeper) Collect(ctx context.Context, update Update) error {
	if err := update(ctx, func(x *Txn) error { return x.releaseExpired(ctx) }); err != nil {
		return err
	}
	c := collector{k, update}
	for {
		judged, err := c.judgeAll(ctx)
		if err != nil || judged == 0 {
			return err
		}
	}
}

type collector struct {
	*Keeper
	update Update
}

// judgeAll looks at all suspects once, and tells how many it could judge.
func (c collector) judgeAll(ctx context.Context) (judged int, err error) {
	var failed []error
	for after := ""; ; {
		suspects, err := c.suspects(ctx, after)
		if err != nil || len(suspects) == 0 {
			return judged, errors.Join(append(failed, err)...)
		}
		after = suspects[len(suspects)-1]
		for _, key := range suspects {
			err := c.judgeOne(ctx, key)
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
func (c collector) suspects(ctx context.Context, after string) (keys []string, err error) {
	err = c.update(ctx, func(x *Txn) error {
		entries, err := x.o.Tx.Entries(ctx, tableSuspect, store.EntriesQuery{After: after, Limit: PageRows})
		keys = nil
		for _, e := range entries {
			keys = append(keys, e.Key)
		}
		return err
	})
	return keys, err
}

// judgeOne keeps a suspect, or removes it; or has those looked at that hold it.
func (c collector) judgeOne(ctx context.Context, key string) error {
	n, err := ParseNumber(key)
	if err != nil {
		return err
	}
	id := ID{n, c.o.Node}
	err = c.update(ctx, func(x *Txn) error { return x.judge(ctx, id) })
	if errors.Is(err, errManyHold) {
		err = c.judgeHolders(ctx, id)
	}
	return err
}

// judge keeps a suspect, or removes it.
func (x *Txn) judge(ctx context.Context, id ID) error {
	if _, err := x.Drop(ctx, tableSuspect, id.key()); err != nil {
		return err
	}
	var f Formula
	there, err := x.Find(ctx, tableFormula, id.key(), &f)
	if err != nil {
		return err
	}
	if !there {
		return clearNames(ctx, x, id) // what is left of a directory
	}
	way, err := x.wayTo(ctx, id)
	if err != nil || way != nil {
		return err
	}
	if err := x.refundAll(ctx, id, f); err != nil {
		return err
	}
	if _, err := x.Drop(ctx, tableFormula, id.key()); err != nil {
		return err
	}
	for _, r := range f.Holds {
		if err := x.Release(ctx, r.ID, Below(holderFormula, id.key())); err != nil {
			return err
		}
	}
	if clear := x.k.kinds[f.Type].Clear; clear != nil {
		return clear(ctx, x, id)
	}
	return nil
}

// What so many hold that one transaction cannot find out whether any of them is
// kept is not judged itself: those that hold it are, each by itself. Whichever
// goes, takes its hold with it, and so has the thing looked at again.

// maxRemoved is how far from what lost a holder that goes on. What more than
// Options.MaxSearch things hold in a circle is left then, until it loses another holder:
// to look at them in turn would have no end.
const maxRemoved = 4

// deferred is the value of a suspect's row whose holders are being made suspects.
// One that loses a holder meanwhile has its row written anew, and so stays one.
const deferred = -1

// judgeHolders makes those suspects that hold one, and it no suspect any more.
func (c collector) judgeHolders(ctx context.Context, id ID) error {
	key, removed := id.key(), 0
	err := c.update(ctx, func(x *Txn) error {
		if _, err := x.Find(ctx, tableSuspect, key, &removed); err != nil {
			return err
		}
		return x.Put(ctx, tableSuspect, key, deferred)
	})
	if err != nil {
		return err
	}
	if removed == deferred { // the vat was stopped in the middle of it
		removed = 1
	}
	if removed >= maxRemoved {
		c.o.Logger.Warn("what very many hold, perhaps in a circle, is left", "begins", key[:8])
	}
	for after, more := "", removed < maxRemoved; more; {
		var page []step
		err := c.update(ctx, func(x *Txn) (err error) {
			page = nil
			if root, err := x.rootOf(ctx, id); err != nil || root != "" {
				return err // it has been taken meanwhile
			}
			page, err = x.holders(ctx, id, after)
			for _, s := range page {
				if err == nil {
					err = x.suspectRemoved(ctx, s.id, removed+1)
				}
			}
			return err
		})
		if err != nil {
			return err
		}
		if more = len(page) == PageRows; more {
			after = page[len(page)-1].holder
		}
	}
	return c.update(ctx, func(x *Txn) error {
		now := 0
		if there, err := x.Find(ctx, tableSuspect, key, &now); err != nil || !there || now != deferred {
			return err
		}
		_, err := x.Drop(ctx, tableSuspect, key)
		return err
	})
}

// suspectRemoved makes something a suspect because of what it holds.
func (x *Txn) suspectRemoved(ctx context.Context, id ID, removed int) error {
	if _, there, err := x.o.Tx.Get(ctx, tableSuspect, id.key()); err != nil || there {
		return err
	}
	return x.Put(ctx, tableSuspect, id.key(), removed)
}
