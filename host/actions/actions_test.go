package actions

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"net/url"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"qvat/host/caps"
	"qvat/host/fault"
	"qvat/host/mail"
	"qvat/host/mail/letter"
	"qvat/host/store/sqlite"
)

// self opens a post with one agent beside self, bob, and gives self.
func self(t *testing.T) *mail.Agent {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "vat.db")})
	if err != nil {
		t.Fatal(err)
	}
	post, err := mail.Open(t.Context(), mail.Options{Store: st, Node: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(post.Close(), st.Close()); err != nil {
			t.Error(err)
		}
	})
	a, err := post.Agent(t.Context(), mail.FirstHost)
	if err == nil {
		_, err = MakeGuest{Name: "bob"}.Do(t.Context(), a)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestTable: no two rows have a name, a function or a request in common, and a
// function has a parameter for each of the request's fields, or one for all.
func TestTable(t *testing.T) {
	names, methods := map[string]bool{}, map[string]bool{}
	for _, a := range All() {
		if names[a.Name] || strings.ToLower(a.Name) != a.Name {
			t.Errorf("%s: its name is another's, or not in lower case", a.Name)
		}
		names[a.Name] = true
		request := a.Request()
		if got := NameOf(reflect.ValueOf(request).Elem().Interface()); got != a.Name {
			t.Errorf("%s: its request asks for %s", a.Name, got)
		}
		if a.Signature == "" {
			continue
		}
		if methods[a.Method()] || a.Waits {
			t.Errorf("%s: its function is another's, or keeps a program waiting", a.Name)
		}
		methods[a.Method()] = true
		if by, ok := ByMethod(a.Method()); !ok || by.Name != a.Name {
			t.Errorf("%s does %s", a.Method(), by.Name)
		}
		params := Fields(request)
		labelled := slices.IndexFunc(params, func(f Field) bool { return f.Label == "" }) < 0
		given := strings.Count(a.Signature, ",") + 1
		if strings.HasSuffix(a.Signature, "()") {
			given = 0
		}
		if labelled && given != len(params) || !labelled && a.Signature != a.Method()+"(options = {})" {
			t.Errorf("%s has %d fields", a.Signature, len(params))
		}
	}
}

// TestLooks: what only looks leaves nothing in the journal, and what changes
// something does.
func TestLooks(t *testing.T) {
	a := self(t)
	entries := func() int {
		all, err := Log{Limit: 1000}.Do(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	id, err := Identify{Name: "bob"}.Do(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]string{
		"lookup": `{"name":"bob"}`, "locate": `{"name":"bob"}`, "identify": `{"name":"bob"}`, "message": `{"number":1}`,
		"reverseidentify": `{"id":"` + id.String() + `"}`, "why": `{"id":"` + id.String() + `"}`,
		"makehost": `{"name":"carol"}`, "makeguest": `{"name":"dave"}`, "send": `{"to":"bob","strings":["hi"],"edges":[],"names":[]}`,
		"request": `{"to":"bob","what":"it"}`, "reply": `{"number":1,"strings":["well"]}`, "makedirectory": `{"name":"d"}`,
		"move": `{"from":"bob","to":"rob"}`, "copy": `{"from":"rob","to":"r"}`, "remove": `{"name":"r"}`,
		"storevalue": `{"name":"v","value":1}`, "invite": `{"name":"eve","seconds":60}`, "setwake": `{}`, "dismiss": `{"number":1}`,
	}
	looked, changed := 0, 0
	for _, row := range All() {
		before, q := entries(), row.Request()
		if err := Decode([]byte(asked[row.Name]), q); err != nil {
			t.Fatalf("%s: %v", row.Name, err)
		}
		if row.Waits {
			continue
		}
		_, err := row.Do(t.Context(), a, q)
		switch after := entries(); {
		case !row.Changes && after != before:
			t.Errorf("%s changes something", row.Name)
		case row.Changes && err == nil && after == before:
			t.Errorf("%s changes nothing", row.Name)
		case row.Changes && err == nil:
			changed++
		case err == nil:
			looked++
		}
	}
	if looked < 9 || changed < 12 {
		t.Errorf("only %d looked and %d changed something", looked, changed)
	}
}

// TestViews holds the two forms of an answer: the owner's JSON, which reads back,
// and what a program gets.
func TestViews(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.UTC)
	id := caps.ID{Number: [32]byte{1}, Node: caps.Key{2}}
	one, two := "01"+strings.Repeat("0", 62), "02"+strings.Repeat("0", 62)
	whole := one + ":" + two
	for _, c := range []struct {
		view           any
		owner, program string
	}{
		{
			Agent{Name: "bob", Kind: "guest", Key: caps.Key{1}, Handle: id, Unread: 3},
			`{"name":"bob","kind":"guest","key":"` + one + `","handle":"` + whole + `","unread":3}`,
			`{"name":"bob","host":false,"key":"` + one + `","handle":"` + whole + `","unread":3}`,
		},
		{Sent{MessageID(one), 4}, `{"id":"` + one + `","number":4}`, `{"id":"` + one + `","number":4}`},
		{
			[]Letter{letterOf(mail.Message{
				Number: 1, ID: id.Number, Kind: letter.KindReply, From: id, To: id, Date: at, Arrived: at, State: caps.StateNew,
				Strings: []string{"a", "b"}, Edges: []string{"e"}, IDs: []caps.ID{id}, Types: []caps.Type{caps.TypeValue},
				ReplyTo: &id.Number, What: "w", Why: "y", Thread: id.Number,
			})},
			`[{"number":1,"id":"` + one + `","type":"reply","from":"` + whole + `","fromName":"","to":"` + whole + `","toName":"",` +
				`"date":"2026-01-02T03:04:05.006Z","arrived":"2026-01-02T03:04:05.006Z","state":"new","strings":["a","b"],"edges":["e"],` +
				`"ids":["` + whole + `"],"types":["value"],"what":"w","why":"y","replyTo":"` + one + `","thread":"` + one + `"}]`,
			`[{"number":1,"id":"` + one + `","type":"reply","from":"` + whole + `","to":"` + whole + `","date":1767323045006,` +
				`"arrived":1767323045006,"state":"new","strings":["a","b"],"edges":["e"],"ids":["` + whole + `"],"types":["value"],` +
				`"replyTo":"` + one + `","what":"w","why":"y","thread":"` + one + `"}]`,
		},
		{
			Thing{ID: id, Type: caps.TypePromise, Local: true, Promise: &Promise{State: caps.StateResolved, ID: id, Type: caps.TypeValue}},
			`{"id":"` + whole + `","type":"promise","local":true,"name":"","promise":{"state":"resolved","id":"` + whole + `","type":"value"}}`,
			`{"id":"` + whole + `","type":"promise","state":"resolved","to":"` + whole + `"}`,
		},
		{
			Thing{ID: id, Type: caps.TypeValue, Local: true, Value: json.RawMessage(`5`)},
			`{"id":"` + whole + `","type":"value","local":true,"name":"","value":5}`,
			`{"id":"` + whole + `","type":"value","value":5}`,
		},
		{
			[]LogEntry{{1, at, "wake", nil, "no"}},
			`[{"number":1,"at":"2026-01-02T03:04:05.006Z","action":"wake","error":"no"}]`,
			`[{"number":1,"at":1767323045006,"action":"wake","error":"no"}]`,
		},
		{[]Entry{{"b0b", id, caps.TypeHandle, "bob"}}, `[{"name":"b0b","id":"` + whole + `","type":"handle","like":"bob"}]`, `[{"name":"b0b","id":"` + whole + `","type":"handle","like":"bob"}]`},
		{id, `"` + whole + `"`, `"` + whole + `"`},
		{NameChange{Name: "x", Removed: true}, `{"name":"x","removed":true}`, `{"name":"x","removed":true}`},
	} {
		owner, err := json.Marshal(c.view)
		program, bad := json.Marshal(ForProgram(c.view))
		if err := errors.Join(err, bad); err != nil {
			t.Fatal(err)
		}
		if string(owner) != c.owner {
			t.Errorf("the owner reads\n%s\nand should read\n%s", owner, c.owner)
		}
		if string(program) != c.program {
			t.Errorf("a program reads\n%s\nand should read\n%s", program, c.program)
		}
	}
	if ForProgram(Done{}) != nil {
		t.Error("what gives nothing gives a program something")
	}
}

// TestDub: of several names one is shown, SELF before all others, and what has
// none by the start of its key.
func TestDub(t *testing.T) {
	a := self(t)
	ctx := t.Context()
	for _, q := range []Copy{{"bob", "b0b"}, {"SELF", "me"}} {
		if _, err := q.Do(ctx, a); err != nil {
			t.Fatal(err)
		}
	}
	bob, err := Identify{Name: "bob"}.Do(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	me, err := Identify{Name: "SELF"}.Do(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Dub(ctx, a, []Letter{{From: bob, To: me}, {From: caps.ID{Number: [32]byte{0xab}}, To: bob}})
	if err != nil {
		t.Fatal(err)
	}
	all := got.([]Letter)
	if l := all[0]; l.FromName != "b0b" || l.FromLike != "bob" || l.ToName != "SELF" || l.ToLike != "" {
		t.Errorf("it is from %q (%q) to %q (%q)", l.FromName, l.FromLike, l.ToName, l.ToLike)
	}
	if l := all[1]; l.FromName != "(ed25519 ab0000…)" || l.ToName != "b0b" {
		t.Errorf("it is from %q to %q", l.FromName, l.ToName)
	}
}

// TestDecode: a request is one object, and all of its fields are known.
func TestDecode(t *testing.T) {
	for text, why := range map[string]string{
		`{"to":`: "not as it should be", `{"too":"x"}`: "unknown field", `{} {}`: "something stands after", `"x"`: "not as it should be",
	} {
		var f *fault.Error
		if err := Decode([]byte(text), &Send{}); !errors.As(err, &f) || f.Code != fault.Malformed || !strings.Contains(f.Message, why) {
			t.Errorf("%s: %v", text, err)
		}
	}
	var q Invite
	if err := Decode([]byte(`{"name":"x","seconds":90}`), &q); err != nil || time.Duration(q.Lasts) != 90*time.Second {
		t.Errorf("90 seconds are read as %v, %v", time.Duration(q.Lasts), err)
	}
	err := Decode([]byte(`{"name":"x","seconds":3153600001}`), &q)
	if err == nil || !strings.HasSuffix(err.Error(), "an invitation lasts from 1 to 3153600000 seconds") {
		t.Errorf("a hundred years and a second: %v", err)
	}
	var s Send
	if err := Decode([]byte(`{"to":"bob","strings":["a","b"],"edges":["e"],"names":["n"]}`), &s); err != nil || s.To != "bob" || s.Names[0] != "n" {
		t.Errorf("a text is read as %+v, %v", s, err)
	}
}

// TestStreams: what is no question is refused before anything is followed.
func TestStreams(t *testing.T) {
	a := self(t)
	for name, bad := range map[string]url.Values{"follow": {"after": {"x"}}, "follownames": {"locator": {"x"}}} {
		s, ok := StreamByName(name)
		if !ok {
			t.Fatalf("%s cannot be followed", name)
		}
		if _, err := s.Follow(t.Context(), a, bad); err == nil {
			t.Errorf("%s: %v is taken", name, bad)
		}
	}
	s, _ := StreamByName("follownames")
	following, err := s.Follow(t.Context(), a, url.Values{})
	if err != nil {
		t.Fatal(err)
	}
	for v, err := range following {
		if c, ok := v.(NameChange); err != nil || !ok || c.Name != "bob" {
			t.Errorf("the first name is %+v, %v", v, err)
		}
		break
	}
}
