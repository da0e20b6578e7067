package control

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"qvat/host/fault"
	"qvat/host/mail"
)

// stream reads a query, and gives what follows: what an agent sees, one thing
// after another, to give until that fails or ctx ends.
type stream func(a *mail.Agent, q url.Values) (follow, error)

type follow func(ctx context.Context, give func(any) error) error

// streams is the table of what can be followed.
func streams() map[string]stream {
	return map[string]stream{"follow": followMessages, "follownames": followNames}
}

// followMessages takes ?after=NUMBER: messages from that on, then those that
// come.
func followMessages(a *mail.Agent, q url.Values) (follow, error) {
	var after uint64
	if s := q.Get("after"); s != "" {
		var err error
		if after, err = strconv.ParseUint(s, 10, 64); err != nil {
			return nil, fault.New(fault.Malformed, "after is a number of a message, and not %q", s)
		}
	}
	return func(ctx context.Context, give func(any) error) error {
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
	}, nil
}

// followNames takes ?path=PATH, a directory, or ?locator=LOCATOR, whose names
// in the agent's directory are followed.
func followNames(a *mail.Agent, q url.Values) (follow, error) {
	changes := func(ctx context.Context) iter.Seq2[mail.NameChange, error] { return a.FollowNames(ctx, q.Get("path")) }
	if s := q.Get("locator"); s != "" {
		l, err := mail.ParseLocator(s)
		if err != nil {
			return nil, err
		}
		changes = func(ctx context.Context) iter.Seq2[mail.NameChange, error] { return a.FollowLocatorNames(ctx, l) }
	}
	return func(ctx context.Context, give func(any) error) error {
		for c, err := range changes(ctx) {
			if err != nil {
				return err
			}
			if err := give(changeOf(c)); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// follow answers with a stream: a line of JSON each. It begins at once, so that
// who follows knows that he does, also while there is nothing to give. An error
// after that is the last line, as {"error": …}.
func (s *Server) follow(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	read, ok := s.streams[r.PathValue("stream")]
	if !ok {
		s.refuse(w, r, fault.New(fault.Malformed, "there is nothing to follow by the name %q", r.PathValue("stream")))
		return
	}
	a, err := s.o.Post.Agent(ctx, r.PathValue("name"))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	run, err := read(a, r.URL.Query())
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	out, c := encoder(w), http.NewResponseController(w)
	w.Header().Set("Content-Type", linesType)
	w.WriteHeader(http.StatusOK)
	if c.Flush() != nil {
		return // who has asked has left
	}
	err = run(ctx, func(v any) error {
		if err := out.Encode(map[string]any{"result": v}); err != nil {
			return err
		}
		return c.Flush()
	})
	if err != nil && ctx.Err() == nil {
		_ = out.Encode(map[string]any{"error": s.refusalOf(ctx, err)}) // who has left needs none
	}
}

// linesType is the type of a stream.
const linesType = "application/jsonl"
