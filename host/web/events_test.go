package web

import (
	"bufio"
	"net/http"
	"testing"
	"time"
)

func TestEvents(t *testing.T) {
	h := newHouse(t)
	h.agent("bob")
	h.sends("self", "bob", "one")
	v := h.in()
	res, err := v.http.Do(v.request(http.MethodGet, "/app/agent/bob/events?after=1", nil))
	must(t, err)
	defer res.Body.Close() //nolint:errcheck // only read
	if got := res.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("%d %q", res.StatusCode, got)
	}
	lines := make(chan string, 1000)
	go func() {
		defer close(lines)
		s := bufio.NewScanner(res.Body)
		for s.Scan() {
			lines <- s.Text()
		}
	}()
	wait := func(want string) {
		t.Helper()
		limit := time.After(10 * time.Second)
		for {
			select {
			case l, ok := <-lines:
				if l == want {
					return
				}
				if !ok {
					t.Fatalf("the stream ended before %q", want)
				}
			case <-limit:
				t.Fatalf("%q does not come", want)
			}
		}
	}
	wait(": here")
	h.sends("self", "bob", "two")
	wait("event: inbox")
	wait("data: 2")
	must(t, h.agent("bob").Dismiss(t.Context(), 1))
	wait("data: 1")
	h.clock.move(time.Hour)
	wait("event: over")
}

func TestEventsOfNames(t *testing.T) {
	h := newHouse(t)
	v := h.in()
	res, err := v.http.Do(v.request(http.MethodGet, "/app/agent/self/events?names=", nil))
	must(t, err)
	defer res.Body.Close() //nolint:errcheck // only read
	s := bufio.NewScanner(res.Body)
	for s.Scan() && s.Text() != ": here" {
	}
	must(t, h.agent("self").MakeDirectory(t.Context(), "box"))
	for s.Scan() {
		if s.Text() == "event: names" {
			return
		}
	}
	t.Error("nothing is told")
}

func TestFewStreams(t *testing.T) {
	p := &Page{}
	for range maxStreams {
		if !p.enterStream() {
			t.Fatal("too few windows")
		}
	}
	if p.enterStream() {
		t.Error("too many windows")
	}
	p.leaveStream()
	if !p.enterStream() {
		t.Error("a place that was given back is taken")
	}
}
