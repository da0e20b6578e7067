package mail

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"qvat/host/caps"
)

// List lists a directory, sorted by name; "" is the agent's own. INBOX.NUMBER
// lists the attachments of a message.
func (a *Agent) List(ctx context.Context, path string) ([]caps.Entry, error) {
	return ask(ctx, a.act, func(x *txn) ([]caps.Entry, error) {
		if rest, ok := strings.CutPrefix(path, caps.NameInbox+"."); ok {
			return x.attachments(ctx, rest)
		}
		dir, err := x.directory(ctx, path)
		if err != nil {
			return nil, err
		}
		return x.List(ctx, dir)
	})
}

// attachments lists what a letter carries.
func (x *txn) attachments(ctx context.Context, n string) ([]caps.Entry, error) {
	i, err := strconv.ParseUint(n, 10, 64)
	if err != nil {
		return nil, caps.Refuse(caps.BadName, "%.40s is not the number of a message", n)
	}
	m, err := x.message(ctx, x.who, i)
	if err != nil {
		return nil, err
	}
	list := make([]caps.Entry, len(m.Edges))
	for i, edge := range m.Edges {
		list[i] = caps.Entry{Name: edge, ID: m.IDs[i], Type: m.Types[i]}
	}
	caps.MarkLikes(list)
	return list, nil
}

// Lookup tells what a name leads to; "" is the agent's own directory.
func (a *Agent) Lookup(ctx context.Context, name string) (caps.Thing, error) {
	return ask(ctx, a.act, func(x *txn) (caps.Thing, error) {
		r, err := x.resolveOrOwn(ctx, name)
		if err != nil {
			return caps.Thing{}, err
		}
		return x.Look(ctx, r)
	})
}

// Locate gives the locator of what a name leads to.
func (a *Agent) Locate(ctx context.Context, name string) (caps.Locator, error) {
	return ask(ctx, a.act, func(x *txn) (caps.Locator, error) {
		r, err := x.resolve(ctx, name)
		if err != nil {
			return caps.Locator{}, err
		}
		return x.locator(ctx, r)
	})
}

// Identify gives the identifier that a name leads to.
func (a *Agent) Identify(ctx context.Context, name string) (caps.ID, error) {
	r, err := ask(ctx, a.act, func(x *txn) (caps.Ref, error) { return x.resolve(ctx, name) })
	return r.ID, err
}

// ReverseIdentify gives the names that the agent's own directory has for an
// identifier, sorted; SELF, HOST, AGENT, INBOX and NODE among them, last.
func (a *Agent) ReverseIdentify(ctx context.Context, id caps.ID) ([]string, error) {
	return ask(ctx, a.act, func(x *txn) ([]string, error) {
		names, err := x.NamesFor(ctx, a.who.Dir, id)
		if err != nil {
			return nil, err
		}
		for _, name := range caps.SpecialNames() {
			if r, err := x.special(ctx, []string{name}); err == nil && r.ID == id {
				names = append(names, name)
			}
		}
		return names, nil
	})
}

// ReverseLocate is ReverseIdentify for a locator.
func (a *Agent) ReverseLocate(ctx context.Context, l caps.Locator) ([]string, error) {
	return a.ReverseIdentify(ctx, l.ID)
}

// Move gives something another name. A directory cannot be moved into itself.
func (a *Agent) Move(ctx context.Context, from, to string) error {
	return a.act(ctx, func(x *txn) error {
		source, err := x.walk(ctx, from)
		if err != nil {
			return err
		}
		target, err := x.Walk(ctx, a.who.Dir, to)
		if err != nil {
			return err
		}
		r, err := x.NameIn(ctx, source)
		if err != nil {
			return err
		}
		if r.Type == caps.TypeDirectory && slices.Contains(target.Through, caps.Number(r.ID.Number)) {
			return caps.Refuse(caps.Refused, "%s cannot be moved into itself", from)
		}
		if err := x.Bind(ctx, target.Place, r); err != nil {
			return err
		}
		if _, err := x.Unbind(ctx, source); err != nil {
			return err
		}
		return x.journal(ctx, a.who, "move", 0, map[string]string{"from": from, "to": to})
	})
}

// Copy gives something one more name. from may be whatever can be resolved.
func (a *Agent) Copy(ctx context.Context, from, to string) error {
	return a.act(ctx, func(x *txn) error {
		r, err := x.resolveToGive(ctx, from)
		if err != nil {
			return err
		}
		target, err := x.walk(ctx, to)
		if err != nil {
			return err
		}
		if err := x.Bind(ctx, target, r); err != nil {
			return err
		}
		if _, err := caps.SplitPath(from); err != nil { // it is no name, but an identifier or a locator
			from = Dub(r.ID, nil)
		}
		return x.journal(ctx, a.who, "copy", 0, x.withID(map[string]any{"from": from, "to": to}, r))
	})
}

// Remove removes a name. What nothing else holds goes after it.
func (a *Agent) Remove(ctx context.Context, name string) error {
	return a.act(ctx, func(x *txn) error {
		at, err := x.walk(ctx, name)
		if err != nil {
			return err
		}
		was, err := x.Unbind(ctx, at)
		if err != nil {
			return err
		}
		return x.journal(ctx, a.who, "remove", 0, x.withID(map[string]any{"name": name}, was))
	})
}

// create makes something under a name.
func (x *txn) create(ctx context.Context, name string, f caps.Formula) (caps.ID, error) {
	at, err := x.walk(ctx, name)
	if err != nil {
		return caps.ID{}, err
	}
	return x.MakeNamed(ctx, x.who, at, f)
}

// MakeDirectory makes an empty directory under a name.
func (a *Agent) MakeDirectory(ctx context.Context, name string) error {
	return a.act(ctx, func(x *txn) error {
		id, err := x.create(ctx, name, caps.Formula{Type: caps.TypeDirectory})
		if err != nil {
			return err
		}
		return x.journal(ctx, a.who, "mkdir", 0, map[string]any{"name": name, "id": id})
	})
}

// StoreValue keeps a JSON value under a name; hosts only. It fails with code
// Wrong when it is not one JSON value, and with Full when it has more than
// Limits.ValueBytes.
func (a *Agent) StoreValue(ctx context.Context, name string, value json.RawMessage) (id caps.ID, err error) {
	if len(value) > a.p.limits.ValueBytes {
		return id, caps.Refuse(caps.Full, "a value of %d bytes; it may have %d", len(value), a.p.limits.ValueBytes)
	}
	if err := caps.CheckJSON(value); err != nil {
		return id, err
	}
	return ask(ctx, a.act, func(x *txn) (caps.ID, error) {
		if err := mustHost(a.who, "store values"); err != nil {
			return id, err
		}
		return x.createContent(ctx, "store", name, caps.Formula{Type: caps.TypeValue}, value)
	})
}

// createContent makes something with content under a name, with an entry in the
// journal.
func (x *txn) createContent(ctx context.Context, action, name string, f caps.Formula, content []byte) (caps.ID, error) {
	id, err := x.create(ctx, name, f)
	if err != nil {
		return id, err
	}
	if err := x.SetContent(ctx, x.who, id, content); err != nil {
		return id, err
	}
	return id, x.journal(ctx, x.who, action, 0, map[string]any{"name": name, "id": id})
}
