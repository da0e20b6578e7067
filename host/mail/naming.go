package mail

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// List lists a directory, sorted by name; "" is the agent's own. INBOX.NUMBER
// lists the attachments of a message.
func (a *Agent) List(ctx context.Context, path string) (list []Entry, err error) {
	err = a.do(ctx, func(x *act) error {
		if rest, ok := strings.CutPrefix(path, NameInbox+"."); ok {
			list, err = x.attachments(ctx, rest)
			return err
		}
		dir, err := x.directory(ctx, path)
		if err != nil {
			return err
		}
		list, err = x.listing(ctx, dir)
		return err
	})
	return list, err
}

// attachments lists what a message carries.
func (x *act) attachments(ctx context.Context, n string) ([]Entry, error) {
	i, err := strconv.ParseUint(n, 10, 64)
	if err != nil {
		return nil, refusal(BadName, "%.40s is not the number of a message", n)
	}
	row, err := x.mail(ctx, x.who, i)
	if err != nil {
		return nil, err
	}
	m, err := row.message(i)
	if err != nil {
		return nil, err
	}
	list := make([]Entry, len(m.Edges))
	for i, edge := range m.Edges {
		list[i] = Entry{Name: edge, ID: m.IDs[i], Type: m.Types[i]}
	}
	markLikes(list)
	return list, nil
}

// Lookup tells what a name leads to; "" is the agent's own directory.
func (a *Agent) Lookup(ctx context.Context, name string) (t Thing, err error) {
	err = a.do(ctx, func(x *act) error {
		h, err := x.ownOr(ctx, name)
		if err != nil {
			return err
		}
		t, err = x.thing(ctx, h)
		return err
	})
	return t, err
}

// thing tells all of something.
func (x *act) thing(ctx context.Context, h held) (Thing, error) {
	t := Thing{ID: h.ID, Type: h.Type, Local: h.ID.Node == x.p.node}
	if !t.Local || h.Type == TypeNode {
		return t, nil
	}
	f, err := x.formula(ctx, h.ID)
	if err != nil {
		return t, err
	}
	key := number(h.ID.Number).String()
	switch f.Type {
	case TypeValue:
		value, _, err := x.tx.Get(ctx, tableValue, key)
		t.Value = slices.Clone(value)
		return t, err
	case TypeDirectory:
		_, err = x.find(ctx, tableNames, key, &t.Names)
	case TypeChain:
		t.Chain = &ChainInfo{}
		t.Chain.Capsule, err = x.capsule(ctx, h.ID)
	case TypePromise:
		t.Promise = &PromiseInfo{State: f.State, Why: f.Why}
		if len(f.Holds) == 1 {
			t.Promise.ID, t.Promise.Type = f.Holds[0].ID, f.Holds[0].Type
		}
	case TypeInvitation:
		from, err := x.agentBySeat(ctx, f.Seat)
		if err != nil {
			return t, err
		}
		t.Invitation = &InvitationInfo{From: from.handle, Expires: fromMillis(f.Expires), Used: f.Used}
	}
	return t, err
}

// Locate gives the locator of what a name leads to.
func (a *Agent) Locate(ctx context.Context, name string) (l Locator, err error) {
	err = a.do(ctx, func(x *act) error {
		h, err := x.resolve(ctx, name)
		if err != nil {
			return err
		}
		l, err = x.locator(ctx, h)
		return err
	})
	return l, err
}

func (x *act) locator(ctx context.Context, h held) (Locator, error) {
	l := Locator{ID: h.ID, Type: h.Type, At: x.p.o.At}
	if h.ID.Node == x.p.node {
		return l, nil
	}
	var peer peerRow
	_, err := x.find(ctx, tablePeer, h.ID.Node.String(), &peer)
	l.At = peer.At
	return l, err
}

// Identify gives the identifier that a name leads to.
func (a *Agent) Identify(ctx context.Context, name string) (id ID, err error) {
	err = a.do(ctx, func(x *act) error {
		h, err := x.resolve(ctx, name)
		id = h.ID
		return err
	})
	return id, err
}

// ReverseIdentify gives the names that the agent's own directory has for an
// identifier, sorted; SELF, HOST, AGENT, INBOX and NODE among them, last.
func (a *Agent) ReverseIdentify(ctx context.Context, id ID) (names []string, err error) {
	err = a.do(ctx, func(x *act) error {
		if names, err = x.namesIn(ctx, a.who.dir, id); err != nil {
			return err
		}
		for _, name := range []string{NameSelf, NameHost, NameAgent, NameInbox, NameNode} {
			if h, err := x.special(ctx, []string{name}); err == nil && h.ID == id {
				names = append(names, name)
			}
		}
		return nil
	})
	return names, err
}

// ReverseLocate is ReverseIdentify for a locator.
func (a *Agent) ReverseLocate(ctx context.Context, l Locator) ([]string, error) {
	return a.ReverseIdentify(ctx, l.ID)
}

// Move gives something another name. A directory cannot be moved into itself.
func (a *Agent) Move(ctx context.Context, from, to string) error {
	return a.do(ctx, func(x *act) error {
		source, err := x.walk(ctx, from)
		if err != nil {
			return err
		}
		target, err := x.walk(ctx, to)
		if err != nil {
			return err
		}
		row, err := x.nameIn(ctx, source.dir, source.name)
		if err != nil {
			return err
		}
		if row.Type == TypeDirectory && slices.Contains(target.way, number(row.ID.Number)) {
			return refusal(Refused, "%s cannot be moved into itself", from)
		}
		if err := x.bind(ctx, target.dir, target.name, row.ID, row.Type); err != nil {
			return err
		}
		if _, err := x.unbind(ctx, source.dir, source.name); err != nil {
			return err
		}
		return x.log(ctx, a.who, "move", 0, map[string]string{"from": from, "to": to})
	})
}

// Copy gives something one more name. from may be whatever can be resolved.
func (a *Agent) Copy(ctx context.Context, from, to string) error {
	return a.do(ctx, func(x *act) error {
		h, err := x.given(ctx, from)
		if err != nil {
			return err
		}
		target, err := x.walk(ctx, to)
		if err != nil {
			return err
		}
		if err := x.bind(ctx, target.dir, target.name, h.ID, h.Type); err != nil {
			return err
		}
		if _, err := splitPath(from); err != nil { // it is no name, but an identifier or a locator
			from = Dub(h.ID, nil)
		}
		return x.log(ctx, a.who, "copy", 0, h.addID(map[string]any{"from": from, "to": to}))
	})
}

// addID adds an identifier to an entry of the log. That of an invitation is left
// out: who reads it could accept.
func (h held) addID(detail map[string]any) map[string]any {
	if h.Type != TypeInvitation {
		detail["id"] = h.ID
	}
	return detail
}

// Remove removes a name. What nothing else holds goes after it.
func (a *Agent) Remove(ctx context.Context, name string) error {
	return a.do(ctx, func(x *act) error {
		at, err := x.walk(ctx, name)
		if err != nil {
			return err
		}
		row, err := x.unbind(ctx, at.dir, at.name)
		if err != nil {
			return err
		}
		return x.log(ctx, a.who, "remove", 0, row.addID(map[string]any{"name": name}))
	})
}

// MakeDirectory makes an empty directory under a name.
func (a *Agent) MakeDirectory(ctx context.Context, name string) error {
	return a.do(ctx, func(x *act) error {
		id, err := x.create(ctx, name, formulaRow{Type: TypeDirectory})
		if err != nil {
			return err
		}
		return x.log(ctx, a.who, "mkdir", 0, map[string]any{"name": name, "id": id})
	})
}

// create makes something under a name.
func (x *act) create(ctx context.Context, name string, f formulaRow) (ID, error) {
	at, err := x.walk(ctx, name)
	if err != nil {
		return ID{}, err
	}
	if f.Type == TypeInvitation {
		f.Dir = &at.dir
	}
	id, err := x.newFormula(ctx, f)
	if err != nil {
		return ID{}, err
	}
	for _, h := range f.Holds {
		if err := x.keepFor(ctx, id, h.ID); err != nil {
			return ID{}, err
		}
	}
	return id, x.bind(ctx, at.dir, at.name, id, f.Type)
}

// StoreValue keeps a JSON value under a name; hosts only. It fails with code
// Wrong when it is not one JSON value, and with Full when it has more than
// Limits.ValueBytes.
func (a *Agent) StoreValue(ctx context.Context, name string, value json.RawMessage) (id ID, err error) {
	if len(value) > a.p.limits.ValueBytes {
		return id, refusal(Full, "a value of %d bytes; it may have %d", len(value), a.p.limits.ValueBytes)
	}
	if err := checkJSON(value); err != nil {
		return id, err
	}
	err = a.do(ctx, func(x *act) error {
		if err := a.who.mustHost("store values"); err != nil {
			return err
		}
		if id, err = x.create(ctx, name, formulaRow{Type: TypeValue}); err != nil {
			return err
		}
		if err := x.setValue(ctx, id, value); err != nil {
			return err
		}
		return x.log(ctx, a.who, "store", 0, map[string]any{"name": name, "id": id})
	})
	return id, err
}
