package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"qvat/host/mail"
)

// pageSize is how many messages a page of an inbox looks at.
const pageSize = 50

// letter is a message as its page shows it.
type letter struct {
	mail.Message
	Mine    bool  // this agent sent it
	Other   party // whom it is from, or to
	Parts   []part
	Things  []thing
	Snippet string
}

// part is a piece of a message's text, and what is attached after it.
type part struct{ Text, Edge string }

// thing is an attachment.
type thing struct {
	Edge  string
	Type  mail.Type
	Party party
}

// thread is a line of answers.
type thread struct {
	Last   letter
	Count  int  // messages of it on this page
	Unread bool // one of them is new
}

type inboxBody struct {
	Threads []thread
	State   string
	Newest  uint64 // the number of the newest message here
	Older   string // the address of the next page, or ""
	Later   bool   // this is not the newest page
}

// reach is how many messages are looked through for those of a state or a
// thread, so that a page of a large mailbox is as quick as one of a small one.
const reach = 2000

// showInbox shows the newest messages, by thread.
func (v *visit) showInbox() error {
	q := v.r.URL.Query()
	before, _ := strconv.ParseUint(q.Get("before"), 10, 64) // what is no number is no bound
	b := inboxBody{State: q.Get("state"), Later: before > 0}
	newest, err := v.newest()
	if err != nil {
		return err
	}
	found, next, err := v.look(before, newest, mail.State(b.State))
	if err != nil {
		return err
	}
	if next > 0 {
		older := url.Values{"before": {strconv.FormatUint(next, 10)}}
		if b.State != "" {
			older.Set("state", b.State)
		}
		b.Older = "?" + older.Encode()
	}
	if b.Threads, err = v.threads(found); err != nil {
		return err
	}
	f := frame{Title: "Inbox of " + v.info.Name, Section: "inbox", Body: &b}
	if before == 0 {
		b.Newest = newest
		f.Events = v.path("events?after=" + strconv.FormatUint(newest, 10))
	}
	return v.show("inbox.html", f)
}

// newest is the number of the mailbox's newest message, 0 where there is none.
func (v *visit) newest() (uint64, error) {
	found, err := v.agent.Messages(v.r.Context(), mail.MessageQuery{Limit: 1, Newest: true})
	if err != nil || len(found) == 0 {
		return 0, err
	}
	return found[0].Number, nil
}

// look gives a page of the messages below before (0: all), of a state where one
// is asked for, and from where the next page goes on: 0 where nothing is left.
func (v *visit) look(before, newest uint64, state mail.State) (found []mail.Message, next uint64, err error) {
	q := mail.MessageQuery{Before: before, Limit: pageSize + 1, Newest: true, State: state}
	if top := newest + 1; state != "" {
		if before > 0 {
			top = min(top, before)
		}
		if top > reach {
			q.After, next = top-reach, top-reach+1
		}
	}
	if found, err = v.agent.Messages(v.r.Context(), q); err != nil {
		return nil, 0, err
	}
	if len(found) > pageSize {
		found = found[1:]
		next = found[0].Number
	}
	return found, next, nil
}

// threads gathers messages by thread, the one with the newest message first.
func (v *visit) threads(found []mail.Message) ([]thread, error) {
	var list []*thread
	by := map[[32]byte]*thread{}
	for i := len(found) - 1; i >= 0; i-- {
		m := found[i]
		t := by[m.Thread]
		if t == nil {
			l, err := v.letter(m)
			if err != nil {
				return nil, err
			}
			t = &thread{Last: l}
			by[m.Thread] = t
			list = append(list, t)
		}
		t.Count++
		t.Unread = t.Unread || m.State == mail.StateNew
	}
	threads := make([]thread, len(list))
	for i, t := range list {
		threads[i] = *t
	}
	return threads, nil
}

// letter dubs a message.
func (v *visit) letter(m mail.Message) (letter, error) {
	l := letter{Message: m, Mine: m.From == v.info.Handle && m.State != mail.StateNew}
	other := m.From
	if l.Mine {
		other = m.To
	}
	var err error
	if l.Other, err = v.names.of(other); err != nil {
		return letter{}, err
	}
	for i, s := range m.Strings {
		p := part{Text: visible(s)}
		if i < len(m.Edges) {
			p.Edge = m.Edges[i]
		}
		l.Parts = append(l.Parts, p)
		l.Snippet += s
		if p.Edge != "" {
			l.Snippet += "@" + p.Edge
		}
	}
	if l.Snippet == "" {
		l.Snippet = m.What + m.Why
	}
	l.Snippet = cut(l.Snippet, 160)
	parties, err := v.names.all(m.IDs)
	if err != nil {
		return letter{}, err
	}
	for i, p := range parties {
		t := thing{Party: p}
		if i < len(m.Edges) {
			t.Edge = m.Edges[i]
		}
		if i < len(m.Types) {
			t.Type = m.Types[i]
			if !p.Named && t.Type != mail.TypeHandle {
				t.Party.Text = fmt.Sprintf("(%s %s…)", t.Type, p.Full[:6]) // its number is no key
			}
		}
		l.Things = append(l.Things, t)
	}
	return l, nil
}

type messageBody struct {
	letter
	Thread []letter // what is near of it, the oldest first
	Cut    bool     // it begins earlier
	Draft  string   // of an answer that could not be sent
	Names  []string // to grant
}

// maxThread is how many messages of a thread are shown, the newest ones.
const maxThread = 100

func (v *visit) showMessage() error { return v.showLetter(http.StatusOK, "", nil) }

// showLetter shows a message and what it answers.
func (v *visit) showLetter(status int, draft string, n *notice) error {
	number, err := v.number()
	if err != nil {
		return err
	}
	ctx := v.r.Context()
	m, err := v.agent.Message(ctx, number)
	if err != nil {
		return err
	}
	b := messageBody{Draft: draft}
	if b.letter, err = v.letter(m); err != nil {
		return err
	}
	q := mail.MessageQuery{Thread: &m.Thread, Before: number + reach, Limit: maxThread, Newest: true}
	if number > reach {
		q.After = number - reach
	}
	all, err := v.agent.Messages(ctx, q)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(one mail.Message) bool { return one.Number == number }) {
		all = append([]mail.Message{m}, all...)
	}
	b.Cut = all[0].ID != all[0].Thread
	for _, one := range all {
		l, err := v.letter(one)
		if err != nil {
			return err
		}
		b.Thread = append(b.Thread, l)
	}
	if m.Kind == mail.KindRequest && m.State == mail.StateNew {
		entries, err := v.agent.List(ctx, "")
		if err != nil {
			return err
		}
		for _, e := range entries[:min(len(entries), maxHandles)] {
			b.Names = append(b.Names, e.Name)
		}
	}
	return v.showAs(status, "message.html", frame{
		Title: "Message " + strconv.FormatUint(number, 10) + " of " + v.info.Name, Section: "inbox", Notice: n, Body: b,
		Events: v.path("events?after=" + strconv.FormatUint(number, 10)),
	})
}

// number is that of the address's message.
func (v *visit) number() (uint64, error) {
	n, err := strconv.ParseUint(v.r.PathValue("number"), 10, 64)
	if err != nil || n == 0 {
		return 0, &mail.Error{Code: mail.NotFound, Message: "there is no such message"}
	}
	return n, nil
}

// onMessage does something with the address's message, and shows it again.
func (v *visit) onMessage(do func(number uint64) error, text string) error {
	number, err := v.number()
	if err != nil {
		return err
	}
	return v.done(do(number), "message/"+strconv.FormatUint(number, 10), text)
}

func (v *visit) adopt() error {
	edge, name := v.r.PostForm.Get("edge"), v.r.PostForm.Get("name")
	if name == "" {
		name = edge
	}
	return v.onMessage(func(n uint64) error { return v.agent.Adopt(v.r.Context(), n, edge, name) }, "Adopted as "+cut(name, 140)+".")
}

func (v *visit) grant() error {
	name := v.r.PostForm.Get("name")
	return v.onMessage(func(n uint64) error { return v.agent.Resolve(v.r.Context(), n, name) }, "Granted "+cut(name, 140)+".")
}

func (v *visit) refuse() error {
	why := v.r.PostForm.Get("why")
	return v.onMessage(func(n uint64) error { return v.agent.Reject(v.r.Context(), n, why) }, "Refused.")
}

func (v *visit) dismiss() error {
	number, err := v.number()
	if err != nil {
		return err
	}
	return v.done(v.agent.Dismiss(v.r.Context(), number), "", "Dismissed message "+strconv.FormatUint(number, 10)+".")
}

// reply answers a message; what cannot be sent is shown again.
func (v *visit) reply() error {
	number, err := v.number()
	if err != nil {
		return err
	}
	text := v.r.PostForm.Get("text")
	t, err := parseText(text)
	if err == nil {
		_, err = v.agent.Reply(v.r.Context(), number, t.Strings, t.Edges, t.Names)
	}
	if n := noticeOf(err); n != nil {
		return v.showLetter(statusOf(err), text, n)
	}
	return v.done(err, "message/"+strconv.FormatUint(number, 10), "Answered.")
}
