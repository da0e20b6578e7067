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
	s := bufio.NewScanner(res.Body)
	wait := func(want string) {
		t.Helper()
		for s.Scan() {
			if s.Text() == want {
				return
			}
		}
		t.Fatalf("the stream ended before %q", want)
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
	p := &Page{door: newDoor(time.Now)}
	one := &session{}
	for range sessionStreams {
		if !p.enterStream(one) {
			t.Fatal("too few windows of one session")
		}
	}
	if p.enterStream(one) {
		t.Error("too many windows of one session")
	}
	for range maxStreams - sessionStreams {
		if !p.enterStream(&session{}) {
			t.Fatal("too few windows")
		}
	}
	if p.enterStream(&session{}) {
		t.Error("too many windows")
	}
	p.leaveStream(one)
	if !p.enterStream(one) {
		t.Error("a place that was given back is taken")
	}
}

// A stream ends with its session, and not at the next look whether that still is.
func TestEventsEndAtLogout(t *testing.T) {
	h := newHouse(t)
	h.page.beat = time.Hour
	v := h.in()
	res, err := v.http.Do(v.request(http.MethodGet, "/app/agent/self/events", nil))
	must(t, err)
	defer res.Body.Close() //nolint:errcheck // only read
	s := bufio.NewScanner(res.Body)
	for s.Scan() && s.Text() != ": here" {
	}
	v.post("/app/logout")
	for s.Scan() {
		if s.Text() == "event: over" {
			return
		}
	}
	t.Error("the window is not told")
}

// A stream that is opened does not keep its session.
func TestEventsAreNoUse(t *testing.T) {
	h := newHouse(t)
	v := h.in()
	h.clock.move(sessionIdle - time.Minute)
	res, err := v.http.Do(v.request(http.MethodGet, "/app/agent/self/events", nil))
	must(t, err)
	must(t, res.Body.Close())
	h.clock.move(2 * time.Minute)
	if a := v.get("/app/help"); res.StatusCode != http.StatusOK || a.status != http.StatusUnauthorized {
		t.Errorf("%d, and then %d", res.StatusCode, a.status)
	}
}
