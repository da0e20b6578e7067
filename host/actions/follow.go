package actions

import (
	"context"
	"iter"
	"net/url"
	"strconv"

	"qvat/host/fault"
	"qvat/host/mail"
)

// Stream is what can be followed as an agent: what is there, and then what comes,
// until the context ends.
type Stream struct {
	Name string
	read func(q url.Values) (func(context.Context, *mail.Agent) iter.Seq2[any, error], error)
}

// StreamByName finds a stream.
func StreamByName(name string) (Stream, bool) {
	for _, s := range streams {
		if s.Name == name {
			return s, true
		}
	}
	return Stream{}, false
}

// Read reads what is followed, and gives what follows it. It fails where the
// question is none.
func (s Stream) Read(q url.Values) (func(context.Context, *mail.Agent) iter.Seq2[any, error], error) {
	return s.read(q)
}

// follows makes a stream of what reads a question, whose Do follows.
func follows[Q interface {
	Do(context.Context, *mail.Agent) iter.Seq2[A, error]
}, A any](name string, read func(url.Values) (Q, error)) Stream {
	return Stream{name, func(v url.Values) (func(context.Context, *mail.Agent) iter.Seq2[any, error], error) {
		q, err := read(v)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, a *mail.Agent) iter.Seq2[any, error] {
			return func(yield func(any, error) bool) {
				for v, err := range q.Do(ctx, a) {
					if !yield(v, err) {
						return
					}
				}
			}
		}, nil
	}}
}

// Follow follows the letters after a number: those that are there, and then each
// that comes or changes.
type Follow struct{ After uint64 }

// Do follows. Its last error is the context's.
func (q Follow) Do(ctx context.Context, a *mail.Agent) iter.Seq2[Letter, error] {
	return func(yield func(Letter, error) bool) {
		for m, err := range a.Follow(ctx, q.After) {
			if !yield(letterOf(m), err) {
				return
			}
		}
	}
}

// readFollow reads ?after=NUMBER.
func readFollow(v url.Values) (q Follow, err error) {
	if s := v.Get("after"); s != "" {
		if q.After, err = strconv.ParseUint(s, 10, 64); err != nil {
			return q, fault.New(fault.Malformed, "after is a number of a message, and not %q", s)
		}
	}
	return q, nil
}

// FollowNames follows the names in a directory, "" for the agent's own; or, where
// there is a locator, the names in the agent's directory that lead there.
type FollowNames struct {
	Path    string
	Locator *mail.Locator
}

// Do follows. Its last error is the context's.
func (q FollowNames) Do(ctx context.Context, a *mail.Agent) iter.Seq2[NameChange, error] {
	return func(yield func(NameChange, error) bool) {
		changes := a.FollowNames(ctx, q.Path)
		if q.Locator != nil {
			changes = a.FollowLocatorNames(ctx, *q.Locator)
		}
		for c, err := range changes {
			if !yield(changeOf(c), err) {
				return
			}
		}
	}
}

// readFollowNames reads ?path=PATH, or ?locator=LOCATOR.
func readFollowNames(v url.Values) (q FollowNames, err error) {
	q.Path = v.Get("path")
	if s := v.Get("locator"); s != "" {
		l, err := mail.ParseLocator(s)
		if err != nil {
			return q, err
		}
		q.Locator = &l
	}
	return q, nil
}
