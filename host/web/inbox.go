package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"qvat/host/actions"
	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/host/mail/letter"
)

// pageSize is how many messages a page of an inbox looks at.
const pageSize = 50

// shownLetter is a message as its page shows it.
type shownLetter struct {
	actions.Letter
	Mine    bool  // this agent sent it
	Other   party // whom it is from, or to
	Things  []thing
	Snippet string
}

// thing is an attachment.
type thing struct {
	Edge  string
	Type  caps.Type
	Party party
}

// thread is a line of answers.
type thread struct {
	Last   shownLetter
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
	found, err := do(v, actions.Letters{Limit: 1, Newest: true})
	if err != nil || len(found) == 0 {
		return 0, err
	}
	return found[0].Number, nil
}

// look gives a page of the messages below before (0: all), of a state where one
// is asked for, and from where the next page goes on: 0 where nothing is left.
func (v *visit) look(before, newest uint64, state mail.State) (found []actions.Letter, next uint64, err error) {
	q := actions.Letters{Before: before, Limit: pageSize + 1, Newest: true, State: state}
	if top := newest + 1; state != "" {
		if before > 0 {
			top = min(top, before)
		}
		if top > reach {
			q.After, next = top-reach, top-reach+1
		}
	}
	if found, err = do(v, q); err != nil {
		return nil, 0, err
	}
	if len(found) > pageSize {
		found = found[1:]
		next = found[0].Number
	}
	return found, next, nil
}

// threads gathers messages by thread, the one with the newest message first.
func (v *visit) threads(found []actions.Letter) ([]thread, error) {
	var list []*thread
	by := map[actions.MessageID]*thread{}
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
		t.Unread = t.Unread || m.State == caps.StateNew
	}
	threads := make([]thread, len(list))
	for i, t := range list {
		threads[i] = *t
	}
	return threads, nil
}

// letter dubs a message.
func (v *visit) letter(m actions.Letter) (shownLetter, error) {
	l := shownLetter{Letter: m, Mine: m.From == v.info.Handle && m.State != caps.StateNew}
	other := m.From
	if l.Mine {
		other = m.To
	}
	var err error
	if l.Other, err = v.names.of(other); err != nil {
		return shownLetter{}, err
	}
	for _, p := range m.Parts() {
		l.Snippet += p.Text
		if p.Edge != "" {
			l.Snippet += "@" + p.Edge
		}
	}
	if l.Snippet == "" {
		l.Snippet = m.What + m.Why
	}
	l.Snippet = cut(l.Snippet, 160)
	for _, a := range m.Attachments() {
		t := thing{Edge: a.Edge, Type: a.Type}
		if t.Party, err = v.names.of(a.ID); err != nil {
			return shownLetter{}, err
		}
		if !t.Party.Named && t.Type != caps.TypeHandle {
			t.Party.Text = fmt.Sprintf("(%s %s…)", t.Type, t.Party.Full[:6]) // its number is no key
		}
		l.Things = append(l.Things, t)
	}
	return l, nil
}

type messageBody struct {
	shownLetter
	Thread []shownLetter // what is near of it, the oldest first
	Cut    bool          // it begins earlier
	Draft  string        // of an answer that could not be sent
	Names  []string      // to grant
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
	m, err := do(v, actions.OneLetter{Number: number})
	if err != nil {
		return err
	}
	b := messageBody{Draft: draft}
	if b.shownLetter, err = v.letter(m); err != nil {
		return err
	}
	q := actions.Letters{Thread: m.Thread, Before: number + reach, Limit: maxThread, Newest: true}
	if number > reach {
		q.After = number - reach
	}
	all, err := do(v, q)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(one actions.Letter) bool { return one.Number == number }) {
		all = append([]actions.Letter{m}, all...)
	}
	b.Cut = all[0].ID != all[0].Thread
	for _, one := range all {
		l, err := v.letter(one)
		if err != nil {
			return err
		}
		b.Thread = append(b.Thread, l)
	}
	if m.Kind == letter.KindRequest && m.State == caps.StateNew {
		entries, err := do(v, actions.List{})
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
		return 0, &caps.Error{Code: caps.NotFound, Message: "there is no such message"}
	}
	return n, nil
}

// onLetter does something with the address's letter, and shows it again.
func onLetter(form func(v *visit, number uint64) (q actions.Order, text string)) handler {
	return func(v *visit) error {
		number, err := v.number()
		if err != nil {
			return err
		}
		q, text := form(v, number)
		_, err = do(v, q)
		return v.done(err, "message/"+strconv.FormatUint(number, 10), text)
	}
}

func adopt(v *visit, number uint64) (actions.Order, string) {
	q := actions.Adopt{Number: number, Edge: v.r.PostForm.Get("edge"), Name: v.r.PostForm.Get("name")}
	return q, "Adopted as " + cut(cmp.Or(q.Name, q.Edge), 140) + "."
}

func grant(v *visit, number uint64) (actions.Order, string) {
	q := actions.Resolve{Number: number, Name: v.r.PostForm.Get("name")}
	return q, "Granted " + cut(q.Name, 140) + "."
}

func refuse(v *visit, number uint64) (actions.Order, string) {
	return actions.Reject{Number: number, Why: v.r.PostForm.Get("why")}, "Refused."
}

// dismiss puts a letter aside, and goes back to the others.
func (v *visit) dismiss() error {
	number, err := v.number()
	if err != nil {
		return err
	}
	_, err = do(v, actions.Dismiss{Number: number})
	return v.done(err, "", "Dismissed message "+strconv.FormatUint(number, 10)+".")
}

// reply answers a message; what cannot be sent is shown again.
func (v *visit) reply() error {
	number, err := v.number()
	if err != nil {
		return err
	}
	written := v.r.PostForm.Get("text")
	text, err := parseText(written)
	if err == nil {
		_, err = do(v, actions.Reply{Number: number, Text: text})
	}
	if n := noticeOf(err); n != nil {
		return v.showLetter(statusOf(err), written, n)
	}
	return v.done(err, "message/"+strconv.FormatUint(number, 10), "Answered.")
}
