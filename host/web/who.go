package web

import (
	"context"
	"encoding/hex"
	"slices"

	"qvat/host/actions"
	"qvat/host/caps"
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

// namer finds the agent's own names for what a page shows. It is for one request.
type namer struct {
	*actions.Dubber
	ctx context.Context //nolint:containedctx // lives for one request
}

// of dubs an identifier.
func (n *namer) of(id caps.ID) (party, error) {
	names, err := n.Names(n.ctx, id)
	if err != nil || len(names) == 0 {
		return party{Text: visible(mail.Dub(id, nil)), Full: id.String()}, err
	}
	p := party{Text: visible(mail.Dub(id, names)), Named: true, Full: id.String(), Name: names[0]}
	p.Like, err = n.Like(n.ctx, names[0])
	if slices.Contains(names, p.Like) {
		p.Like = "" // two names for one thing deceive nobody
	}
	return p, err
}

// brief is the start of a key or hash.
func brief(b []byte) string {
	return hex.EncodeToString(b[:min(len(b), 4)]) + "…"
}
