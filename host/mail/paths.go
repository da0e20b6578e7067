package mail

import (
	"context"
	"strconv"
	"strings"

	"qvat/host/caps"
)

// walk follows a path from the agent's own directory to the place of its last name.
func (x *txn) walk(ctx context.Context, path string) (caps.Place, error) {
	at, err := x.Walk(ctx, x.who.Dir, path)
	return at.Place, err
}

// resolve gives what a path, a special name, an identifier or a locator leads to.
// The empty path, the agent's own directory, is for resolveOrOwn: a name that
// somebody forgot to give must not stand for all that the agent has.
func (x *txn) resolve(ctx context.Context, name string) (caps.Ref, error) {
	switch {
	case caps.LooksLikeID(name):
		id, err := caps.ParseID(name)
		if err != nil {
			return caps.Ref{}, err
		}
		return x.typed(ctx, id, "")
	case strings.HasPrefix(name, caps.Scheme):
		l, err := caps.ParseLocator(name)
		if err != nil {
			return caps.Ref{}, err
		}
		return x.typed(ctx, l.ID, l.Type)
	}
	parts, err := caps.SplitPath(name)
	if err != nil {
		return caps.Ref{}, err
	}
	if len(parts) > 0 && caps.IsSpecial(parts[0]) {
		return x.special(ctx, parts)
	}
	at, err := x.walk(ctx, name)
	if err != nil {
		return caps.Ref{}, err
	}
	return x.NameIn(ctx, at)
}

// resolveOrOwn is resolve for what only looks: "" is the agent's own directory.
func (x *txn) resolveOrOwn(ctx context.Context, path string) (caps.Ref, error) {
	if path == "" {
		return caps.Ref{ID: x.p.id(x.who.Dir), Type: caps.TypeDirectory}, nil
	}
	return x.resolve(ctx, path)
}

// resolveToKeep is resolve for what is kept or handed on: what a locator tells of
// another node is noted.
func (x *txn) resolveToKeep(ctx context.Context, name string) (caps.Ref, error) {
	r, err := x.resolve(ctx, name)
	if err != nil || !strings.HasPrefix(name, caps.Scheme) {
		return r, err
	}
	l, err := caps.ParseLocator(name)
	if err != nil {
		return r, err
	}
	return r, x.Meet(ctx, x.who, l.ID.Node, l.At)
}

// resolveToGive is resolveToKeep for what comes out of the agent's hands.
func (x *txn) resolveToGive(ctx context.Context, name string) (caps.Ref, error) {
	r, err := x.resolveToKeep(ctx, name)
	if err == nil {
		err = x.mayGive(r)
	}
	return r, err
}

// resolveToMail is resolveToGive for what a letter carries: of a promise, what it
// has been resolved to.
func (x *txn) resolveToMail(ctx context.Context, name string) (caps.Ref, error) {
	r, err := x.resolveToKeep(ctx, name)
	if err == nil {
		r, err = x.Resolved(ctx, r)
	}
	if err == nil {
		err = x.mayGive(r)
	}
	return r, err
}

// mayGive keeps an agent's own powers with it: itself, and its own directory,
// which is as good.
func (x *txn) mayGive(r caps.Ref) error {
	kind, _ := x.p.caps.Kind(r.Type)
	switch {
	case kind.Stays:
		return caps.Refuse(caps.Refused, "an agent's own powers stay with it: use its handle, which is SELF to it")
	case r.ID == x.p.id(x.who.Dir):
		return caps.Refuse(caps.Refused, "an agent's own directory stays with it, and holds all that it has").
			WithHint("make a directory for what is to be shared")
	}
	return nil
}

// typed finds out what an identifier is. said is what somebody said of it.
func (x *txn) typed(ctx context.Context, id caps.ID, said caps.Type) (caps.Ref, error) {
	if id.Node == x.p.node {
		typ, err := x.TypeOf(ctx, id)
		return caps.Ref{ID: id, Type: typ}, err
	}
	if said != "" {
		return caps.Ref{ID: id, Type: said}, nil
	}
	names, err := x.NamesFor(ctx, x.who.Dir, id)
	if err != nil {
		return caps.Ref{}, err
	}
	if len(names) > 0 {
		return x.NameIn(ctx, caps.Place{Dir: x.who.Dir, Name: names[0]})
	}
	return caps.Ref{}, caps.Refuse(caps.Wrong, "what %s… is, is for another node to say", caps.Number(id.Number).String()[:8]).
		WithHint("give its locator, which tells its type")
}

// special gives what a special name leads to.
func (x *txn) special(ctx context.Context, parts []string) (caps.Ref, error) {
	if parts[0] == caps.NameInbox && len(parts) == 3 {
		n, err := strconv.ParseUint(parts[1], 10, 64)
		if err != nil {
			return caps.Ref{}, caps.Refuse(caps.BadName, "%s is not the number of a message", parts[1])
		}
		return x.edge(ctx, n, parts[2])
	}
	if len(parts) > 1 {
		return caps.Ref{}, caps.Refuse(caps.NotFound, "%s has no name %s", parts[0], parts[1]).WithHint("an attachment is INBOX.NUMBER.EDGE")
	}
	switch parts[0] {
	case caps.NameSelf:
		return caps.Ref{ID: x.who.Handle, Type: caps.TypeHandle}, nil
	case caps.NameHost:
		if x.who.Maker == "" {
			return caps.Ref{}, caps.Refuse(caps.NotFound, "%s is the vat's first host, which has no host", x.who.Name)
		}
		host, err := x.AgentByNumber(ctx, x.who.Maker)
		if err != nil {
			return caps.Ref{}, err
		}
		return caps.Ref{ID: host.Handle, Type: caps.TypeHandle}, nil
	case caps.NameAgent:
		return caps.Ref{ID: x.p.id(x.who.Self), Type: caps.TypeAgent}, nil
	case caps.NameInbox:
		return caps.Ref{ID: x.p.id(x.who.Inbox), Type: caps.TypeDirectory}, nil
	default:
		return caps.Ref{ID: x.p.id(caps.Number(x.p.node)), Type: caps.TypeNode}, nil
	}
}

// directory gives the directory at a path, "" for the agent's own.
func (x *txn) directory(ctx context.Context, path string) (caps.Number, error) {
	r, err := x.resolveOrOwn(ctx, path)
	if err != nil {
		return caps.Number{}, err
	}
	return r.ID.Number, x.MustDirectory(ctx, r, path)
}

// locator gives that of something, as far as is known where its node is.
func (x *txn) locator(ctx context.Context, r caps.Ref) (caps.Locator, error) {
	l := caps.Locator{ID: r.ID, Type: r.Type, At: x.p.o.At}
	if r.ID.Node == x.p.node {
		return l, nil
	}
	var err error
	l.At, err = x.Addresses(ctx, r.ID.Node)
	return l, err
}

// Dub gives the words by which an identifier is shown: the names that the
// reader has for it, or the start of its key where there are none. It is never
// empty.
func Dub(id caps.ID, names []string) string {
	if len(names) > 0 {
		return strings.Join(names, ", ")
	}
	return "(ed25519 " + caps.Number(id.Number).String()[:6] + "…)"
}
