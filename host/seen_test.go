package host

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"qvat/runtime"
)

// TestSeen: the newest messages are remembered, within bounds, and pages of them
// fit together.
func TestSeen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSeen(time.Now)
		all := rapid.IntRange(0, 3*seenMessages).Draw(t, "messages")
		long := rapid.IntRange(0, 2*seenLineBytes).Draw(t, "bytes")
		for range all {
			s.add(Observed{Outcome: "ok", Fuel: 1, Console: []runtime.LogLine{{Level: "info", Text: strings.Repeat("x", long)}}})
		}
		if len(s.ran) > seenMessages || s.bytes > seenBytes {
			t.Fatalf("%d messages of %d bytes are remembered", len(s.ran), s.bytes)
		}
		want, before := uint64(all), uint64(0)
		for {
			page := s.newest(before, rapid.IntRange(1, 700).Draw(t, "page"))
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
		if kept := uint64(len(s.ran)); want != uint64(all)-kept {
			t.Fatalf("%d are remembered, and the pages end at %d of %d", kept, want, all)
		}
		outcomes, fuel := s.totals()
		if outcomes["ok"] != int64(all) || fuel != int64(all) {
			t.Fatalf("%d are counted, with fuel %d", outcomes["ok"], fuel)
		}
	})
}

// TestSeenMinutes: a minute's numbers are its own, also an hour later.
func TestSeenMinutes(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 30, 0, time.UTC)
	s := newSeen(func() time.Time { return now })
	s.add(Observed{Outcome: "ok"})
	now = now.Add(time.Minute)
	s.add(Observed{Outcome: "busy"})
	hour := s.hour(now)
	if a, b := hour[58], hour[59]; len(hour) != 60 || a.OK != 1 || a.Failed != 0 || b.OK != 0 || b.Failed != 1 {
		t.Errorf("the last two minutes are %+v %+v", a, b)
	}
	now = now.Add(59 * time.Minute)
	hour = s.hour(now)
	if hour[0].Failed != 1 || hour[59].OK+hour[59].Failed != 0 {
		t.Errorf("an hour later: %+v ... %+v", hour[0], hour[59])
	}
	now = now.Add(time.Hour)
	for _, m := range s.hour(now) {
		if m.OK+m.Failed != 0 {
			t.Errorf("two hours later there is still %+v", m)
		}
	}
}
