package mail

import (
	"context"
	"errors"
	"slices"
)

// Send mails a package: texts with attachments between them, so there is one
// text more than edges. names[i] is what edges[i] carries. to is a handle.
//
// In the same vat it is in both mailboxes when Send returns; for another node
// it waits in the queue until that node has it ([Agent.Outbox]). It fails with
// Full when the recipient's mailbox, or the sender's share of it, is full.
func (a *Agent) Send(ctx context.Context, to string, strings, edges, names []string) (sent Sent, err error) {
	if len(names) != len(edges) {
		return sent, refusal(Wrong, "%d edges, and %d names of what they carry", len(edges), len(names))
	}
	err = a.do(ctx, func(x *act) error {
		target, err := x.recipient(ctx, to)
		if err != nil {
			return err
		}
		b := body{Kind: KindPackage, Date: x.millis(), Strings: strings, Edges: edges}
		if err := x.attach(ctx, &b, names); err != nil {
			return err
		}
		sent, _, err = x.post(ctx, letter{to: target, body: b, action: "send", as: to})
		return err
	})
	return sent, err
}

// Reply answers a message, to who sent it, or again to whom one sent it oneself.
func (a *Agent) Reply(ctx context.Context, number uint64, strings, edges, names []string) (sent Sent, err error) {
	if len(names) != len(edges) {
		return sent, refusal(Wrong, "%d edges, and %d names of what they carry", len(edges), len(names))
	}
	err = a.do(ctx, func(x *act) error {
		row, err := x.mail(ctx, a.who, number)
		if err != nil {
			return err
		}
		b := body{Kind: KindReply, Date: x.millis(), Strings: strings, Edges: edges, ReplyTo: &row.ID}
		if err := x.attach(ctx, &b, names); err != nil {
			return err
		}
		target := row.From
		if !row.In {
			target = row.To
		}
		sent, _, err = x.post(ctx, letter{to: target, body: b, action: "reply", thread: &row.Thread})
		return err
	})
	return sent, err
}

// recipient gives the handle that a name leads to.
func (x *act) recipient(ctx context.Context, to string) (ID, error) {
	id, err := ParseID(to)
	if err != nil || id.Node == x.p.node { // of another's, delivery finds out whether it is a handle
		h, err := x.kept(ctx, to)
		if err == nil {
			h, err = x.settled(ctx, h)
		}
		if err == nil && h.Type != TypeHandle {
			err = refusal(Wrong, "%.140s is a %s: mail goes to a handle", to, h.Type)
		}
		if err != nil {
			return ID{}, err
		}
		id = h.ID
	}
	if _, err := x.p.checkedKey(id.Node); err != nil {
		return ID{}, refusal(BadName, "%.140s is on no node: what stands for the node's key is no key", to)
	}
	return id, nil
}

// settled gives what a promise has been resolved to, and all else as it is.
func (x *act) settled(ctx context.Context, h held) (held, error) {
	if h.Type != TypePromise || h.ID.Node != x.p.node {
		return h, nil
	}
	f, err := x.formula(ctx, h.ID)
	if err == nil && f.State == StateResolved && len(f.Holds) == 1 {
		return f.Holds[0], nil
	}
	return h, err
}

// attach looks up what the edges of a body carry.
func (x *act) attach(ctx context.Context, b *body, names []string) error {
	for _, name := range names {
		h, err := x.kept(ctx, name)
		if err == nil {
			h, err = x.settled(ctx, h)
		}
		if err == nil {
			err = x.mayGive(h)
		}
		if err != nil {
			return err
		}
		b.IDs, b.Types = append(b.IDs, h.ID), append(b.Types, h.Type)
	}
	return nil
}

// letter is a message to be sent.
type letter struct {
	to      ID
	body    body
	thread  *number // that of what it answers; nil: its own id
	promise *number // of a request
	action  string  // in the sender's log
	as      string  // how the sender called the recipient
}

// post seals a letter and puts it in the sender's mailbox, and in the
// recipient's or the queue.
func (x *act) post(ctx context.Context, l letter) (Sent, mailRow, error) {
	l.body.Auto = x.auto
	text, err := x.p.encode(l.body)
	if err != nil {
		return Sent{}, mailRow{}, err
	}
	id := x.messageID()
	m := x.who.seal(l.to, id, text)
	row := mailRow{
		From: m.From, To: m.To, ID: id, Body: string(text), Sig: m.Signature[:], Arrived: x.millis(),
		State: StateSent, Thread: id, Promise: l.promise,
	}
	if l.thread != nil {
		row.Thread = *l.thread
	}
	// All that can be refused is refused here, before anything is written.
	var local *agent
	if l.to.Node == x.p.node {
		if local, err = x.agentByKey(ctx, l.to.Number); err != nil {
			return Sent{}, row, err
		}
		if err := x.boxesOf(ctx, x.who.seat, local.seat); err != nil {
			return Sent{}, row, err
		}
	}
	if err := x.makeRoom(ctx, x.who.seat, row.cost(len(l.body.IDs))); err != nil {
		return Sent{}, row, err
	}
	if local != nil {
		err = x.admit(ctx, local, m, l.body)
	} else {
		row.State = StateQueued
		err = x.roomInQueue(ctx, x.who)
	}
	if err != nil {
		return Sent{}, row, err
	}
	n, err := x.file(ctx, x.who, row, l.body.IDs)
	if err != nil {
		return Sent{}, row, err
	}
	detail := map[string]any{"number": n, "to": l.to}
	if l.as != "" {
		detail["as"] = l.as
	}
	if err := x.log(ctx, x.who, l.action, n, detail); err != nil {
		return Sent{}, row, err
	}
	if local != nil {
		err = x.deliver(ctx, local, m, l.body)
	} else {
		err = x.enqueue(ctx, n, row)
	}
	return Sent{ID: id, Number: n}, row, err
}

// tryPost is post for what is not worth a failure: where it is refused, it is
// left.
func (x *act) tryPost(ctx context.Context, l letter) error {
	_, _, err := x.post(ctx, l)
	var refused *Error
	if errors.As(err, &refused) {
		return nil
	}
	return err
}

// file puts a message in a mailbox and gives its number.
func (x *act) file(ctx context.Context, owner *agent, row mailRow, ids []ID) (uint64, error) {
	box, err := x.box(ctx, owner.seat)
	if err != nil {
		return 0, err
	}
	box.Mail++
	key := mailKey(owner.seat, box.Mail)
	if err := x.put(ctx, tableMail, key, row.packed()); err != nil {
		return 0, err
	}
	if err := x.count(ctx, owner.seat, row.cost(len(ids))); err != nil {
		return 0, err
	}
	if err := x.put(ctx, tableMailID, mailIDKey(owner.seat, row.way(), row.ID), mailIDRow{box.Mail}); err != nil {
		return 0, err
	}
	if row.Promise != nil {
		ids = append(slices.Clone(ids), ID{*row.Promise, x.p.node})
	}
	for _, id := range ids {
		if err := x.hold(ctx, id, below(holderMail, key)); err != nil {
			return 0, err
		}
	}
	return box.Mail, nil
}

// Receive takes a message from another node, which from must be: the network
// has proved it. When it returns nil, the message is on the disk. It fails with
// BadSeal, Replayed, NotFound (no such agent), Full or Refused, and counts that.
func (p *Post) Receive(ctx context.Context, from Key, m Sealed) error {
	return p.count(p.receive(ctx, from, m))
}

func (p *Post) receive(ctx context.Context, from Key, m Sealed) error {
	switch {
	case m.To.Node != p.node:
		return refusal(BadSeal, "the message is for another node")
	case m.From.Node != from || from == p.node:
		return refusal(BadSeal, "the message says that it is from another node than the one that brought it")
	}
	b, err := p.open(m)
	if err != nil {
		return err
	}
	err = p.run(ctx, nil, func(x *act) error {
		to, err := x.agentByKey(ctx, m.To.Number)
		if err != nil {
			return err
		}
		if err := x.unseen(ctx, to, m); err != nil {
			return err
		}
		if err := x.ownTypes(ctx, b); err != nil {
			return err
		}
		if err := x.meet(ctx, from, nil); err != nil {
			return err
		}
		if err := x.admit(ctx, to, m, b); err != nil {
			return err
		}
		return x.deliver(ctx, to, m, b)
	})
	var refused *Error
	if err != nil && !errors.As(err, &refused) {
		p.log.Error("a message from another node could not be kept", "err", err)
	}
	return err
}

// ownTypes refuses what a message from elsewhere says wrongly of things of this
// node. What it says of others' is for them to say.
func (x *act) ownTypes(ctx context.Context, b body) error {
	for i, id := range b.IDs {
		if id.Node != x.p.node {
			continue
		}
		h, err := x.typed(ctx, id, "")
		if err != nil {
			return err
		}
		if h.Type != b.Types[i] {
			return refusal(Wrong, "the edge %s carries a %s, not a %s", b.Edges[i], h.Type, b.Types[i])
		}
	}
	return nil
}

// unseen refuses a message that has come before.
func (x *act) unseen(ctx context.Context, to *agent, m Sealed) error {
	var seen mailIDRow
	there, err := x.find(ctx, tableMailID, mailIDKey(to.seat, wayIn, m.ID), &seen)
	if err != nil || !there {
		return err
	}
	row, err := x.mail(ctx, to, seen.Number)
	if codeOf(err) == NotFound { // it has been forgotten
		return refusal(Replayed, "the message has been delivered before")
	}
	if err != nil {
		return err
	}
	if row.From != m.From || row.Body != string(m.Body) {
		return refusal(Refused, "another message has this one's id")
	}
	return refusal(Replayed, "the message has been delivered before")
}
