package web

import (
	"context"
	"encoding/hex"
	"slices"

	"qvat/host/mail"
)

// party is somebody or something as one agent sees it.
type party struct {
	Text  string // its name, or the start of its key
	Named bool
	Like  string // another name that this one could be taken for, or ""
	Full  string // the whole identifier
	Name  string // a pet name that leads to it, or ""
}

// namer dubs what a page shows: identifiers become the agent's own names.
type namer struct {
	ctx   context.Context
	agent *mail.Agent
	known map[mail.ID]party
	like  map[string]string // of the agent's directory; nil until it was read
}

// of dubs an identifier.
func (n *namer) of(id mail.ID) (party, error) {
	if p, ok := n.known[id]; ok {
		return p, nil
	}
	names, err := n.agent.ReverseIdentify(n.ctx, id)
	if err != nil {
		return party{}, err
	}
	p := party{Text: visible(mail.Dub(id, names)), Named: len(names) > 0, Full: id.String()}
	if p.Named {
		p.Name = names[0]
		if p.Like, err = n.lookalike(names); err != nil {
			return party{}, err
		}
	}
	n.known[id] = p
	return p, nil
}

// all dubs several.
func (n *namer) all(ids []mail.ID) ([]party, error) {
	parties := make([]party, len(ids))
	for i, id := range ids {
		var err error
		if parties[i], err = n.of(id); err != nil {
			return nil, err
		}
	}
	return parties, nil
}

// lookalike gives a name that one of these could be taken for.
func (n *namer) lookalike(names []string) (string, error) {
	if n.like == nil {
		entries, err := n.agent.List(n.ctx, "")
		if err != nil {
			return "", err
		}
		n.like = map[string]string{}
		for _, e := range entries {
			// Two names for one thing deceive nobody.
			if e.Like != "" && !slices.Contains(names, e.Like) {
				n.like[e.Name] = e.Like
			}
		}
	}
	return n.like[names[0]], nil
}

// brief is the start of a key or hash.
func brief(b []byte) string {
	return hex.EncodeToString(b[:min(len(b), 4)]) + "…"
}
