package powers

import (
	"encoding/hex"
	"encoding/json"

	"qvat/host/mail"
)

// What programs see of agents and mail. Times are milliseconds since 1970.

// InfoJSON is what programs see of an agent.
type infoJSON struct {
	Name   string `json:"name"`
	Host   bool   `json:"host"`
	Of     string `json:"of,omitempty"`
	Key    string `json:"key"`
	Handle string `json:"handle"`
	Unread int    `json:"unread"`
	Wakes  string `json:"wakes,omitempty"`
}

func infoView(i mail.AgentInfo, err error) (any, error) {
	return infoJSON{i.Name, i.Host, i.Of, i.Key.String(), i.Handle.String(), i.Unread, i.Wakes}, err
}

// messageJSON is what programs see of a message. ids are those of the edges.
type messageJSON struct {
	Number  uint64    `json:"number"`
	ID      string    `json:"id"`
	Type    mail.Kind `json:"type"`
	From    string    `json:"from"`
	To      string    `json:"to"`
	Date    int64     `json:"date"`
	Arrived int64     `json:"arrived"`
	State   string    `json:"state"`
	Strings []string  `json:"strings"`
	Edges   []string  `json:"edges"`
	IDs     []string  `json:"ids"`
	Types   []string  `json:"types"`
	ReplyTo string    `json:"replyTo,omitempty"`
	What    string    `json:"what,omitempty"`
	Why     string    `json:"why,omitempty"`
	Thread  string    `json:"thread"`
}

func messageView(m mail.Message) messageJSON {
	v := messageJSON{
		Number: m.Number, ID: hex.EncodeToString(m.ID[:]), Type: m.Kind, From: m.From.String(), To: m.To.String(),
		Date: m.Date.UnixMilli(), Arrived: m.Arrived.UnixMilli(), State: string(m.State),
		Strings: append([]string{}, m.Strings...), Edges: append([]string{}, m.Edges...), IDs: []string{}, Types: []string{},
		What: m.What, Why: m.Why, Thread: hex.EncodeToString(m.Thread[:]),
	}
	for _, id := range m.IDs {
		v.IDs = append(v.IDs, id.String())
	}
	for _, t := range m.Types {
		v.Types = append(v.Types, string(t))
	}
	if m.ReplyTo != nil {
		v.ReplyTo = hex.EncodeToString(m.ReplyTo[:])
	}
	return v
}

// window reads after, before and limit of a query; most bounds limit.
func (c *mailCall) window(o map[string]json.RawMessage) (after, before uint64, limit int) {
	read := func(name string, least, most int) int {
		raw, ok := o[name]
		if !ok {
			return 0
		}
		n, err := integer(raw, c.method+": "+name, least, most)
		c.note(err)
		return n
	}
	return uint64(read("after", 0, maxNumber)), uint64(read("before", 0, maxNumber)), read("limit", 1, 1000)
}

func mailMessages(c *mailCall) (any, error) {
	o, err := c.object(1, "the query", "after", "before", "limit", "newest", "state", "thread")
	c.note(err)
	var q mail.MessageQuery
	q.After, q.Before, q.Limit = c.window(o)
	if raw, ok := o["newest"]; ok && json.Unmarshal(raw, &q.Newest) != nil {
		c.note(typeError("messages: newest is not a boolean"))
	}
	if raw, ok := o["state"]; ok && json.Unmarshal(raw, &q.State) != nil {
		c.note(typeError("messages: state is not a string"))
	}
	if raw, ok := o["thread"]; ok {
		s, _ := text(raw)
		b, err := hex.DecodeString(s)
		if err != nil || len(b) != 32 {
			c.note(typeError("messages: thread is not 64 hex digits"))
		} else {
			q.Thread = (*[32]byte)(b)
		}
	}
	if !c.ok() {
		return nil, nil
	}
	list, err := c.agent.Messages(c.ctx, q)
	views := []messageJSON{}
	for _, m := range list {
		views = append(views, messageView(m))
	}
	return views, err
}

// thingJSON is where a name leads.
type thingJSON struct {
	Name  string          `json:"name,omitempty"`
	ID    string          `json:"id"`
	Type  mail.Type       `json:"type"`
	Like  string          `json:"like,omitempty"`
	Value json.RawMessage `json:"value,omitempty"`
	// Of a promise:
	State mail.State `json:"state,omitempty"`
	To    string     `json:"to,omitempty"`
	Why   string     `json:"why,omitempty"`
}

func mailList(c *mailCall) (any, error) {
	path := c.str(1, "the path")
	if !c.ok() {
		return nil, nil
	}
	entries, err := c.agent.List(c.ctx, path)
	views := []thingJSON{}
	for _, e := range entries {
		views = append(views, thingJSON{Name: e.Name, ID: e.ID.String(), Type: e.Type, Like: e.Like})
	}
	return views, err
}

func mailLookup(c *mailCall) (any, error) {
	name := c.str(1, "the name")
	if !c.ok() {
		return nil, nil
	}
	t, err := c.agent.Lookup(c.ctx, name)
	v := thingJSON{ID: t.ID.String(), Type: t.Type, Value: t.Value}
	if p := t.Promise; p != nil {
		v.State, v.Why = p.State, p.Why
		if p.State == mail.StateResolved {
			v.To = p.ID.String()
		}
	}
	return v, err
}

func mailLocate(c *mailCall) (any, error) {
	name := c.str(1, "the name")
	if !c.ok() {
		return nil, nil
	}
	l, err := c.agent.Locate(c.ctx, name)
	return l.String(), err
}

func mailIdentify(c *mailCall) (any, error) {
	name := c.str(1, "the name")
	return c.id(func() (mail.ID, error) { return c.agent.Identify(c.ctx, name) })
}

func mailNames(c *mailCall) (any, error) {
	said := c.str(1, "the identifier")
	id, err := mail.ParseID(said)
	if err != nil {
		// A locator is what stands for a slot of another node's.
		if l, lerr := mail.ParseLocator(said); lerr == nil {
			id, err = l.ID, nil
		}
	}
	if err != nil {
		c.note(err)
	}
	if !c.ok() {
		return nil, nil
	}
	names, err := c.agent.ReverseIdentify(c.ctx, id)
	return append([]string{}, names...), err
}

// logJSON is an entry of an agent's log.
type logJSON struct {
	Number uint64          `json:"number"`
	At     int64           `json:"at"`
	Action string          `json:"action"`
	Detail json.RawMessage `json:"detail,omitempty"`
	Error  string          `json:"error,omitempty"`
}

func mailLog(c *mailCall) (any, error) {
	o, err := c.object(1, "the query", "after", "before", "limit")
	c.note(err)
	var q mail.LogQuery
	q.After, q.Before, q.Limit = c.window(o)
	if !c.ok() {
		return nil, nil
	}
	entries, err := c.agent.Log(c.ctx, q)
	views := []logJSON{}
	for _, e := range entries {
		views = append(views, logJSON{e.Number, e.At.UnixMilli(), e.Action, e.Detail, e.Error})
	}
	return views, err
}
