package mail

import "context"

// What so many hold that one transaction cannot find out whether any of them is
// kept is not judged itself: those that hold it are, each by itself. Whichever
// goes, takes its hold with it, and so has the thing looked at again.

// maxRemoved is how far from what lost a holder that goes on. What more than
// maxSearch things hold in a circle is left then, until it loses another holder:
// to look at them in turn would have no end.
const maxRemoved = 4

// deferred is the value of a suspect's row whose holders are being made suspects.
// One that loses a holder meanwhile has its row written anew, and so stays one.
const deferred = -1

// judgeHolders makes those suspects that hold one, and it no suspect any more.
func (p *Post) judgeHolders(ctx context.Context, key string) error {
	n, err := parseNumber(key)
	if err != nil {
		return err
	}
	id := ID{n, p.node}
	removed := 0
	err = p.run(ctx, nil, func(x *act) error {
		if _, err := x.find(ctx, tableSuspect, key, &removed); err != nil {
			return err
		}
		return x.put(ctx, tableSuspect, key, deferred)
	})
	if err != nil {
		return err
	}
	if removed == deferred { // the vat was stopped in the middle of it
		removed = 1
	}
	if removed >= maxRemoved {
		p.log.Warn("what very many hold, perhaps in a circle, is left", "begins", key[:8])
	}
	for after, more := "", removed < maxRemoved; more; {
		var holders []string
		err := p.run(ctx, nil, func(x *act) (err error) {
			holders = nil
			if root, err := x.rootOf(ctx, id); err != nil || root != "" {
				return err // it has been taken meanwhile
			}
			var ids []ID
			holders, ids, err = x.holders(ctx, id, after)
			for _, by := range ids {
				if err == nil {
					err = x.suspectRemoved(ctx, number(by.Number).String(), removed+1)
				}
			}
			return err
		})
		if err != nil {
			return err
		}
		if more = len(holders) == pageRows; more {
			after = holders[len(holders)-1]
		}
	}
	return p.run(ctx, nil, func(x *act) error {
		now := 0
		if there, err := x.find(ctx, tableSuspect, key, &now); err != nil || !there || now != deferred {
			return err
		}
		_, err := x.drop(ctx, tableSuspect, key)
		return err
	})
}

// suspectRemoved makes something a suspect because of what it holds.
func (x *act) suspectRemoved(ctx context.Context, key string, removed int) error {
	if _, there, err := x.tx.Get(ctx, tableSuspect, key); err != nil || there {
		return err
	}
	return x.put(ctx, tableSuspect, key, removed)
}
