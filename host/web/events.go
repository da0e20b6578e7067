package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// maxStreams is how many windows hear of what is new.
const maxStreams = 64

// events tells a window what is new, as server-sent events: "inbox" with a
// message's number when it arrived or changed, and "names" when a name of the
// directory that is looked at did. They say that, not what: the script loads the
// page again, so that there is one way to show things. The stream ends with the
// session.
func (v *visit) events() error {
	if !v.enterStream(v.session) {
		v.fail(v.w, v.r, http.StatusServiceUnavailable, "Too many windows", "Close some of them.")
		return nil
	}
	defer v.leaveStream(v.session)
	ctx, cancel := context.WithCancel(v.r.Context())
	defer cancel()
	q := v.r.URL.Query()
	after, _ := strconv.ParseUint(q.Get("after"), 10, 64) // what is no number is the start
	if last, err := strconv.ParseUint(v.r.Header.Get("Last-Event-ID"), 10, 64); err == nil && last > after {
		after = last
	}
	inbox, names := make(chan uint64, 1), make(chan struct{}, 1)
	ended := make(chan error, 2)
	if q.Has("names") {
		go func() { ended <- v.followNames(ctx, q.Get("names"), names) }()
	} else {
		go func() { ended <- v.followInbox(ctx, after, inbox) }()
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/event-stream")
	return v.stream(ctx, inbox, names, ended)
}

func (p *Page) enterStream(s *session) bool {
	p.streamMu.Lock()
	defer p.streamMu.Unlock()
	if p.streams >= maxStreams || !p.door.open(s) {
		return false
	}
	p.streams++
	return true
}

func (p *Page) leaveStream(s *session) {
	p.door.shut(s)
	p.streamMu.Lock()
	defer p.streamMu.Unlock()
	p.streams--
}

// stream writes what the followers tell, until one of them or the session ends.
func (v *visit) stream(ctx context.Context, inbox <-chan uint64, names <-chan struct{}, ended <-chan error) error {
	beat := time.NewTicker(v.beat)
	defer beat.Stop()
	c := http.NewResponseController(v.w)
	text := ": here\n\n"
	for {
		if _, err := fmt.Fprint(v.w, text); err != nil {
			return nil // the window is closed
		}
		if err := c.Flush(); err != nil {
			return nil
		}
		select {
		case number := <-inbox:
			text = fmt.Sprintf("id: %d\nevent: inbox\ndata: %d\n\n", number, number)
		case <-names:
			text = "event: names\ndata:\n\n"
		case <-beat.C:
			if cookie, err := v.r.Cookie(cookie(v.r.Host)); err != nil || v.door.find(cookie.Value, false) == nil {
				return v.tellOver(c)
			}
			text = ":\n\n"
		case <-v.session.ended:
			return v.tellOver(c)
		case <-v.closed:
			return nil
		case <-ctx.Done():
			return nil
		case err := <-ended:
			if err != nil && ctx.Err() == nil {
				v.log.Warn("a window hears of nothing new any more", "agent", v.info.Name, "err", err)
			}
			return nil
		}
	}
}

// tellOver tells the window that its session has ended.
func (v *visit) tellOver(c *http.ResponseController) error {
	// Where the window is closed nobody needs to know.
	_, _ = fmt.Fprint(v.w, "event: over\ndata:\n\n")
	_ = c.Flush()
	return nil
}

// followInbox tells the newest number that has come or changed. When several
// come before the window has heard of one, it hears of the newest.
func (v *visit) followInbox(ctx context.Context, after uint64, told chan uint64) error {
	for m, err := range v.agent.Follow(ctx, after) {
		if err != nil {
			return err
		}
		number := m.Number
		select {
		case told <- number:
			continue
		default:
		}
		select {
		case before := <-told:
			number = max(number, before)
		default:
		}
		select {
		case told <- number:
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// followNames tells that a name of a directory has changed. What stands there
// already is told too, as one change.
func (v *visit) followNames(ctx context.Context, path string, told chan struct{}) error {
	for _, err := range v.agent.FollowNames(ctx, path) {
		if err != nil {
			return err
		}
		select {
		case told <- struct{}{}:
		default:
		}
	}
	return nil
}
