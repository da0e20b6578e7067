package control

import (
	"context"
	"slices"

	"qvat/host/mail"
)

// shown is an identifier as it is shown to an agent.
type shown struct {
	name string
	like string // a name of the agent's with which it could be confused, or ""
}

// dubber finds what to show for identifiers, each once: it is for one answer.
type dubber struct {
	agent   *mail.Agent
	entries []mail.Entry // of the agent's directory, once they were wanted
	listed  bool
	known   map[mail.ID]shown
}

func newDubber(a *mail.Agent) *dubber { return &dubber{agent: a, known: map[mail.ID]shown{}} }

// dub gives what to show for id.
func (d *dubber) dub(ctx context.Context, id mail.ID) (shown, error) {
	if s, ok := d.known[id]; ok {
		return s, nil
	}
	names, err := d.agent.ReverseIdentify(ctx, id)
	if err != nil {
		return shown{}, err
	}
	s := shown{name: mail.Dub(id, best(names))}
	if len(names) > 0 {
		if s.like, err = d.likeness(ctx, s.name); err != nil {
			return shown{}, err
		}
	}
	d.known[id] = s
	return s, nil
}

// best is the one of several names that is shown: SELF for oneself, otherwise
// the first.
func best(names []string) []string {
	if slices.Contains(names, mail.NameSelf) {
		return []string{mail.NameSelf}
	}
	return names[:min(len(names), 1)]
}

// likeness finds the name in the agent's directory that looks like this one.
func (d *dubber) likeness(ctx context.Context, name string) (_ string, err error) {
	if mail.CheckName(name) != nil {
		return "", nil // a special name, which looks like no other
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

// message makes a message ready to be shown.
func (d *dubber) message(ctx context.Context, m mail.Message) (Message, error) {
	from, err := d.dub(ctx, m.From)
	if err != nil {
		return Message{}, err
	}
	to, err := d.dub(ctx, m.To)
	if err != nil {
		return Message{}, err
	}
	return messageOf(m, from, to), nil
}

func (d *dubber) messages(ctx context.Context, all []mail.Message) ([]Message, error) {
	out := make([]Message, len(all))
	for i, m := range all {
		var err error
		if out[i], err = d.message(ctx, m); err != nil {
			return nil, err
		}
	}
	return out, nil
}
