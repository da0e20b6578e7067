package mail

import (
	"context"
	"encoding/json"
	"fmt"

	"qvat/host/caps"
	"qvat/host/mail/letter"
)

// deliver puts a message that has been admitted into an agent's mailbox, and
// does what its kind asks for.
func (x *txn) deliver(ctx context.Context, to *caps.Agent, m letter.Sealed, b letter.Body) error {
	row := mailRow{
		In: true, From: m.From, To: m.To, ID: m.ID, Body: string(m.Body), Sig: m.Signature[:], Arrived: x.Millis(),
		State: caps.StateNew, Thread: m.ID,
	}
	if b.ReplyTo != nil {
		thread, err := x.threadOf(ctx, to, *b.ReplyTo)
		if err != nil {
			return err
		}
		row.Thread = thread
	}
	n, err := x.file(ctx, to, row, b.IDs)
	if err != nil {
		return err
	}
	if b.Kind == letter.KindValue {
		if err := x.answered(ctx, to, m, b); err != nil {
			return err
		}
	}
	if err := x.journal(ctx, to, "receive", n, receivedDetail{n, m.From, b.Kind}); err != nil {
		return err
	}
	return x.stageWake(ctx, to, n, m.From, b.Auto)
}

type receivedDetail struct {
	Number uint64      `json:"number"`
	From   caps.ID     `json:"from"`
	Kind   letter.Kind `json:"kind"`
}

// admit refuses what the mailbox has no room for, and answers to what was not
// asked; all else it counts. A refusal comes before anything is written.
func (x *txn) admit(ctx context.Context, to *caps.Agent, m letter.Sealed, b letter.Body) error {
	switch b.Kind {
	case letter.KindValue:
		// It is always let in: there is one for each request of the agent's own.
		if _, _, err := x.asked(ctx, to, m, b); err != nil {
			return err
		}
	case letter.KindReceipt:
		row, _, err := x.own(ctx, to, *b.ReplyTo)
		if err != nil {
			return err
		}
		if row == nil || row.To != m.From {
			return caps.Refuse(caps.Refused, "the receipt is for a message that was not sent to who sends it")
		}
	}
	box, err := x.box(ctx, to.Number)
	if err != nil {
		return err
	}
	key, fromHim := x.p.senderKey(to, m.From), 0
	if _, err := x.Find(ctx, tableSender, key, &fromHim); err != nil {
		return err
	}
	if b.Kind != letter.KindValue {
		l := &x.p.limits
		switch {
		case box.New >= l.MailboxCount || box.Bytes+int64(len(m.Body)) > l.MailboxBytes:
			return caps.Refuse(caps.Full, "the recipient's mailbox is full").WithHint("send again when some of it has been dismissed")
		case fromHim >= l.SenderCount:
			return caps.Refuse(caps.Full, "the recipient has %d new messages from this sender, which is all that it takes", fromHim).
				WithHint("send again when some of them have been dismissed")
		}
	}
	err = x.makeRoom(ctx, to.Number, mailRow{Body: string(m.Body)}.cost(len(b.IDs)))
	if caps.CodeOf(err) == caps.Full && b.Kind != letter.KindValue {
		err = caps.Refuse(caps.Full, "the recipient has no room").WithHint("send again when some has been made")
	}
	if err != nil && (caps.CodeOf(err) != caps.Full || b.Kind != letter.KindValue) {
		return err
	}
	box.New++
	box.Bytes += int64(len(m.Body))
	return x.Put(ctx, tableSender, key, fromHim+1)
}

// senderKey is who counts as one sender to an agent: an agent of this vat, or
// another node with all of its agents, of which it can make as many as it likes.
func (p *Post) senderKey(to *caps.Agent, from caps.ID) string {
	if from.Node == p.node {
		return caps.Below(to.Number, caps.Number(from.Number).String())
	}
	return caps.Below(to.Number, "node:"+from.Node.String())
}

// noLongerNew takes a message off the counts of what is new.
func (x *txn) noLongerNew(ctx context.Context, owner *caps.Agent, row mailRow) error {
	box, err := x.box(ctx, owner.Number)
	if err != nil {
		return err
	}
	box.New--
	box.Bytes -= int64(len(row.Body))
	key, n := x.p.senderKey(owner, row.From), 0
	if _, err := x.Find(ctx, tableSender, key, &n); err != nil {
		return err
	}
	if n > 1 {
		return x.Put(ctx, tableSender, key, n-1)
	}
	_, err = x.Drop(ctx, tableSender, key)
	return err
}

// threadOf gives the thread of the message that one answers, as far as this
// mailbox knows.
func (x *txn) threadOf(ctx context.Context, owner *caps.Agent, replyTo caps.Number) (caps.Number, error) {
	for _, way := range []string{wayOut, wayIn} {
		row, _, _, err := x.byID(ctx, owner, way, replyTo)
		if err != nil {
			return replyTo, err
		}
		if row != nil {
			return row.Thread, nil
		}
	}
	return replyTo, nil
}

// byID finds a letter by its id; row is nil where there is none. seen tells that it
// has been in the mailbox, though it may have been forgotten.
func (x *txn) byID(ctx context.Context, owner *caps.Agent, way string, id caps.Number) (row *mailRow, n uint64, seen bool, err error) {
	var at mailIDRow
	if seen, err = x.Find(ctx, tableMailID, mailIDKey(owner.Number, way, id), &at); err != nil || !seen {
		return nil, 0, seen, err
	}
	found, err := x.mail(ctx, owner, at.Number)
	if caps.CodeOf(err) == caps.NotFound {
		return nil, 0, true, nil
	}
	return &found, at.Number, true, err
}

// own finds a message that an agent has sent; nil where there is none.
func (x *txn) own(ctx context.Context, owner *caps.Agent, id caps.Number) (*mailRow, uint64, error) {
	row, n, _, err := x.byID(ctx, owner, wayOut, id)
	return row, n, err
}

// mail reads a message of a mailbox.
func (x *txn) mail(ctx context.Context, owner *caps.Agent, n uint64) (row mailRow, err error) {
	there, err := x.Find(ctx, tableMail, mailKey(owner.Number, n), &row)
	if err == nil && !there {
		err = caps.Refuse(caps.NotFound, "there is no message %d", n)
	}
	return row.unpacked(owner), err
}

// mailBody reads a letter of a mailbox, and what it says.
func (x *txn) mailBody(ctx context.Context, owner *caps.Agent, n uint64) (row mailRow, b letter.Body, err error) {
	if row, err = x.mail(ctx, owner, n); err == nil {
		b, err = row.body()
	}
	return row, b, err
}

// setMail writes a message that has changed.
func (x *txn) setMail(ctx context.Context, owner *caps.Agent, n uint64, row mailRow) error {
	return x.Put(ctx, tableMail, mailKey(owner.Number, n), row.packed())
}

// edge gives what an edge of a message carries.
func (x *txn) edge(ctx context.Context, n uint64, edge string) (caps.Ref, error) {
	row, b, err := x.mailBody(ctx, x.who, n)
	if err != nil {
		return caps.Ref{}, err
	}
	if row.State == StateDismissed {
		return caps.Ref{}, caps.Refuse(caps.Refused, "message %d has been dismissed", n)
	}
	for i, e := range b.Edges {
		if e == edge {
			return caps.Ref{ID: b.IDs[i], Type: b.Types[i]}, nil
		}
	}
	if row.Answer != nil && edge == letter.EdgeValue {
		return *row.Answer, nil
	}
	return caps.Ref{}, caps.Refuse(caps.NotFound, "message %d has no edge %.140s", n, edge)
}

// body reads what a message says; it was checked when it came.
func (r mailRow) body() (b letter.Body, err error) {
	if err := json.Unmarshal([]byte(r.Body), &b); err != nil {
		return b, fmt.Errorf("a message's body is damaged: %w", err)
	}
	return b, nil
}
