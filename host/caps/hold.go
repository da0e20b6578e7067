package caps

import (
	"context"
	"fmt"
	"time"

	"qvat/host/store"
)

// heldKey names an identifier in keys of tableHeld: by its number alone when it
// is of this node, which nearly all are.
func (k *Keeper) heldKey(id ID) string {
	if id.Node == k.o.Node {
		return id.key()
	}
	return id.String()
}

// Hold notes that a holder keeps an identifier.
func (x *Txn) Hold(ctx context.Context, id ID, holder string) error {
	return x.mark(ctx, tableHeld, Below(x.k.heldKey(id), holder))
}

// Release notes that a holder keeps an identifier no longer. What lost a holder
// is looked at by the collector, after the commit.
func (x *Txn) Release(ctx context.Context, id ID, holder string) error {
	there, err := x.Drop(ctx, tableHeld, Below(x.k.heldKey(id), holder))
	if err != nil || !there {
		return err
	}
	return x.suspect(ctx, id)
}

// suspect has the collector look at what may have lost its last holder.
func (x *Txn) suspect(ctx context.Context, id ID) error {
	if id.Node != x.k.o.Node {
		return nil // what another node has, that node collects
	}
	x.NotifyLater(topicSuspects)
	return x.mark(ctx, tableSuspect, id.key())
}

// holdUntil keeps a thing of this node until a time, whoever else holds it.
func (x *Txn) holdUntil(ctx context.Context, id ID, end time.Time) error {
	if err := x.Hold(ctx, id, HolderOwn); err != nil {
		return err
	}
	return x.mark(ctx, tableExpiry, Below(CountKey(uint64(end.UnixMilli())), id.key()))
}

// releaseExpired lets go of some of what was held until now.
func (x *Txn) releaseExpired(ctx context.Context) error {
	q := store.EntriesQuery{Before: CountKey(uint64(max(x.Millis(), 0))), Limit: PageRows}
	entries, err := x.o.Tx.Entries(ctx, tableExpiry, q)
	if err != nil {
		return err
	}
	for _, e := range entries {
		n, err := ParseNumber(e.Key[len(e.Key)-numberDigits:])
		if err != nil {
			return fmt.Errorf("row %s of %s is damaged: %w", e.Key, tableExpiry, err)
		}
		if err := x.Release(ctx, ID{n, x.k.o.Node}, HolderOwn); err != nil {
			return err
		}
		if _, err := x.Drop(ctx, tableExpiry, e.Key); err != nil {
			return err
		}
	}
	return nil
}

// Formula gives what an identifier of this node is. It fails with NotFound where
// there is none, and with Elsewhere for another node's.
func (x *Txn) Formula(ctx context.Context, id ID) (f Formula, err error) {
	if id.Node != x.k.o.Node {
		return f, Refuse(Elsewhere, "it lives on node %s…, which this vat cannot ask", id.Node.String()[:8])
	}
	there, err := x.Find(ctx, tableFormula, id.key(), &f)
	if err == nil && !there {
		err = Refuse(NotFound, "nothing has the identifier %s… any more", id.key()[:8])
	}
	return f, err
}

// Make makes something that nobody holds yet. payer is who pays for it; it fails
// with Full when that one has no room.
func (x *Txn) Make(ctx context.Context, payer *Agent, f Formula) (ID, error) {
	n, err := x.Random()
	if err != nil {
		return ID{}, err
	}
	id := ID{n, x.k.o.Node}
	f.Payer = payer.Number
	if err := x.charge(ctx, f.Payer, formulaCost); err != nil {
		return id, err
	}
	for _, r := range f.Holds {
		if err := x.holdFor(ctx, id, r.ID); err != nil {
			return id, err
		}
	}
	return id, x.putFormula(ctx, id, f)
}

// MakeNamed is Make, under a name.
func (x *Txn) MakeNamed(ctx context.Context, payer *Agent, at Place, f Formula) (ID, error) {
	if x.k.kinds[f.Type].Placed {
		f.Dir = &at.Dir
	}
	id, err := x.Make(ctx, payer, f)
	if err != nil {
		return id, err
	}
	return id, x.Bind(ctx, at, Ref{id, f.Type})
}

func (x *Txn) putFormula(ctx context.Context, id ID, f Formula) error {
	return x.Put(ctx, tableFormula, id.key(), f)
}

// holdFor has one thing of this node hold another.
func (x *Txn) holdFor(ctx context.Context, holder, id ID) error {
	return x.Hold(ctx, id, Below(holderFormula, holder.key()))
}
