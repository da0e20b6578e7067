package mail

import (
	"context"
	"encoding/binary"
	"slices"

	"qvat/chains"
	"qvat/host/caps"
	"qvat/host/mail/letter"
)

// Send mails a package: texts with attachments between them, so there is one
// text more than edges. names[i] is what edges[i] carries. to is a handle.
//
// In the same vat it is in both mailboxes when Send returns; for another node
// it waits in the queue until that node has it ([Agent.Outbox]). It fails with
// Full when the recipient's mailbox, or the sender's share of it, is full.
func (a *Agent) Send(ctx context.Context, to string, strings, edges, names []string) (Sent, error) {
	return ask(ctx, a.act, func(x *txn) (Sent, error) {
		if len(names) != len(edges) {
			return Sent{}, unevenEdges(edges, names)
		}
		target, err := x.recipient(ctx, to)
		if err != nil {
			return Sent{}, err
		}
		b := letter.Body{Kind: letter.KindPackage, Strings: strings, Edges: edges}
		return x.postText(ctx, outgoing{to: target, body: b, action: "send", as: to}, names)
	})
}

// Reply answers a message, to who sent it, or again to whom one sent it oneself.
func (a *Agent) Reply(ctx context.Context, number uint64, strings, edges, names []string) (Sent, error) {
	return ask(ctx, a.act, func(x *txn) (Sent, error) {
		if len(names) != len(edges) {
			return Sent{}, unevenEdges(edges, names)
		}
		row, err := x.mail(ctx, a.who, number)
		if err != nil {
			return Sent{}, err
		}
		target := row.From
		if !row.In {
			target = row.To
		}
		b := letter.Body{Kind: letter.KindReply, Strings: strings, Edges: edges, ReplyTo: &row.ID}
		return x.postText(ctx, outgoing{to: target, body: b, action: "reply", thread: &row.Thread}, names)
	})
}

func unevenEdges(edges, names []string) error {
	return caps.Refuse(caps.Wrong, "%d edges, and %d names of what they carry", len(edges), len(names))
}

// recipient gives the handle that a name leads to.
func (x *txn) recipient(ctx context.Context, to string) (caps.ID, error) {
	id, err := caps.ParseID(to)
	if err != nil || id.Node == x.p.node { // of another's, delivery finds out whether it is a handle
		r, err := x.resolveToKeep(ctx, to)
		if err == nil {
			r, err = x.Resolved(ctx, r)
		}
		if err == nil && r.Type != caps.TypeHandle {
			err = caps.Refuse(caps.Wrong, "%.140s is a %s: mail goes to a handle", to, r.Type)
		}
		if err != nil {
			return caps.ID{}, err
		}
		id = r.ID
	}
	if id.Node == x.p.node {
		return id, nil
	}
	if _, err := chains.ParsePublicKey(id.Node[:]); err != nil {
		return caps.ID{}, caps.Refuse(caps.BadName, "%.140s is on no node: what stands for the node's key is no key", to)
	}
	return id, nil
}

// postText is post for a text, whose edges carry what has these names.
func (x *txn) postText(ctx context.Context, l outgoing, names []string) (Sent, error) {
	for _, name := range names {
		r, err := x.resolveToMail(ctx, name)
		if err != nil {
			return Sent{}, err
		}
		l.body.IDs, l.body.Types = append(l.body.IDs, r.ID), append(l.body.Types, r.Type)
	}
	return x.post(ctx, l)
}

// outgoing is a letter to be sent.
type outgoing struct {
	to      caps.ID
	body    letter.Body
	thread  *caps.Number // that of what it answers; nil: its own id
	promise *caps.Number // of a request
	action  string       // in the sender's journal
	as      string       // how the sender called the recipient
}

// post seals a letter and puts it in the sender's mailbox, and in the
// recipient's or the queue.
func (x *txn) post(ctx context.Context, l outgoing) (Sent, error) {
	l.body.Date, l.body.Auto = x.Millis(), x.cause.depth()
	text, err := x.p.form.Encode(l.body)
	if err != nil {
		return Sent{}, err
	}
	id, err := x.messageID()
	if err != nil {
		return Sent{}, err
	}
	m := letter.Seal(x.who, l.to, id, text)
	row := mailRow{
		From: m.From, To: m.To, ID: id, Body: string(text), Sig: m.Signature[:], Arrived: x.Millis(),
		State: StateSent, Thread: id, Promise: l.promise,
	}
	if l.thread != nil {
		row.Thread = *l.thread
	}
	// All that can be refused is refused here, before anything is written.
	var local *caps.Agent
	if l.to.Node == x.p.node {
		if local, err = x.AgentByKey(ctx, l.to.Number); err != nil {
			return Sent{}, err
		}
		if err := x.boxesOf(ctx, x.who.Number, local.Number); err != nil {
			return Sent{}, err
		}
	}
	if err := x.makeRoom(ctx, x.who.Number, row.cost(len(l.body.IDs))); err != nil {
		return Sent{}, err
	}
	if local != nil {
		err = x.admit(ctx, local, m, l.body)
	} else {
		row.State = StateQueued
		err = x.roomInQueue(ctx, x.who)
	}
	if err != nil {
		return Sent{}, err
	}
	n, err := x.file(ctx, x.who, row, l.body.IDs)
	if err != nil {
		return Sent{}, err
	}
	detail := map[string]any{"number": n, "to": l.to}
	if l.as != "" {
		detail["as"] = l.as
	}
	if err := x.journal(ctx, x.who, l.action, n, detail); err != nil {
		return Sent{}, err
	}
	if local != nil {
		err = x.deliver(ctx, local, m, l.body)
	} else {
		err = x.enqueue(ctx, n, row)
	}
	return Sent{ID: id, Number: n}, err
}

// messageID gives the id of a new message: eight bytes of the time, so that ids
// grow, and 24 that nobody can guess.
func (x *txn) messageID() (caps.Number, error) {
	n, err := x.Random()
	binary.BigEndian.PutUint64(n[:], uint64(x.Time().UnixNano()))
	return n, err
}

// file puts a message in a mailbox and gives its number.
func (x *txn) file(ctx context.Context, owner *caps.Agent, row mailRow, ids []caps.ID) (uint64, error) {
	box, err := x.box(ctx, owner.Number)
	if err != nil {
		return 0, err
	}
	box.Mail++
	key := mailKey(owner.Number, box.Mail)
	if err := x.Put(ctx, tableMail, key, row.packed()); err != nil {
		return 0, err
	}
	if err := x.count(ctx, owner.Number, row.cost(len(ids))); err != nil {
		return 0, err
	}
	if err := x.Put(ctx, tableMailID, mailIDKey(owner.Number, row.way(), row.ID), mailIDRow{box.Mail}); err != nil {
		return 0, err
	}
	if row.Promise != nil {
		ids = append(slices.Clone(ids), x.p.id(*row.Promise))
	}
	for _, id := range ids {
		if err := x.Hold(ctx, id, mailHolder(key)); err != nil {
			return 0, err
		}
	}
	return box.Mail, nil
}
