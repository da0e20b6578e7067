package recent

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"qvat/host/web"
)

// TestRuns: the newest messages are remembered, within bounds, and pages of them
// fit together.
func TestRuns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := New(time.Now)
		all := rapid.IntRange(0, 3*ranMost).Draw(t, "messages")
		long := rapid.IntRange(0, 2*lineBytes).Draw(t, "bytes")
		for range all {
			s.Add(web.Ran{Outcome: "ok", Fuel: 1, Lines: []web.Line{{Level: "info", Text: strings.Repeat("x", long)}}})
		}
		if len(s.ran.all) > ranMost || s.ran.bytes > ranBytes {
			t.Fatalf("%d messages of %d bytes are remembered", len(s.ran.all), s.ran.bytes)
		}
		want, before := uint64(all), uint64(0)
		for {
			page := s.Newest(before, rapid.IntRange(1, 700).Draw(t, "page"))
			if len(page) == 0 {
				break
			}
			for _, r := range page {
				if r.Number != want {
					t.Fatalf("number %d comes, not %d", r.Number, want)
				}
				want--
			}
			before = page[len(page)-1].Number
		}
		if kept := uint64(len(s.ran.all)); want != uint64(all)-kept {
			t.Fatalf("%d are remembered, and the pages end at %d of %d", kept, want, all)
		}
		_, outcomes, fuel := s.Totals()
		if outcomes["ok"] != int64(all) || fuel != int64(all) {
			t.Fatalf("%d are counted, with fuel %d", outcomes["ok"], fuel)
		}
	})
}

// TestRefused: what anybody can send takes no room from what has run, and
// pages of both fit together.
func TestRefused(t *testing.T) {
	s := New(time.Now)
	for i := range 10 * ranMost {
		o := web.Ran{Outcome: "not_signed"}
		if i%100 == 0 {
			o = web.Ran{Outcome: "ok", Fuel: 1, Micros: 1}
		}
		s.Add(o)
	}
	ran, refused, before := 0, 0, uint64(0)
	for {
		page := s.Newest(before, 7)
		if len(page) == 0 {
			break
		}
		for _, r := range page {
			if before > 0 && r.Number >= before {
				t.Fatalf("number %d comes after %d", r.Number, before)
			}
			before = r.Number
			if r.Outcome == "ok" {
				ran++
			} else {
				refused++
			}
		}
	}
	if ran != ranMost/10 || refused != idleMost {
		t.Errorf("%d that ran and %d that were refused are remembered", ran, refused)
	}
}

// TestMinutes: a minute's numbers are its own, also an hour later.
func TestMinutes(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 30, 0, time.UTC)
	s := New(func() time.Time { return now })
	s.Add(web.Ran{Outcome: "ok"})
	now = now.Add(time.Minute)
	s.Add(web.Ran{Outcome: "busy"})
	hour := s.Hour()
	if a, b := hour[58], hour[59]; len(hour) != 60 || a.OK != 1 || a.Failed != 0 || b.OK != 0 || b.Failed != 1 {
		t.Errorf("the last two minutes are %+v %+v", a, b)
	}
	now = now.Add(59 * time.Minute)
	hour = s.Hour()
	if hour[0].Failed != 1 || hour[59].OK+hour[59].Failed != 0 {
		t.Errorf("an hour later: %+v ... %+v", hour[0], hour[59])
	}
	now = now.Add(time.Hour)
	for _, m := range s.Hour() {
		if m.OK+m.Failed != 0 {
			t.Errorf("two hours later there is still %+v", m)
		}
	}
}
