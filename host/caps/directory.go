package caps

import (
	"context"
	"strings"

	"qvat/host/store"
)

// directoryKind is names for identifiers. An agent's inbox is one without rows.
var directoryKind = Kind{
	Type: TypeDirectory, Look: lookDirectory, Extra: namesBytes, Clear: clearNames,
	Own: func(f Formula) string {
		if f.Inbox {
			return "mailbox"
		}
		return string(TypeDirectory)
	},
}

func lookDirectory(ctx context.Context, x *Txn, id ID, _ Formula, t *Thing) error {
	_, err := x.Find(ctx, tableNames, id.key(), &t.Names)
	return err
}

// Place is where a name stands: a directory of this node, and the name in it.
type Place struct {
	Dir  Number
	Name string
}

func (at Place) key() string { return Below(at.Dir.String(), at.Name) }

// holder is the place as the holder of what its name leads to.
func (at Place) holder() string { return Below(holderName, at.key()) }

// NameIn gives where a name leads. It fails with NotFound.
func (x *Txn) NameIn(ctx context.Context, at Place) (r Ref, err error) {
	there, err := x.Find(ctx, tableName, at.key(), &r)
	if err == nil && !there {
		err = Refuse(NotFound, "there is no name %s", at.Name)
	}
	return r, err
}

// Walked is where a path leads: the place of its last name, and the directories that
// it goes through, the place's last.
type Walked struct {
	Place
	Through []Number
}

// Walk follows a path of pet names from a directory to the place of its last name. It
// fails with BadName, with Wrong where it goes through what is no directory, and with
// NotFound.
func (x *Txn) Walk(ctx context.Context, from Number, path string) (Walked, error) {
	parts, err := SplitPath(path)
	switch {
	case err != nil:
		return Walked{}, err
	case len(parts) == 0:
		return Walked{}, Refuse(BadName, "the name is empty")
	case IsSpecial(parts[0]) && len(parts) == 1:
		return Walked{}, Refuse(BadName, "%s is a special name, which cannot be changed", path)
	case IsSpecial(parts[0]):
		return Walked{}, Refuse(Wrong, "%s has no names that can be changed", parts[0])
	}
	at := Walked{Place: Place{Dir: from}, Through: []Number{from}}
	for _, part := range parts[:len(parts)-1] {
		next, err := x.NameIn(ctx, Place{at.Dir, part})
		if err != nil {
			return at, err
		}
		if err := x.MustDirectory(ctx, next, part); err != nil {
			return at, err
		}
		at.Dir = next.ID.Number
		at.Through = append(at.Through, at.Dir)
	}
	at.Name = parts[len(parts)-1]
	return at, nil
}

// MustDirectory refuses with Wrong what is no directory of this node; name is what
// it is called.
func (x *Txn) MustDirectory(ctx context.Context, r Ref, name string) error {
	if r.Type != TypeDirectory {
		return Refuse(Wrong, "%s is a %s, not a directory", name, r.Type)
	}
	f, err := x.Formula(ctx, r.ID)
	switch {
	case err != nil:
		return err
	case f.Type != TypeDirectory: // a name can tell what another node said
		return Refuse(Wrong, "%s is a %s, not a directory", name, f.Type)
	case f.Inbox:
		return Refuse(Wrong, "%s is a mailbox, not a directory", name)
	}
	return nil
}

// Bind makes a name that is not there yet, at the cost of who made the directory.
// It fails with BadName when it is no pet name, or is taken, and with Full when
// there is no room for it.
func (x *Txn) Bind(ctx context.Context, at Place, to Ref) error {
	if err := CheckName(at.Name); err != nil {
		return err
	}
	if _, taken, err := x.o.Tx.Get(ctx, tableName, at.key()); err != nil {
		return err
	} else if taken {
		return Refuse(BadName, "the name %s is taken", at.Name).WithHint("take another name, or remove or move this one first")
	}
	n, payer, err := x.countNames(ctx, at.Dir)
	if err != nil {
		return err
	}
	if n >= x.k.o.MaxNames {
		return Refuse(Full, "the directory has %d names, which is its limit", n)
	}
	if err := x.charge(ctx, payer, nameCost); err != nil {
		return err
	}
	if err := x.Put(ctx, tableNames, at.Dir.String(), n+1); err != nil {
		return err
	}
	return x.point(ctx, at, to)
}

// countNames gives how many names a directory has, and who pays for them.
func (x *Txn) countNames(ctx context.Context, dir Number) (n int, payer string, err error) {
	var f Formula
	if _, err := x.Find(ctx, tableNames, dir.String(), &n); err != nil {
		return n, "", err
	}
	_, err = x.Find(ctx, tableFormula, dir.String(), &f)
	return n, f.Payer, err
}

// point has a name lead somewhere.
func (x *Txn) point(ctx context.Context, at Place, to Ref) error {
	x.NotifyLater(TopicNames(at.Dir))
	if err := x.Put(ctx, tableName, at.key(), to); err != nil {
		return err
	}
	return x.Hold(ctx, to.ID, at.holder())
}

// Unbind removes a name, and gives where it led.
func (x *Txn) Unbind(ctx context.Context, at Place) (Ref, error) {
	was, err := x.NameIn(ctx, at)
	if err != nil {
		return was, err
	}
	n, payer, err := x.countNames(ctx, at.Dir)
	if err != nil {
		return was, err
	}
	if err := x.refund(ctx, payer, nameCost); err != nil {
		return was, err
	}
	if err := x.Put(ctx, tableNames, at.Dir.String(), n-1); err != nil {
		return was, err
	}
	if _, err := x.Drop(ctx, tableName, at.key()); err != nil {
		return was, err
	}
	x.NotifyLater(TopicNames(at.Dir))
	return was, x.Release(ctx, was.ID, at.holder())
}

// Rebind has a name that is there lead elsewhere.
func (x *Txn) Rebind(ctx context.Context, at Place, to Ref) error {
	was, err := x.NameIn(ctx, at)
	if err != nil {
		return err
	}
	if err := x.Release(ctx, was.ID, at.holder()); err != nil {
		return err
	}
	return x.point(ctx, at, to)
}

// NamesFor gives the names that a directory has for an identifier, sorted.
func (x *Txn) NamesFor(ctx context.Context, dir Number, id ID) (names []string, err error) {
	prefix := Below(x.k.heldKey(id), Place{Dir: dir}.holder())
	err = x.Each(ctx, tableHeld, store.EntriesQuery{Prefix: prefix}, func(key string, _ []byte) (bool, error) {
		names = append(names, key[len(prefix):])
		return true, nil
	})
	return names, err
}

// placesOf gives the places whose names lead to something, in all directories; the
// first maxFollow of them.
func (x *Txn) placesOf(ctx context.Context, id ID) (places []Place, err error) {
	prefix := Below(x.k.heldKey(id), holderName+"/")
	entries, err := x.o.Tx.Entries(ctx, tableHeld, store.EntriesQuery{Prefix: prefix, Limit: maxFollow})
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		dir, name, _ := strings.Cut(e.Key[len(prefix):], "/")
		n, err := ParseNumber(dir)
		if err != nil {
			return nil, err
		}
		places = append(places, Place{n, name})
	}
	return places, nil
}

// listRows is how many names are read at a time.
const listRows = 1000

// List gives all names of a directory, sorted, with those marked that look alike.
func (x *Txn) List(ctx context.Context, dir Number) ([]Entry, error) {
	list := []Entry{}
	err := x.eachName(ctx, dir, listRows, func(at Place, r Ref) (bool, error) {
		list = append(list, Entry{Name: at.Name, ID: r.ID, Type: r.Type})
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	MarkLikes(list)
	return list, nil
}

// eachName gives the names of a directory, some rows at a time, until give has
// enough or fails.
func (x *Txn) eachName(ctx context.Context, dir Number, rows int, give func(at Place, r Ref) (more bool, err error)) error {
	prefix := Below(dir.String(), "")
	return x.Each(ctx, tableName, store.EntriesQuery{Prefix: prefix, Limit: rows}, func(key string, value []byte) (bool, error) {
		var r Ref
		if err := DecodeRow(tableName, key, value, &r); err != nil {
			return false, err
		}
		return give(Place{dir, key[len(prefix):]}, r)
	})
}

// namesBytes is what a directory's names have been charged for.
func namesBytes(ctx context.Context, x *Txn, id ID) (int64, error) {
	names := 0
	_, err := x.Find(ctx, tableNames, id.key(), &names)
	return int64(names) * nameCost, err
}

// clearRows is how many names of a directory that has gone are removed in one
// transaction.
const clearRows = 50

// clearNames removes the names of a directory that has gone, some at a time: what
// is left of it is a suspect again.
func clearNames(ctx context.Context, x *Txn, id ID) error {
	n := 0
	err := x.eachName(ctx, id.Number, clearRows, func(at Place, r Ref) (bool, error) {
		n++
		if _, err := x.Drop(ctx, tableName, at.key()); err != nil {
			return false, err
		}
		return n < clearRows, x.Release(ctx, r.ID, at.holder())
	})
	if err != nil || n == 0 {
		return err
	}
	x.NotifyLater(TopicNames(id.Number))
	if n == clearRows {
		return x.suspect(ctx, id)
	}
	_, err = x.Drop(ctx, tableNames, id.key())
	return err
}
