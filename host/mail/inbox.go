package mail

import (
	"context"
	"crypto/ed25519"
	"slices"

	"qvat/host/caps"
	"qvat/host/mail/letter"
)

// message gives a message as it is shown.
func (r mailRow) message(n uint64) (Message, error) {
	b, err := r.body()
	if err != nil {
		return Message{}, err
	}
	m := Message{
		Number: n, ID: r.ID, Kind: b.Kind, From: r.From, To: r.To, Date: caps.FromMillis(b.Date), Arrived: caps.FromMillis(r.Arrived),
		State: r.State, Strings: b.Strings, Edges: b.Edges, IDs: b.IDs, Types: b.Types, ReplyTo: (*[32]byte)(b.ReplyTo),
		What: b.What, Why: b.Why, Thread: r.Thread,
		Sealed: letter.Sealed{From: r.From, To: r.To, ID: r.ID, Body: []byte(r.Body)},
	}
	if r.Why != "" {
		m.Why = r.Why
	}
	if r.Answer != nil {
		m.Edges, m.IDs, m.Types = []string{letter.EdgeValue}, []caps.ID{r.Answer.ID}, []caps.Type{r.Answer.Type}
	}
	if len(r.Sig) == ed25519.SignatureSize {
		copy(m.Sealed.Signature[:], r.Sig)
	}
	return m, nil
}

// message reads a letter of a mailbox, as it is shown.
func (x *txn) message(ctx context.Context, owner *caps.Agent, n uint64) (Message, error) {
	row, err := x.mail(ctx, owner, n)
	if err != nil {
		return Message{}, err
	}
	return row.message(n)
}

// Message gives one message of the mailbox.
func (a *Agent) Message(ctx context.Context, number uint64) (Message, error) {
	return ask(ctx, a.act, func(x *txn) (Message, error) { return x.message(ctx, a.who, number) })
}

// Bounds of what is listed at a time.
const (
	listDefault = 100
	listMost    = 1000
)

// listLimit gives how many rows a listing may give.
func listLimit(n int) (int, error) {
	if n == 0 {
		n = listDefault
	}
	if n < 0 || n > listMost {
		return 0, caps.Refuse(caps.Wrong, "%d at a time; at most %d are given", n, listMost)
	}
	return n, nil
}

// Messages gives messages of the mailbox, ascending by number, one's own among
// them. With a State or a Thread it may read the whole mailbox; within somebody
// else's transaction it looks at searchRows messages, or searchBytes of them, and
// gives those that it has found. When that is none, and there are more messages,
// it fails with Full, and tells from where to go on.
func (a *Agent) Messages(ctx context.Context, q MessageQuery) (list []Message, err error) {
	limit, err := listLimit(q.Limit)
	if err != nil {
		return nil, err
	}
	err = a.act(ctx, func(x *txn) error {
		list = []Message{}
		rows, bytes, at := 0, 0, uint64(0)
		tired := func() bool { return a.in != nil && (rows >= searchRows || bytes >= searchBytes) }
		err := x.scan(ctx, a.who, q, func(m Message) bool {
			rows, bytes, at = rows+1, bytes+len(m.Sealed.Body), m.Number
			if (q.State == "" || m.State == q.State) && (q.Thread == nil || m.Thread == *q.Thread) {
				list = append(list, m)
			}
			return len(list) < limit && !tired()
		})
		if err != nil || len(list) > 0 || !tired() {
			return err
		}
		return tooLongASearch(rows, at, q.Newest)
	})
	if q.Newest {
		slices.Reverse(list)
	}
	return list, err
}

// Bounds of a search within somebody else's transaction, whose reads stay in
// memory until it ends.
const (
	searchRows  = 1000
	searchBytes = 4 << 20
)

// tooLongASearch is why a search was given up at a message.
func tooLongASearch(rows int, at uint64, newest bool) error {
	from := "after"
	if newest {
		from = "before"
	}
	return caps.Refuse(caps.Full, "none of the %d messages that were looked at is among what is asked for, and there may be more", rows).
		WithHint("go on with { %s: %d }", from, at)
}

// scan gives the messages between q.After and q.Before, from the newest with
// q.Newest, until give has enough.
func (x *txn) scan(ctx context.Context, owner *caps.Agent, q MessageQuery, give func(Message) bool) error {
	e := between(owner, q.After, q.Before, x.p.mailRows())
	e.Reverse = q.Newest
	return x.Each(ctx, tableMail, e, func(key string, value []byte) (bool, error) {
		n, row, err := decodeMail(key, value, owner)
		if err != nil {
			return false, err
		}
		m, err := row.message(n)
		return err == nil && give(m), err
	})
}

// mailRows is how many messages are read at a time: as many as the store gives
// at once when each is as large as it may be, its body escaped as JSON text.
func (p *Post) mailRows() int {
	const most, other = 4 << 20, 4 << 10
	return min(caps.PageRows, max(1, most/(2*p.limits.MessageBytes+other)))
}

// decodeMail reads a row of tableMail.
func decodeMail(key string, value []byte, owner *caps.Agent) (n uint64, row mailRow, err error) {
	if n, err = numberOf(key); err != nil {
		return 0, row, err
	}
	if err = caps.DecodeRow(tableMail, key, value, &row); err != nil {
		return 0, row, err
	}
	return n, row.unpacked(owner), nil
}

// Dismiss puts a message aside: it no longer counts against the mailbox, and no
// longer holds what it carries. A request that is still new must be resolved or
// rejected first, and a message on its way be cancelled.
func (a *Agent) Dismiss(ctx context.Context, number uint64) error {
	return a.act(ctx, func(x *txn) error {
		row, b, err := x.mailBody(ctx, a.who, number)
		if err != nil {
			return err
		}
		switch {
		case row.State == StateDismissed:
			return caps.Refuse(caps.Refused, "message %d has been dismissed already", number)
		case row.State == StateQueued:
			return caps.Refuse(caps.Refused, "message %d is on its way", number).WithHint("cancel it first")
		case row.State == caps.StateNew && b.Kind == letter.KindRequest:
			return caps.Refuse(caps.Refused, "message %d is a request that waits for an answer", number).WithHint("resolve or reject it first")
		}
		if row.State == caps.StateNew {
			if err := x.noLongerNew(ctx, a.who, row); err != nil {
				return err
			}
		}
		row.State = StateDismissed
		if err := x.setMail(ctx, a.who, number, row); err != nil {
			return err
		}
		holder := mailHolder(mailKey(a.who.Number, number))
		for _, id := range row.holds(b, a.p) {
			if err := x.Release(ctx, id, holder); err != nil {
				return err
			}
		}
		if err := x.journal(ctx, a.who, "dismiss", number, map[string]uint64{"number": number}); err != nil {
			return err
		}
		return x.receipt(ctx, row, b, letter.Dismissed)
	})
}

// holds gives all that a message keeps while it is not dismissed.
func (r mailRow) holds(b letter.Body, p *Post) []caps.ID {
	ids := b.IDs
	if r.Promise != nil {
		ids = append(ids, p.id(*r.Promise))
	}
	if r.Answer != nil {
		ids = append(ids, r.Answer.ID)
	}
	return ids
}

// Adopt gives what an edge of a message carries a name in the agent's directory;
// "" is the edge's own.
func (a *Agent) Adopt(ctx context.Context, number uint64, edge, name string) error {
	if name == "" {
		name = edge
	}
	return a.act(ctx, func(x *txn) error {
		r, err := x.edge(ctx, number, edge)
		if err != nil {
			return err
		}
		at, err := x.walk(ctx, name)
		if err != nil {
			return err
		}
		if err := x.Bind(ctx, at, r); err != nil {
			return err
		}
		detail := x.withID(map[string]any{"number": number, "edge": edge, "name": name}, r)
		if err := x.journal(ctx, a.who, "adopt", 0, detail); err != nil {
			return err
		}
		row, b, err := x.mailBody(ctx, a.who, number)
		if err != nil {
			return err
		}
		return x.receipt(ctx, row, b, letter.Adopted)
	})
}

// receipt tells the sender of a package or a reply what became of it, where the
// vat does that. That it cannot be told is no reason to fail.
func (x *txn) receipt(ctx context.Context, row mailRow, b letter.Body, what string) error {
	if !x.p.limits.Receipts || !row.In || b.Kind != letter.KindPackage && b.Kind != letter.KindReply {
		return nil
	}
	answer := letter.Body{Kind: letter.KindReceipt, ReplyTo: &row.ID, What: what}
	_, err := x.post(ctx, outgoing{to: row.From, body: answer, thread: &row.Thread, action: "receipt"})
	if caps.CodeOf(err) != "" {
		return nil // it is not worth a failure
	}
	return err
}
