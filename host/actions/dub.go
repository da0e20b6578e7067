package actions

import (
	"context"
	"slices"

	"qvat/host/caps"
	"qvat/host/mail"
)

// Dub puts on an answer the names that the agent has for what is in it, as the
// owner is shown them: of several names one, and for what has none the start of
// its key. An answer with no room for names stays as it is.
func Dub(ctx context.Context, a *mail.Agent, answer any) (any, error) {
	d := NewDubber(a)
	var err error
	switch v := answer.(type) {
	case Letter:
		err = d.letter(ctx, &v)
		return v, err
	case []Letter:
		for i := range v {
			if err := d.letter(ctx, &v[i]); err != nil {
				return nil, err
			}
		}
	case Thing:
		v.Name, _, err = d.dub(ctx, v.ID)
		return v, err
	case []Queued:
		for i := range v {
			if v[i].ToName, _, err = d.dub(ctx, v[i].To); err != nil {
				return nil, err
			}
		}
	}
	return answer, nil
}

func (d *Dubber) letter(ctx context.Context, l *Letter) (err error) {
	if l.FromName, l.FromLike, err = d.dub(ctx, l.From); err == nil {
		l.ToName, l.ToLike, err = d.dub(ctx, l.To)
	}
	return err
}

// Dubber finds an agent's names for identifiers, each once: it is for one answer.
// It is not safe for concurrent use.
type Dubber struct {
	agent   *mail.Agent
	entries []caps.Entry // of the agent's directory, once they were wanted
	listed  bool
	known   map[caps.ID][]string
}

// NewDubber makes a dubber.
func NewDubber(a *mail.Agent) *Dubber { return &Dubber{agent: a, known: map[caps.ID][]string{}} }

// Names gives the names that the agent has for an identifier: its own sorted, and
// the special ones behind them.
func (d *Dubber) Names(ctx context.Context, id caps.ID) ([]string, error) {
	if names, ok := d.known[id]; ok {
		return names, nil
	}
	names, err := d.agent.ReverseIdentify(ctx, id)
	if err == nil {
		d.known[id] = names
	}
	return names, err
}

// Like gives the name in the agent's directory that could be taken for this one,
// or "". Special names look like no other.
func (d *Dubber) Like(ctx context.Context, name string) (_ string, err error) {
	if caps.CheckName(name) != nil {
		return "", nil
	}
	if !d.listed {
		if d.entries, err = d.agent.List(ctx, ""); err != nil {
			return "", err
		}
		d.listed = true
	}
	for _, e := range d.entries {
		if e.Name == name {
			return e.Like, nil
		}
	}
	return "", nil
}

// dub gives what is shown for an identifier, and the name that it could be taken for.
func (d *Dubber) dub(ctx context.Context, id caps.ID) (name, like string, err error) {
	names, err := d.Names(ctx, id)
	switch {
	case err != nil:
		return "", "", err
	case len(names) == 0:
		return mail.Dub(id, nil), "", nil
	case slices.Contains(names, caps.NameSelf):
		return caps.NameSelf, "", nil
	}
	like, err = d.Like(ctx, names[0])
	return names[0], like, err
}
