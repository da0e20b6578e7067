package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/host/mail/letter"
)

func TestParseText(t *testing.T) {
	for _, one := range []struct {
		text                 string
		pieces, edges, names []string
		bad                  bool
	}{
		{text: "", pieces: []string{""}},
		{text: "hello", pieces: []string{"hello"}},
		{text: "@bob", pieces: []string{"", ""}, edges: []string{"bob"}, names: []string{"bob"}},
		{text: "see @pic:bob.photos.", pieces: []string{"see ", "."}, edges: []string{"pic"}, names: []string{"bob.photos"}},
		{text: "@me:SELF!", pieces: []string{"", "!"}, edges: []string{"me"}, names: []string{"SELF"}},
		{text: `a\@b`, pieces: []string{"a@b"}},
		{text: `\\@`, bad: true},
		{text: "@a @b", pieces: []string{"", " ", ""}, edges: []string{"a", "b"}, names: []string{"a", "b"}},
		{text: "one\r\n@two", pieces: []string{"one\n", ""}, edges: []string{"two"}, names: []string{"two"}},
		{text: "alone @ here", bad: true},
		{text: "@Bob", bad: true},
	} {
		got, err := parseText(one.text)
		if one.bad {
			if noticeOf(err) == nil {
				t.Errorf("%q: %v", one.text, err)
			}
			continue
		}
		if err != nil || !slices.Equal(got.Strings, one.pieces) || !slices.Equal(got.Edges, one.edges) || !slices.Equal(got.Names, one.names) {
			t.Errorf("%q: %q %v", one.text, got, err)
		}
	}
}

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                "plain",
		"line\nand\ttab":       "line\nand\ttab",
		"a\u202eb":             "a⟨U+202E⟩b",
		"\u0007bell":           "⟨U+0007⟩bell",
		"zero\u200bwidth":      "zero⟨U+200B⟩width",
		"join\u200ders\u200c":  "join\u200ders\u200c",
		"bad \xff byte":        "bad \ufffd byte",
		"\u2066iso\u2069":      "⟨U+2066⟩iso⟨U+2069⟩",
		"tag\U000e0041letters": "tag⟨U+E0041⟩letters",
	} {
		if got := visible(in); got != want {
			t.Errorf("%q: %q, expected %q", in, got, want)
		}
	}
}

// What others write is text wherever it shows, and hides nothing.
func TestHostileText(t *testing.T) {
	h := newHouse(t)
	h.agent("mallory")
	const evil = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'></textarea></title>\u202e{{.}}"
	_, err := h.agent("mallory").Send(t.Context(), "HOST", []string{evil}, nil, nil)
	must(t, err)
	_, err = h.agent("mallory").Request(t.Context(), "HOST", evil, "")
	must(t, err)
	value, err := json.Marshal(map[string]string{evil: evil})
	must(t, err)
	_, err = h.agent("self").StoreValue(t.Context(), "evil", value)
	must(t, err)
	h.vat.ran = []Ran{{Number: 1, At: time.Now(), Outcome: evil, Error: evil, Lines: []Line{{Level: evil, Text: evil}}}}
	v := h.in()
	paths := []string{
		"/app/", "/app/agent/self/", "/app/agent/self/message/1", "/app/agent/self/message/2", "/app/agent/self/log",
		"/app/agent/self/name?name=evil", "/app/runs", "/app/runs/1", "/app/vat",
	}
	for _, field := range []string{"to", "text"} {
		paths = append(paths, "/app/agent/self/write?"+url.Values{field: {evil}}.Encode())
	}
	paths = append(paths, "/app/agent/self/names?"+url.Values{"q": {evil}}.Encode(), "/app/?"+url.Values{"q": {evil}}.Encode())
	for _, path := range paths {
		a := v.get(path)
		if a.status != http.StatusOK {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
		for _, bad := range []string{"<script>alert", "<img src=x", "</textarea></title>"} {
			if strings.Contains(a.body, bad) {
				t.Errorf("%s: %q stands in it", path, bad)
			}
		}
		if strings.Contains(path, "message") && !strings.Contains(a.body, "202E⟩") {
			t.Errorf("%s: what turns text around is not shown", path)
		}
	}
	// Nor by what a form is answered with.
	a := v.post("/app/agent/self/send", "to", evil, "text", evil)
	if a.status == http.StatusOK || a.status >= 500 || strings.Contains(a.body, "<script>alert") || !strings.Contains(a.body, "&lt;/textarea&gt;") {
		t.Errorf("%d: %s", a.status, a.body)
	}
}

func TestStrangerIsShownByKey(t *testing.T) {
	h := newHouse(t)
	h.agent("bob")
	_, err := h.agent("bob").Send(t.Context(), "HOST", []string{"hello"}, nil, nil)
	must(t, err)
	must(t, h.agent("self").Remove(t.Context(), "bob"))
	info, err := h.agent("bob").Info(t.Context())
	must(t, err)
	a := h.in().get("/app/agent/self/")
	stranger := regexp.MustCompile(`<bdi class="who stranger" title="` + info.Handle.String() + `">\([^<]*` + info.Key.String()[:6] + `[^<]*\)</bdi>`)
	if !stranger.MatchString(a.body) {
		t.Errorf("the sender is not shown by the start of its key %s:\n%s", info.Key, a.body)
	}
}

func TestLookalikeIsMarked(t *testing.T) {
	h := newHouse(t)
	h.agent("bob")
	h.agent("b0b")
	_, err := h.agent("b0b").Send(t.Context(), "HOST", []string{"it is me, bob"}, nil, nil)
	must(t, err)
	v := h.in()
	for _, path := range []string{"/app/agent/self/", "/app/agent/self/message/1", "/app/agent/self/names"} {
		if a := v.get(path); !strings.Contains(a.body, `looks like <bdi>bob</bdi>`) {
			t.Errorf("%s: b0b is not marked:\n%s", path, a.body)
		}
	}
}

// All that the page does without scripts, form by form.
func TestForms(t *testing.T) {
	h := newHouse(t)
	v := h.in()
	self := h.agent("self")
	does := func(path, want string, fields ...string) {
		t.Helper()
		a := v.post(path, fields...)
		if a.status != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", path, a.status, a.body)
		}
		if shown := v.get(a.header.Get("Location")); !strings.Contains(shown.body, want) {
			t.Fatalf("%s: %q is not said on %s:\n%s", path, want, a.header.Get("Location"), shown.body)
		}
	}
	const at = "/app/agent/self/"
	does(at+"make", "The guest bob is there.", "name", "bob", "kind", "guest", "as", "self")
	does(at+"make", "The host hal is there.", "name", "hal", "kind", "host", "as", "self")
	does("/app/agent/bob/names/value", "", "name", "x", "value", "1") // a guest stores nothing: it is told so
	does(at+"names/value", "Stored photo.", "name", "photo", "value", `{"of":"a cat"}`)
	does(at+"names/value", "not JSON", "name", "other", "value", `{of}`)
	does(at+"names/folder", "Made the directory box.", "name", "box")
	does(at+"names/folder", "Made the directory box.inner.", "name", "inner", "path", "box")
	does(at+"names/copy", "box.photo is the same as photo.", "from", "photo", "to", "box.photo")
	does(at+"names/move", "box.photo is now box.cat.", "from", "box.photo", "to", "box.cat", "path", "box")
	does(at+"names/remove", "Removed the name box.cat.", "from", "box.cat", "path", "box")
	does(at+"send", "Sent to bob.", "to", "bob", "text", "look: @photo and @two:photo")
	does("/app/agent/bob/message/1/adopt", "Adopted as cat.", "edge", "photo", "name", "cat")
	does("/app/agent/bob/message/1/reply", "Answered.", "text", "thank you")
	does("/app/agent/bob/request", "Asked HOST.", "to", "HOST", "what", "your hat", "name", "hat")
	does("/app/agent/bob/request", "Asked HOST.", "to", "HOST", "what", "your dog", "name", "dog")
	requests, err := self.Messages(t.Context(), mail.MessageQuery{State: caps.StateNew})
	must(t, err)
	var asked []uint64
	for _, m := range requests {
		if m.Kind == letter.KindRequest {
			asked = append(asked, m.Number)
		}
	}
	if len(asked) != 2 {
		t.Fatalf("%d requests have come", len(asked))
	}
	does(fmt.Sprintf("%smessage/%d/grant", at, asked[0]), "Granted photo.", "name", "photo")
	does(fmt.Sprintf("%smessage/%d/refuse", at, asked[1]), "Refused.", "why", "I have none")
	does(fmt.Sprintf("%smessage/%d/grant", at, asked[1]), "", "name", "photo")
	does("/app/agent/bob/message/1/dismiss", "Dismissed message 1.")
	does(at+"names/invite", "qvat://", "name", "carol", "days", "2")

	for name, want := range map[string]string{"cat": `{"of":"a cat"}`, "hat": `{"of":"a cat"}`} {
		if thing, err := h.agent("bob").Lookup(t.Context(), name); err != nil || string(thing.Value) != want {
			t.Errorf("%s is %s (%v)", name, thing.Value, err)
		}
	}
	if _, err := h.agent("bob").Lookup(t.Context(), "dog"); err == nil {
		t.Error("what was refused has come")
	}
	if _, err := self.Lookup(t.Context(), "box.cat"); err == nil {
		t.Error("what was removed is there")
	}
}

func TestInvitation(t *testing.T) {
	h := newHouse(t)
	v := h.in()
	h.agent("self")
	v.post("/app/agent/self/make", "name", "carol", "kind", "host", "as", "self")
	v.post("/app/agent/self/names/invite", "name", "friend", "days", "1")
	body := v.get("/app/agent/self/names").body
	m := regexp.MustCompile(`readonly value="(qvat://[^"]+)"`).FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("no invitation is shown:\n%s", body)
	}
	locator := strings.ReplaceAll(m[1], "&amp;", "&")
	if a := v.post("/app/agent/carol/names/accept", "locator", locator, "name", "inviter"); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if said := v.get("/app/agent/carol/names").body; !strings.Contains(said, "You know each other now.") {
		t.Errorf("accepting says\n%s", said)
	}
	v.post("/app/agent/carol/names/accept", "locator", locator, "name", "again")
	if said := v.get("/app/agent/carol/names").body; strings.Contains(said, "You know each other now.") || !strings.Contains(said, `class="notice bad"`) {
		t.Errorf("accepting twice says\n%s", said)
	}
	if _, err := h.agent("self").Identify(t.Context(), "friend"); err != nil {
		t.Error(err)
	}
}

// A letter that cannot be sent is shown again with what was written.
func TestNothingWrittenIsLost(t *testing.T) {
	h := newHouse(t)
	h.agent("bob")
	v := h.in()
	for name, fields := range map[string][]string{
		"nobody":      {"to", "nobody", "text", "a long letter"},
		"no such":     {"to", "bob", "text", "a long letter with @nothing"},
		"lonely sign": {"to", "bob", "text", "a long letter @ home"},
	} {
		a := v.post("/app/agent/self/send", fields...)
		if a.status < 400 || a.status >= 500 || !strings.Contains(a.body, "a long letter") || !strings.Contains(a.body, `class="notice bad"`) {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}

func TestOnce(t *testing.T) {
	h := newHouse(t)
	v := h.in()
	v.post("/app/agent/self/names/folder", "name", "box")
	if a := v.get("/app/agent/self/names"); !strings.Contains(a.body, "Made the directory") {
		t.Error("nothing is said of what was done")
	}
	if a := v.get("/app/agent/self/names"); strings.Contains(a.body, "Made the directory") {
		t.Error("it is said again")
	}
}

func TestNotThere(t *testing.T) {
	h := newHouse(t)
	v := h.in()
	for _, path := range []string{
		"/app/agent/nobody/", "/app/agent/self/message/7", "/app/agent/self/message/x", "/app/agent/self/name?name=nothing",
		"/app/agent/self/names?path=nothing", "/app/runs/9", "/app/static/x/style.css", "/app/static/" + version() + "/", "/app/agent/..%2f/",
	} {
		if a := v.get(path); a.status != http.StatusNotFound && a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

func TestCompletion(t *testing.T) {
	h := newHouse(t)
	self := h.agent("self")
	for _, name := range []string{"bob", "bobby", "alice"} {
		h.agent(name)
	}
	must(t, self.MakeDirectory(t.Context(), "box"))
	_, err := self.StoreValue(t.Context(), "box.photo", json.RawMessage("1"))
	must(t, err)
	v := h.in()
	for prefix, want := range map[string][]string{"bo": {"bob", "bobby", "box"}, "bobb": {"bobby"}, "box.": {"box.photo"}, "x": {}, "no.": {}} {
		var found []suggestion
		a := v.get("/app/agent/self/names.json?prefix=" + prefix)
		must(t, json.Unmarshal([]byte(a.body), &found))
		var names []string
		for _, s := range found {
			names = append(names, s.Name)
		}
		if !slices.Equal(names, want) && len(names)+len(want) > 0 {
			t.Errorf("%q: %q, expected %q", prefix, names, want)
		}
	}
}

func allNew() mail.MessageQuery { return mail.MessageQuery{State: caps.StateNew} }
