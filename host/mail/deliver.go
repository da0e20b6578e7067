package mail

import (
	"context"
	"encoding/json"
	"fmt"
)

// deliver puts a message that has been admitted into an agent's mailbox, and
// does what its kind asks for.
func (x *act) deliver(ctx context.Context, to *agent, m Sealed, b body) error {
	row := mailRow{
		In: true, From: m.From, To: m.To, ID: m.ID, Body: string(m.Body), Sig: m.Signature[:], Arrived: x.millis(),
		State: StateNew, Thread: m.ID,
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
	if b.Kind == KindValue {
		if err := x.answered(ctx, to, m, b); err != nil {
			return err
		}
	}
	if err := x.log(ctx, to, "receive", n, receivedDetail{n, m.From, b.Kind}); err != nil {
		return err
	}
	return x.stageWake(ctx, to, n, m.From, b.Auto)
}

type receivedDetail struct {
	Number uint64 `json:"number"`
	From   ID     `json:"from"`
	Kind   Kind   `json:"kind"`
}

// admit refuses what the mailbox has no room for, and answers to what was not
// asked; all else it counts. A refusal comes before anything is written.
func (x *act) admit(ctx context.Context, to *agent, m Sealed, b body) error {
	switch b.Kind {
	case KindValue:
		// It is always let in: there is one for each request of the agent's own.
		if _, _, err := x.asked(ctx, to, m, b); err != nil {
			return err
		}
	case KindReceipt:
		row, _, err := x.own(ctx, to, *b.ReplyTo)
		if err != nil {
			return err
		}
		if row == nil || row.To != m.From {
			return refusal(Refused, "the receipt is for a message that was not sent to who sends it")
		}
	}
	box, err := x.box(ctx, to.seat)
	if err != nil {
		return err
	}
	key, fromHim := x.p.senderKey(to, m.From), 0
	if _, err := x.find(ctx, tableSender, key, &fromHim); err != nil {
		return err
	}
	if b.Kind != KindValue {
		l := &x.p.limits
		switch {
		case box.New >= l.MailboxCount || box.Bytes+int64(len(m.Body)) > l.MailboxBytes:
			return refusal(Full, "the recipient's mailbox is full").hint("send again when some of it has been dismissed")
		case fromHim >= l.SenderCount:
			return refusal(Full, "the recipient has %d new messages from this sender, which is all that it takes", fromHim).
				hint("send again when some of them have been dismissed")
		}
	}
	err = x.makeRoom(ctx, to.seat, mailRow{Body: string(m.Body)}.cost(len(b.IDs)))
	if codeOf(err) == Full && b.Kind != KindValue {
		err = refusal(Full, "the recipient has no room").hint("send again when some has been made")
	}
	if err != nil && (codeOf(err) != Full || b.Kind != KindValue) {
		return err
	}
	box.New++
	box.Bytes += int64(len(m.Body))
	return x.put(ctx, tableSender, key, fromHim+1)
}

// senderKey is who counts as one sender to an agent: an agent of this vat, or
// another node with all of its agents, of which it can make as many as it likes.
func (p *Post) senderKey(to *agent, from ID) string {
	if from.Node == p.node {
		return below(to.seat, number(from.Number).String())
	}
	return below(to.seat, "node:"+from.Node.String())
}

// noLongerNew takes a message off the counts of what is new.
func (x *act) noLongerNew(ctx context.Context, owner *agent, row mailRow) error {
	box, err := x.box(ctx, owner.seat)
	if err != nil {
		return err
	}
	box.New--
	box.Bytes -= int64(len(row.Body))
	key, n := x.p.senderKey(owner, row.From), 0
	if _, err := x.find(ctx, tableSender, key, &n); err != nil {
		return err
	}
	if n > 1 {
		return x.put(ctx, tableSender, key, n-1)
	}
	_, err = x.drop(ctx, tableSender, key)
	return err
}

// threadOf gives the thread of the message that one answers, as far as this
// mailbox knows.
func (x *act) threadOf(ctx context.Context, owner *agent, replyTo number) (number, error) {
	for _, way := range []string{wayOut, wayIn} {
		var at mailIDRow
		there, err := x.find(ctx, tableMailID, mailIDKey(owner.seat, way, replyTo), &at)
		if err != nil {
			return replyTo, err
		}
		if there {
			row, err := x.mail(ctx, owner, at.Number)
			if codeOf(err) == NotFound {
				return replyTo, nil // it has been forgotten
			}
			return row.Thread, err
		}
	}
	return replyTo, nil
}

// own finds a message that an agent has sent; nil where there is none.
func (x *act) own(ctx context.Context, owner *agent, id number) (*mailRow, uint64, error) {
	var at mailIDRow
	there, err := x.find(ctx, tableMailID, mailIDKey(owner.seat, wayOut, id), &at)
	if err != nil || !there {
		return nil, 0, err
	}
	row, err := x.mail(ctx, owner, at.Number)
	return &row, at.Number, err
}

// mail reads a message of a mailbox.
func (x *act) mail(ctx context.Context, owner *agent, n uint64) (row mailRow, err error) {
	there, err := x.find(ctx, tableMail, mailKey(owner.seat, n), &row)
	if err == nil && !there {
		err = refusal(NotFound, "there is no message %d", n)
	}
	return row.unpacked(owner), err
}

// setMail writes a message that has changed.
func (x *act) setMail(ctx context.Context, owner *agent, n uint64, row mailRow) error {
	return x.put(ctx, tableMail, mailKey(owner.seat, n), row.packed())
}

// edge gives what an edge of a message carries.
func (x *act) edge(ctx context.Context, n uint64, edge string) (held, error) {
	row, err := x.mail(ctx, x.who, n)
	if err != nil {
		return held{}, err
	}
	b, err := row.body()
	if err != nil {
		return held{}, err
	}
	if row.State == StateDismissed {
		return held{}, refusal(Refused, "message %d has been dismissed", n)
	}
	for i, e := range b.Edges {
		if e == edge {
			return held{b.IDs[i], b.Types[i]}, nil
		}
	}
	if row.Answer != nil && edge == edgeValue {
		return *row.Answer, nil
	}
	return held{}, refusal(NotFound, "message %d has no edge %.140s", n, edge)
}

// body reads what a message says; it was checked when it came.
func (r mailRow) body() (b body, err error) {
	if err := json.Unmarshal([]byte(r.Body), &b); err != nil {
		return b, fmt.Errorf("a message's body is damaged: %w", err)
	}
	return b, nil
}
