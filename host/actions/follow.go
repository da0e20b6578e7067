package actions

import (
	"context"
	"iter"
	"net/url"
	"strconv"

	"qvat/host/caps"
	"qvat/host/fault"
	"qvat/host/mail"
)

// Stream is what can be followed as an agent: what is there, and then what comes,
// until the context ends, which is the last error. It gives views, and fails at
// once where the question is none.
type Stream struct {
	Name   string
	Follow func(ctx context.Context, a *mail.Agent, question url.Values) (iter.Seq2[any, error], error)
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

// followLetters follows the letters after ?after=NUMBER, and each that comes or
// changes.
func followLetters(ctx context.Context, a *mail.Agent, q url.Values) (iter.Seq2[any, error], error) {
	var after uint64
	if s := q.Get("after"); s != "" {
		var err error
		if after, err = strconv.ParseUint(s, 10, 64); err != nil {
			return nil, fault.New(fault.Malformed, "after is a number of a message, and not %q", s)
		}
	}
	return views(a.Follow(ctx, after), letterOf), nil
}

// followNames follows the names in the directory ?path=PATH, or those in the
// agent's own that lead to ?locator=LOCATOR.
func followNames(ctx context.Context, a *mail.Agent, q url.Values) (iter.Seq2[any, error], error) {
	if s := q.Get("locator"); s != "" {
		l, err := caps.ParseLocator(s)
		return views(a.FollowLocatorNames(ctx, l), changeOf), err
	}
	return views(a.FollowNames(ctx, q.Get("path")), changeOf), nil
}

func views[A, B any](all iter.Seq2[A, error], as func(A) B) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		for v, err := range all {
			if !yield(as(v), err) {
				return
			}
		}
	}
}
