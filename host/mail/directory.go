package mail

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"qvat/host/store"
)

// place is where a name stands: a directory of this node and the name in it.
type place struct {
	dir  number
	name string
	way  []number // the directories on the path, dir last
}

// walk follows a path to the directory that has its last name.
func (x *act) walk(ctx context.Context, path string) (place, error) {
	parts, err := splitPath(path)
	if err != nil {
		return place{}, err
	}
	if len(parts) == 0 {
		return place{}, refusal(BadName, "the name is empty")
	}
	if isSpecial(parts[0]) {
		if len(parts) == 1 {
			return place{}, refusal(BadName, "%s is a special name, which cannot be changed", path)
		}
		return place{}, refusal(Wrong, "%s has no names that can be changed", parts[0])
	}
	at := place{dir: x.who.dir, way: []number{x.who.dir}}
	for _, part := range parts[:len(parts)-1] {
		next, err := x.nameIn(ctx, at.dir, part)
		if err != nil {
			return at, err
		}
		if err := x.mustDirectory(ctx, next, part); err != nil {
			return at, err
		}
		at.dir = next.ID.Number
		at.way = append(at.way, at.dir)
	}
	at.name = parts[len(parts)-1]
	return at, nil
}

// nameIn gives where a name of a directory leads.
func (x *act) nameIn(ctx context.Context, dir number, name string) (row nameRow, err error) {
	there, err := x.find(ctx, tableName, below(dir.String(), name), &row)
	if err == nil && !there {
		err = refusal(NotFound, "there is no name %s", name)
	}
	return row, err
}

// mustDirectory refuses what is no directory of this node.
func (x *act) mustDirectory(ctx context.Context, h held, name string) error {
	if h.Type != TypeDirectory {
		return refusal(Wrong, "%s is a %s, not a directory", name, h.Type)
	}
	f, err := x.formula(ctx, h.ID)
	switch {
	case err != nil:
		return err
	case f.Type != TypeDirectory: // a name can tell what another node said
		return refusal(Wrong, "%s is a %s, not a directory", name, f.Type)
	case f.Inbox:
		return refusal(Wrong, "%s is a mailbox, not a directory", name)
	}
	return nil
}

// resolve gives what a path, a special name, an identifier or a locator leads to.
// The empty path, the agent's own directory, is for ownOr: a name that somebody
// forgot to give must not stand for all that the agent has.
func (x *act) resolve(ctx context.Context, name string) (held, error) {
	switch {
	case looksLikeID(name):
		id, err := ParseID(name)
		if err != nil {
			return held{}, err
		}
		return x.typed(ctx, id, "")
	case strings.HasPrefix(name, scheme):
		l, err := ParseLocator(name)
		if err != nil {
			return held{}, err
		}
		return x.typed(ctx, l.ID, l.Type)
	}
	parts, err := splitPath(name)
	switch {
	case err != nil:
		return held{}, err
	case len(parts) == 0:
		return held{}, refusal(BadName, "the name is empty")
	case isSpecial(parts[0]):
		return x.special(ctx, parts)
	}
	at, err := x.walk(ctx, name)
	if err != nil {
		return held{}, err
	}
	return x.nameIn(ctx, at.dir, at.name)
}

// ownOr is resolve for what only looks: "" is the agent's own directory.
func (x *act) ownOr(ctx context.Context, path string) (held, error) {
	if path == "" {
		return held{ID{x.who.dir, x.p.node}, TypeDirectory}, nil
	}
	return x.resolve(ctx, path)
}

// kept is resolve for what is kept or handed on: what a locator tells of another
// node is noted.
func (x *act) kept(ctx context.Context, name string) (held, error) {
	h, err := x.resolve(ctx, name)
	if err != nil || !strings.HasPrefix(name, scheme) {
		return h, err
	}
	l, err := ParseLocator(name)
	if err != nil {
		return h, err
	}
	return h, x.meet(ctx, l.ID.Node, l.At)
}

// given is kept for what comes out of the agent's hands.
func (x *act) given(ctx context.Context, name string) (held, error) {
	h, err := x.kept(ctx, name)
	if err == nil {
		err = x.mayGive(h)
	}
	return h, err
}

// mayGive keeps an agent's own powers with it: itself, and its own directory,
// which is as good.
func (x *act) mayGive(h held) error {
	switch {
	case h.Type == TypeAgent:
		return refusal(Refused, "an agent's own powers stay with it: use its handle, which is SELF to it")
	case h.ID == ID{x.who.dir, x.p.node}:
		return refusal(Refused, "an agent's own directory stays with it, and holds all that it has").
			hint("make a directory for what is to be shared")
	}
	return nil
}

// typed finds out what an identifier is. said is what somebody said of it.
func (x *act) typed(ctx context.Context, id ID, said Type) (held, error) {
	if id.Node == x.p.node && id.Number == id.Node {
		return held{id, TypeNode}, nil
	}
	if id.Node == x.p.node {
		f, err := x.formula(ctx, id)
		return held{id, f.Type}, err
	}
	if said != "" {
		return held{id, said}, nil
	}
	names, err := x.namesIn(ctx, x.who.dir, id)
	if err != nil {
		return held{}, err
	}
	if len(names) > 0 {
		return x.nameIn(ctx, x.who.dir, names[0])
	}
	return held{}, refusal(Wrong, "what %s… is, is for another node to say", number(id.Number).String()[:8]).
		hint("give its locator, which tells its type")
}

// special gives what a special name leads to.
func (x *act) special(ctx context.Context, parts []string) (held, error) {
	if parts[0] == NameInbox && len(parts) == 3 {
		n, err := strconv.ParseUint(parts[1], 10, 64)
		if err != nil {
			return held{}, refusal(BadName, "%s is not the number of a message", parts[1])
		}
		return x.edge(ctx, n, parts[2])
	}
	if len(parts) > 1 {
		return held{}, refusal(NotFound, "%s has no name %s", parts[0], parts[1]).hint("an attachment is INBOX.NUMBER.EDGE")
	}
	switch parts[0] {
	case NameSelf:
		return held{x.who.handle, TypeHandle}, nil
	case NameHost:
		if x.who.of == "" {
			return held{}, refusal(NotFound, "%s is the vat's first host, which has no host", x.who.name)
		}
		host, err := x.agentBySeat(ctx, x.who.of)
		if err != nil {
			return held{}, err
		}
		return held{host.handle, TypeHandle}, nil
	case NameAgent:
		return held{ID{x.who.self, x.p.node}, TypeAgent}, nil
	case NameInbox:
		return held{ID{x.who.inbox, x.p.node}, TypeDirectory}, nil
	default:
		return held{ID{x.p.node, x.p.node}, TypeNode}, nil
	}
}

// bind makes a name that is not there yet.
func (x *act) bind(ctx context.Context, dir number, name string, id ID, typ Type) error {
	if err := CheckName(name); err != nil {
		return err
	}
	key := below(dir.String(), name)
	if _, taken, err := x.tx.Get(ctx, tableName, key); err != nil {
		return err
	} else if taken {
		return refusal(BadName, "the name %s is taken", name).hint("take another name, or remove or move this one first")
	}
	n := 0
	if _, err := x.find(ctx, tableNames, dir.String(), &n); err != nil {
		return err
	}
	if n >= x.p.limits.Names {
		return refusal(Full, "the directory has %d names, which is its limit", n)
	}
	if err := x.chargeName(ctx, dir); err != nil {
		return err
	}
	if err := x.put(ctx, tableNames, dir.String(), n+1); err != nil {
		return err
	}
	return x.lead(ctx, dir, name, id, typ)
}

// lead has a name lead somewhere.
func (x *act) lead(ctx context.Context, dir number, name string, id ID, typ Type) error {
	x.touch = append(x.touch, hearNames(dir))
	if err := x.put(ctx, tableName, below(dir.String(), name), nameRow{id, typ}); err != nil {
		return err
	}
	return x.hold(ctx, id, nameHolder(dir, name))
}

func nameHolder(dir number, name string) string {
	return below(below(holderName, dir.String()), name)
}

// unbind removes a name.
func (x *act) unbind(ctx context.Context, dir number, name string) (nameRow, error) {
	row, err := x.nameIn(ctx, dir, name)
	if err != nil {
		return row, err
	}
	n := 0
	if _, err := x.find(ctx, tableNames, dir.String(), &n); err != nil {
		return row, err
	}
	if err := x.uncountName(ctx, dir); err != nil {
		return row, err
	}
	if err := x.put(ctx, tableNames, dir.String(), n-1); err != nil {
		return row, err
	}
	if _, err := x.drop(ctx, tableName, below(dir.String(), name)); err != nil {
		return row, err
	}
	x.touch = append(x.touch, hearNames(dir))
	return row, x.release(ctx, row.ID, nameHolder(dir, name))
}

// relead has a name lead elsewhere.
func (x *act) relead(ctx context.Context, dir number, name string, to held) error {
	row, err := x.nameIn(ctx, dir, name)
	if err != nil {
		return err
	}
	if err := x.release(ctx, row.ID, nameHolder(dir, name)); err != nil {
		return err
	}
	return x.lead(ctx, dir, name, to.ID, to.Type)
}

// namesIn gives the names that a directory has for an identifier.
func (x *act) namesIn(ctx context.Context, dir number, id ID) ([]string, error) {
	prefix := below(x.p.heldKey(id), nameHolder(dir, ""))
	var names []string
	for after := ""; ; {
		entries, err := x.tx.Entries(ctx, tableHeld, store.EntriesQuery{Prefix: prefix, After: after, Limit: pageRows})
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			names = append(names, e.Key[len(prefix):])
		}
		if len(entries) < pageRows {
			return names, nil
		}
		after = entries[len(entries)-1].Key
	}
}

// listing gives all names of a directory, sorted.
func (x *act) listing(ctx context.Context, dir number) ([]Entry, error) {
	prefix := below(dir.String(), "")
	list := []Entry{}
	for after := ""; ; {
		entries, err := x.tx.Entries(ctx, tableName, store.EntriesQuery{Prefix: prefix, After: after, Limit: 1000})
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			var row nameRow
			if err := decodeRow(tableName, e.Key, e.Value, &row); err != nil {
				return nil, err
			}
			list = append(list, Entry{Name: e.Key[len(prefix):], ID: row.ID, Type: row.Type})
		}
		if len(entries) < 1000 {
			markLikes(list)
			return list, nil
		}
		after = entries[len(entries)-1].Key
	}
}

// directory gives the directory at a path, "" for the agent's own.
func (x *act) directory(ctx context.Context, path string) (number, error) {
	h, err := x.ownOr(ctx, path)
	if err != nil {
		return number{}, err
	}
	return h.ID.Number, x.mustDirectory(ctx, h, path)
}

// maxPeers is how many other nodes are remembered.
const maxPeers = 10_000

// meet notes another node. Addresses, which all agents of the vat go by, are noted
// for hosts alone, behind those that are known; where there are as many as may be,
// the oldest goes. What a guest does notes nothing. When as many nodes are known as
// may be, a host's locator is refused with Full, and a node without one is not
// noted: there is no more to know of it than its key.
func (x *act) meet(ctx context.Context, node Key, at []string) error {
	guest := x.who != nil && !x.who.host
	if node == x.p.node || guest {
		return nil
	}
	var row peerRow
	there, err := x.find(ctx, tablePeer, node.String(), &row)
	if err != nil {
		return err
	}
	news := !there
	for _, address := range at {
		if slices.Contains(row.At, address) {
			continue
		}
		if len(row.At) == maxAddresses {
			row.At = slices.Clone(row.At[1:])
		}
		row.At = append(row.At, address)
		news = true
	}
	if !news {
		return nil
	}
	if !there {
		row.Since = x.millis()
		n := 0
		if _, err := x.find(ctx, tableState, statePeers, &n); err != nil {
			return err
		}
		switch {
		case n >= maxPeers && len(at) > 0:
			return refusal(Full, "the vat knows %d other nodes, which is its limit", n)
		case n >= maxPeers:
			return nil
		}
		if err := x.put(ctx, tableState, statePeers, n+1); err != nil {
			return err
		}
	}
	return x.put(ctx, tablePeer, node.String(), row)
}
