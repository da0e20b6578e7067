package mail

import (
	"context"
	"crypto/ed25519"
	"math"

	"qvat/host/store"
)

// message gives a message as it is shown.
func (r mailRow) message(n uint64) (Message, error) {
	b, err := r.body()
	if err != nil {
		return Message{}, err
	}
	m := Message{
		Number: n, ID: r.ID, Kind: b.Kind, From: r.From, To: r.To, Date: fromMillis(b.Date), Arrived: fromMillis(r.Arrived),
		State: r.State, Strings: b.Strings, Edges: b.Edges, IDs: b.IDs, Types: b.Types, ReplyTo: (*[32]byte)(b.ReplyTo),
		What: b.What, Why: b.Why, Thread: r.Thread,
		Sealed: Sealed{From: r.From, To: r.To, ID: r.ID, Body: []byte(r.Body)},
	}
	if r.Why != "" {
		m.Why = r.Why
	}
	if r.Answer != nil {
		m.Edges, m.IDs, m.Types = []string{edgeValue}, []ID{r.Answer.ID}, []Type{r.Answer.Type}
	}
	if len(r.Sig) == ed25519.SignatureSize {
		copy(m.Sealed.Signature[:], r.Sig)
	}
	return m, nil
}

// Message gives one message of the mailbox.
func (a *Agent) Message(ctx context.Context, number uint64) (m Message, err error) {
	err = a.do(ctx, func(x *act) error {
		row, err := x.mail(ctx, a.who, number)
		if err != nil {
			return err
		}
		m, err = row.message(number)
		return err
	})
	return m, err
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
		return 0, refusal(Wrong, "%d at a time; at most %d are given", n, listMost)
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
	err = a.do(ctx, func(x *act) error {
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
		for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
			list[i], list[j] = list[j], list[i]
		}
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
	return refusal(Full, "none of the %d messages that were looked at is among what is asked for, and there may be more", rows).
		hint("go on with { %s: %d }", from, at)
}

// scan gives the messages between q.After and q.Before, from the newest with
// q.Newest, until give has enough.
func (x *act) scan(ctx context.Context, owner *agent, q MessageQuery, give func(Message) bool) error {
	e := store.EntriesQuery{Prefix: owner.seat + "/", Limit: x.p.mailRows(), Reverse: q.Newest}
	if q.After > 0 {
		e.After = mailKey(owner.seat, q.After)
	}
	if q.Before > 0 {
		e.Before = mailKey(owner.seat, q.Before)
	}
	for {
		entries, err := x.tx.Entries(ctx, tableMail, e)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			m, err := messageOf(entry, owner)
			if err != nil {
				return err
			}
			if !give(m) {
				return nil
			}
		}
		if len(entries) < e.Limit {
			return nil
		}
		last := entries[len(entries)-1].Key
		if q.Newest {
			e.Before = last
		} else {
			e.After = last
		}
	}
}

// mailRows is how many messages are read at a time: as many as the store gives
// at once when each is as large as it may be, its body escaped as JSON text.
func (p *Post) mailRows() int {
	const most, other = 4 << 20, 4 << 10
	return min(pageRows, max(1, most/(2*p.limits.MessageBytes+other)))
}

// messageOf reads a row of tableMail.
func messageOf(e store.Entry, owner *agent) (Message, error) {
	n, err := numberOf(e.Key)
	if err != nil {
		return Message{}, err
	}
	var row mailRow
	if err := decodeRow(tableMail, e.Key, e.Value, &row); err != nil {
		return Message{}, err
	}
	return row.unpacked(owner).message(n)
}

// Dismiss puts a message aside: it no longer counts against the mailbox, and no
// longer holds what it carries. A request that is still new must be resolved or
// rejected first, and a message on its way be cancelled.
func (a *Agent) Dismiss(ctx context.Context, number uint64) error {
	return a.do(ctx, func(x *act) error {
		row, err := x.mail(ctx, a.who, number)
		if err != nil {
			return err
		}
		b, err := row.body()
		if err != nil {
			return err
		}
		switch {
		case row.State == StateDismissed:
			return refusal(Refused, "message %d has been dismissed already", number)
		case row.State == StateQueued:
			return refusal(Refused, "message %d is on its way", number).hint("cancel it first")
		case row.State == StateNew && b.Kind == KindRequest:
			return refusal(Refused, "message %d is a request that waits for an answer", number).hint("resolve or reject it first")
		}
		if row.State == StateNew {
			if err := x.noLongerNew(ctx, a.who, row); err != nil {
				return err
			}
		}
		row.State = StateDismissed
		if err := x.setMail(ctx, a.who, number, row); err != nil {
			return err
		}
		holder := below(holderMail, mailKey(a.who.seat, number))
		for _, id := range row.holds(b, a.p.node) {
			if err := x.release(ctx, id, holder); err != nil {
				return err
			}
		}
		if err := x.log(ctx, a.who, "dismiss", number, map[string]uint64{"number": number}); err != nil {
			return err
		}
		return x.receipt(ctx, row, b, receiptDismissed)
	})
}

// holds gives all that a message keeps while it is not dismissed.
func (r mailRow) holds(b body, node Key) []ID {
	ids := b.IDs
	if r.Promise != nil {
		ids = append(ids, ID{*r.Promise, node})
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
	return a.do(ctx, func(x *act) error {
		h, err := x.edge(ctx, number, edge)
		if err != nil {
			return err
		}
		at, err := x.walk(ctx, name)
		if err != nil {
			return err
		}
		if err := x.bind(ctx, at.dir, at.name, h.ID, h.Type); err != nil {
			return err
		}
		detail := h.addID(map[string]any{"number": number, "edge": edge, "name": name})
		if err := x.log(ctx, a.who, "adopt", 0, detail); err != nil {
			return err
		}
		row, err := x.mail(ctx, a.who, number)
		if err != nil {
			return err
		}
		b, err := row.body()
		if err != nil {
			return err
		}
		return x.receipt(ctx, row, b, receiptAdopted)
	})
}

// receipt tells the sender of a package or a reply what became of it, where the
// vat does that. That it cannot be told is no reason to fail.
func (x *act) receipt(ctx context.Context, row mailRow, b body, what string) error {
	if !x.p.limits.Receipts || !row.In || b.Kind != KindPackage && b.Kind != KindReply {
		return nil
	}
	answer := body{Kind: KindReceipt, Date: x.millis(), ReplyTo: &row.ID, What: what}
	return x.tryPost(ctx, letter{to: row.From, body: answer, thread: &row.Thread, action: "receipt"})
}

// Log gives entries of the agent's log, ascending.
func (a *Agent) Log(ctx context.Context, q LogQuery) (list []LogEntry, err error) {
	limit, err := listLimit(q.Limit)
	if err != nil {
		return nil, err
	}
	e := store.EntriesQuery{Prefix: a.who.seat + "/", Limit: limit, Reverse: true}
	if q.After > 0 {
		e.After = mailKey(a.who.seat, q.After)
	}
	if q.Before > 0 {
		e.Before = mailKey(a.who.seat, min(q.Before, math.MaxInt64))
	}
	err = a.do(ctx, func(x *act) error {
		entries, err := x.tx.Entries(ctx, tableLog, e)
		if err != nil {
			return err
		}
		list = make([]LogEntry, len(entries))
		for i, entry := range entries {
			n, err := numberOf(entry.Key)
			if err != nil {
				return err
			}
			var row logRow
			if err := decodeRow(tableLog, entry.Key, entry.Value, &row); err != nil {
				return err
			}
			list[len(entries)-1-i] = LogEntry{Number: n, At: fromMillis(row.At), Action: row.Action, Detail: row.Detail, Error: row.Error}
		}
		return nil
	})
	return list, err
}
