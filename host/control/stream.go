package control

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"qvat/host/fault"
	"qvat/host/mail"
)

// stream gives what an agent sees, one thing after another, to give until that
// fails or ctx ends.
type stream func(ctx context.Context, a *mail.Agent, q url.Values, give func(any) error) error

// streams is the table of what can be followed.
func streams() map[string]stream {
	return map[string]stream{"follow": followMessages, "follownames": followNames}
}

// followMessages takes ?after=NUMBER: messages from that on, then those that
// come.
func followMessages(ctx context.Context, a *mail.Agent, q url.Values, give func(any) error) error {
	var after uint64
	if s := q.Get("after"); s != "" {
		var err error
		if after, err = strconv.ParseUint(s, 10, 64); err != nil {
			return fault.New(fault.Malformed, "after is a number of a message, and not %q", s)
		}
	}
	for m, err := range a.Follow(ctx, after) {
		if err != nil {
			return err
		}
		// Names may have changed since the last one: each is looked up anew.
		shown, err := newDubber(a).message(ctx, m)
		if err != nil {
			return err
		}
		if err := give(shown); err != nil {
			return err
		}
	}
	return nil
}

// followNames takes ?path=PATH, a directory, or ?locator=LOCATOR, whose names
// in the agent's directory are followed.
func followNames(ctx context.Context, a *mail.Agent, q url.Values, give func(any) error) error {
	changes := a.FollowNames(ctx, q.Get("path"))
	if s := q.Get("locator"); s != "" {
		l, err := mail.ParseLocator(s)
		if err != nil {
			return err
		}
		changes = a.FollowLocatorNames(ctx, l)
	}
	for c, err := range changes {
		if err != nil {
			return err
		}
		if err := give(changeOf(c)); err != nil {
			return err
		}
	}
	return nil
}

// follow answers with a stream: a line of JSON each. An error before the first
// is an answer like any other; one after it is the last line, as {"error": …}.
func (s *Server) follow(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	run, ok := s.streams[r.PathValue("stream")]
	if !ok {
		s.refuse(w, r, fault.New(fault.Malformed, "there is nothing to follow by the name %q", r.PathValue("stream")))
		return
	}
	a, err := s.o.Post.Agent(ctx, r.PathValue("name"))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	out, c, begun := encoder(w), http.NewResponseController(w), false
	err = run(ctx, a, r.URL.Query(), func(v any) error {
		if !begun {
			begun = true
			w.Header().Set("Content-Type", linesType)
		}
		if err := out.Encode(map[string]any{"result": v}); err != nil {
			return err
		}
		return c.Flush()
	})
	switch {
	case err == nil || ctx.Err() != nil:
		return
	case !begun:
		s.refuse(w, r, err)
	default:
		_ = out.Encode(map[string]any{"error": s.refusalOf(ctx, err)}) // who has left needs none
	}
}

// linesType is the type of a stream.
const linesType = "application/jsonl"
