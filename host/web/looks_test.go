package web

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// stage fills a house with what there is to look at.
func stage(t *testing.T) (h *house, paths map[string]string) {
	t.Helper()
	h = newHouse(t)
	for _, name := range []string{"bob", "b0b", "carol", "an-agent-whose-name-is-rather-long-and-has-no-place-to-break"} {
		h.agent(name)
	}
	self := h.agent("self")
	_, err := self.StoreValue(t.Context(), "photo", json.RawMessage(`{"title":"The harbour at dawn","camera":"Pentax MX","iso":400,"tags":["sea","morning"]}`))
	must(t, err)
	must(t, self.MakeDirectory(t.Context(), "projects"))
	h.sends("self", "bob", "Here is the picture of the harbour that I told you about: @photo — tell me what you think.")
	h.sends("bob", "HOST", "It is lovely. May I show it to Carol?")
	_, err = self.Reply(t.Context(), 2, []string{"Of course."}, nil, nil)
	must(t, err)
	_, err = h.agent("carol").Request(t.Context(), "HOST", "the right to read the counter, for my weekly report", "counter")
	must(t, err)
	h.sends("b0b", "HOST", "Hello, it is me, Bob. I have lost my handle; would you send me yours again?")
	h.sends("carol", "HOST", "A long word follows: "+strings.Repeat("abcdefghij", 30))
	must(t, self.Remove(t.Context(), "an-agent-whose-name-is-rather-long-and-has-no-place-to-break"))
	h.sends("an-agent-whose-name-is-rather-long-and-has-no-place-to-break", "HOST", "You do not know me yet.")
	c := signed(t, h)
	for _, p := range c.Programs {
		h.vat.programs[p.Hash()] = p
	}
	for n := uint64(30); n > 0; n-- {
		r := Ran{Number: n, At: time.Now().Add(-time.Duration(31-n) * time.Minute), ID: c.ID(), Chain: c.Chain, Outcome: "ok", Fuel: int64(n) * 1234567, Memory: 3 << 20, Micros: int64(n) * 317}
		if n%7 == 0 {
			r.Outcome, r.Error = "program_error", "TypeError: not a function"
		}
		r.Lines = []Line{{"info", "counter is 5"}, {"error", "a line that says more than there is place for, " + strings.Repeat("and more, ", 20)}}
		h.vat.ran = append(h.vat.ran, r)
	}
	h.vat.state = State{
		Since: time.Now().Add(-3 * time.Hour), Outcomes: map[string]int64{"ok": 12873, "program_error": 41, "busy": 3}, Fuel: 812_345_678_901, Running: 2,
		Groups: []Group{
			{"Instances", []Figure{{"ready", "4"}, {"made", "12"}, {"used again", "12 905"}}},
			{"Cache of programs", []Figure{{"compiled", "31, 1.2 MB"}, {"kept", "204, 3.4 MB"}}},
		},
	}
	for i := range 60 {
		h.vat.state.Minutes = append(h.vat.state.Minutes, Minute{At: time.Now().Add(time.Duration(i-60) * time.Minute), OK: i * i % 97, Failed: i % 11 / 9 * 6})
	}
	return h, map[string]string{
		"agents": "/app/", "inbox": "/app/agent/self/", "message": "/app/agent/self/message/2", "request": "/app/agent/self/message/4",
		"attached": "/app/agent/bob/message/1", "write": "/app/agent/self/write", "names": "/app/agent/self/names", "name": "/app/agent/self/name?name=photo",
		"outbox": "/app/agent/self/outbox", "peers": "/app/agent/self/peers", "log": "/app/agent/self/log", "vat": "/app/vat",
		"runs": "/app/runs", "run": "/app/runs/28", "capsule": "/app/capsule", "help": "/app/help", "missing": "/app/nothing",
	}
}

// axe-core finds nothing on any page, light or dark, wide or narrow.
func TestBrowserAccessible(t *testing.T) {
	axe, err := os.ReadFile("testdata/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("%v: npm ci --prefix host/web/testdata brings it", err)
	}
	h, paths := stage(t)
	w := h.browser()
	w.login()
	for name, path := range paths {
		for mode, look := range map[string][]chromedp.Action[chromedp.Void]{"light": {colours("light"), wide(1280)}, "dark": {colours("dark"), wide(1280)}, "narrow": {colours("light"), wide(360)}} {
			w.run(look...)
			w.open(path)
			w.picture(name + "-" + mode)
			w.checkAxe(axe, name+", "+mode)
		}
	}
}

// checkAxe runs axe-core on what is in the window.
func (w *window) checkAxe(axe []byte, where string) {
	w.t.Helper()
	// The script comes by the debugger: the page's policy lets none in.
	ask[int](w, string(axe)+";0")
	found := ask[string](w,
		`axe.run(document, { resultTypes: ['violations'] }).then(r => JSON.stringify(r.violations.map(v => [v.impact, v.id, v.help, v.nodes.map(n => n.html + ' ' + n.failureSummary).slice(0, 3)]), null, 1))`, chromedp.EvalAwaitPromise)
	if found != "[]" {
		w.t.Errorf("%s: axe-core finds %s", where, found)
	}
}

// At 360 pixels nothing sticks out to the side, on any page.
func TestBrowserNarrow(t *testing.T) {
	h, paths := stage(t)
	w := h.browser()
	w.login()
	for _, width := range []int64{320, 360, 700, 760, 1030, 1280} {
		w.run(wide(width))
		for name, path := range paths {
			w.open(path)
			out := ask[[]string](w, `document.documentElement.scrollWidth <= innerWidth ? [] :
				[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 120)).slice(0, 5).concat('' + document.documentElement.scrollWidth)`)
			if len(out) > 0 {
				t.Errorf("%s at %d pixels: %s", name, width, strings.Join(out, "\n"))
			}
		}
	}
}
