package web

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"

	"qvat/host/actions"
	"qvat/host/caps"
)

// queued is a message that is on its way to another node.
type queued struct {
	actions.Queued
	To party
}

func (v *visit) showOutbox() error {
	found, err := do(v, actions.Outbox{})
	if err != nil {
		return err
	}
	list := make([]queued, 0, len(found))
	for _, q := range found[:min(len(found), maxShown)] {
		to, err := v.names.of(q.To)
		if err != nil {
			return err
		}
		q.Error = sentence(q.Error)
		list = append(list, queued{q, to})
	}
	return v.show("outbox.html", frame{Title: "Outbox of " + v.info.Name, Section: "outbox", Every: 5, Body: list})
}

func (v *visit) cancel() error {
	id := actions.MessageID(v.r.PostForm.Get("id"))
	_, err := id.Bytes()
	if err != nil {
		err = &caps.Error{Code: caps.NotFound, Message: "there is no such message"}
	} else {
		_, err = do(v, actions.Cancel{ID: id})
	}
	return v.done(err, "outbox", "Taken back.")
}

func (v *visit) showPeers() error {
	peers, err := do(v, actions.Peers{})
	if err != nil {
		return err
	}
	return v.show("peers.html", frame{Title: "Peers", Section: "peers", Body: peers})
}

// entry is an entry of an agent's log as it is shown.
type entry struct {
	actions.LogEntry
	Facts []fact
	Error string
}

// fact is one thing that an entry's detail says.
type fact struct {
	Name, Text string
	Party      *party // what the text identifies
	Message    string // the number of a message that it speaks of
}

type logBody struct {
	Entries []entry // the newest first
	Older   string
}

func (v *visit) showLog() error {
	before, _ := strconv.ParseUint(v.r.URL.Query().Get("before"), 10, 64) // what is no number is no bound
	found, err := do(v, actions.Log{Before: before, Limit: pageSize + 1})
	if err != nil {
		return err
	}
	var b logBody
	if len(found) > pageSize {
		found = found[1:]
		b.Older = "?" + url.Values{"before": {strconv.FormatUint(found[0].Number, 10)}}.Encode()
	}
	for i := len(found) - 1; i >= 0; i-- {
		e := found[i]
		facts, err := v.facts(e.Detail)
		if err != nil {
			return err
		}
		b.Entries = append(b.Entries, entry{e, facts, visible(e.Error)})
	}
	return v.show("log.html", frame{Title: "Log of " + v.info.Name, Section: "log", Every: 10, Body: b})
}

// facts reads an entry's detail, an object, in the order of its names. What is
// identified is called by the agent's own name for it.
func (v *visit) facts(detail json.RawMessage) ([]fact, error) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(detail, &fields) != nil {
		if len(detail) == 0 {
			return nil, nil
		}
		return []fact{{Text: cut(string(detail), 200)}}, nil
	}
	var facts []fact
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		raw := fields[name]
		f := fact{Name: visible(name), Text: cut(string(raw), 200)}
		var text string
		if json.Unmarshal(raw, &text) == nil {
			f.Text = cut(text, 200)
			if id, err := caps.ParseID(text); err == nil {
				p, err := v.names.of(id)
				if err != nil {
					return nil, err
				}
				f.Party = &p
			}
		}
		if _, err := strconv.ParseUint(f.Text, 10, 64); err == nil && name == "number" {
			f.Name, f.Message = "message", f.Text
		}
		facts = append(facts, f)
	}
	return facts, nil
}
