package api

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"qvat/chains"
	"qvat/chains/chaintest"
	"qvat/host/fault"
)

// jsonForm is the JSON form of a capsule, as a client would write it.
func jsonForm(t rapid.TB, c chains.Capsule) []byte {
	t.Helper()
	texts := []string{}
	for _, p := range c.Programs {
		texts = append(texts, p.Text())
	}
	programs, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	out := fmt.Sprintf(`{"chain":%q,"programs":%s`, base64.StdEncoding.EncodeToString(c.Chain.Encode()), programs)
	if len(c.Input) > 0 {
		out += `,"input":` + string(c.Input)
	}
	return []byte(out + "}")
}

func TestInfo(t *testing.T) {
	v := &fakeVat{}
	r := run(t, Options{Vat: v})
	a := r.send("GET", "/v1/vat", "", nil)
	var got map[string]any
	if err := json.Unmarshal(a.body, &got); err != nil || a.status != 200 {
		t.Fatalf("%d %q: %v", a.status, a.body, err)
	}
	for _, name := range []string{"name", "rootKey", "nodeKey", "limits", "version", "engine"} {
		if got[name] == nil {
			t.Errorf("no %q in %s", name, a.body)
		}
	}
	head := r.send("HEAD", "/v1/vat", "", nil)
	if head.status != 200 || len(head.body) != 0 || head.header.Get("Content-Length") != fmt.Sprint(len(a.body)) {
		t.Errorf("HEAD: %d, %q, %v", head.status, head.body, head.header)
	}
}

func TestAnswersAreGuarded(t *testing.T) {
	r := run(t, Options{})
	for _, path := range []string{"/v1/vat", "/nowhere", "/metrics", "/healthz"} {
		h := r.send("GET", path, "", nil).header
		for name, want := range map[string]string{
			"X-Content-Type-Options":       "nosniff",
			"Cache-Control":                "no-store",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Access-Control-Allow-Origin":  "",
			"Server":                       "",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
}

func TestMissing(t *testing.T) {
	v := &fakeVat{}
	r := run(t, Options{Vat: v})
	have, a, b := program(t, "have"), program(t, "a"), program(t, "b")
	v.keep(have)
	body := fmt.Sprintf(` { "hashes" : [%q, %q,%q] } `, b.Hash(), have.Hash(), a.Hash())
	r.post("/v1/programs/missing", jsonType, []byte(body)).
		ok(t, fmt.Sprintf(`{"missing":[%q,%q]}`, b.Hash(), a.Hash()))
	r.post("/v1/programs/missing", jsonType, []byte(`{"hashes":[]}`)).ok(t, `{"missing":[]}`)
	if !v.peers["127.0.0.1"] {
		t.Errorf("peers seen: %v", v.peers)
	}
}

func TestMissingMalformed(t *testing.T) {
	r := run(t, Options{})
	hash := strings.Repeat("0a", 32)
	for body, offset := range map[string]int{
		``:                                    0,
		`{}`:                                  2,
		`[]`:                                  0,
		`{"hashes":{}}`:                       10,
		`{"hashes":[1]}`:                      11,
		`{"hashes":["` + hash[1:] + `"]}`:     11,
		`{"hashes":["` + hash + `"],"x":1}`:   79,
		`{"hashes":[],"hashes":[]}`:           13,
		`{"hashes":[]} {}`:                    14,
		`{"hashes":["` + hash + `",]}`:        78,
		`{"Hashes":["` + hash + `"]}`:         1,
		`{"hashes":["` + hash + `"`:           77,
		`{"hashes":["` + "A" + hash[1:] + `"`: 11,
	} {
		f := r.post("/v1/programs/missing", jsonType, []byte(body)).fault(t, 400, fault.Malformed)
		if f.Offset == nil || *f.Offset != offset {
			t.Errorf("%s: %s, want byte %d", body, f.Message, offset)
		}
	}
}

func TestPutProgram(t *testing.T) {
	v := &fakeVat{}
	r := run(t, Options{Vat: v})
	p := program(t, "exports.main = () => '£'")
	path := "/v1/programs/" + p.Hash().String()
	for _, status := range []int{201, 200} {
		a := r.send("PUT", path, "", strings.NewReader(p.Text()))
		if a.status != status || string(a.body) != fmt.Sprintf("{\"hash\":%q}\n", p.Hash()) {
			t.Errorf("%d %q, want %d", a.status, a.body, status)
		}
	}
	if got := v.programs[p.Hash()].Text(); got != p.Text() {
		t.Errorf("kept %q", got)
	}
}

func TestPutProgramRefused(t *testing.T) {
	v := &fakeVat{}
	r := run(t, Options{Vat: v})
	p := program(t, "text")
	hash := p.Hash().String()
	for _, c := range []struct {
		name, hash, text string
		status           int
		code             fault.Code
		offset           int // -1: none
	}{
		{"another hash", hash, "other", 422, fault.HashMismatch, -1},
		{"no text", hash, "", 422, fault.HashMismatch, -1},
		{"not UTF-8", hash, "ab\xff", 400, fault.Malformed, 2},
		{"NUL", hash, "abc\x00", 400, fault.Malformed, 3},
		{"short hash", hash[:63], "text", 400, fault.Malformed, 63},
		{"upper case", strings.ToUpper(hash), "text", 400, fault.Malformed, strings.IndexAny(hash, "abcdef")},
	} {
		f := r.send("PUT", "/v1/programs/"+c.hash, "", strings.NewReader(c.text)).fault(t, c.status, c.code)
		if c.offset < 0 && f.Offset != nil || c.offset >= 0 && (f.Offset == nil || *f.Offset != c.offset) {
			t.Errorf("%s: %s, want byte %d", c.name, f.Message, c.offset)
		}
	}
	if len(v.programs) != 0 {
		t.Errorf("kept %d programs", len(v.programs))
	}
}

func TestInvokeBothForms(t *testing.T) {
	var got []chains.Capsule
	v := &fakeVat{}
	v.invoke = func(ctx context.Context, peer string, c chains.Capsule) (Answer, error) {
		got = append(got, c)
		return (&fakeVat{}).Invoke(ctx, peer, c)
	}
	r := run(t, Options{Vat: v})
	for _, input := range []string{``, `null`, `{"n": 1.0e2, "s": "\u00a3 <&>", "n": 2}`} {
		c := chaintest.Parse("root -> bob").Capsule(input)
		a := r.post("/v1/invoke", CapsuleType, encoded(t, c))
		b := r.post("/v1/invoke", jsonType+"; charset=UTF-8", jsonForm(t, c))
		result := ""
		if input != "" {
			result = `"result":` + input + `,`
		}
		want := fmt.Sprintf(`{%s"message":{"id":"%s","fuel":1,"memory":2,"micros":3}}`, result, c.ID())
		a.ok(t, want)
		b.ok(t, want)
		if !bytes.Equal(encoded(t, got[0]), encoded(t, got[1])) {
			t.Errorf("input %s: the forms give different capsules", input)
		}
		got = nil
	}
}

func TestInvokeContentType(t *testing.T) {
	v := &fakeVat{}
	r := run(t, Options{Vat: v})
	body := jsonForm(t, message(`1`))
	for _, kind := range []string{
		"", "text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "multipart/form-data",
		"application/jsonx", "application/json; charset=latin1", ";", "application/octet-stream",
	} {
		f := r.post("/v1/invoke", kind, body).fault(t, 400, fault.Malformed)
		if !strings.Contains(f.Message, "Content-Type") {
			t.Errorf("%q: %s", kind, f.Message)
		}
	}
	r.send("POST", "/v1/invoke", jsonType, bytes.NewReader(body), "Content-Encoding", "gzip").
		fault(t, 400, fault.Malformed)
	if v.invoked != 0 {
		t.Errorf("invoked %d times", v.invoked)
	}
}

func TestInvokeMalformedCapsule(t *testing.T) {
	r := run(t, Options{})
	good := encoded(t, message(`[1]`))
	for name, c := range map[string]struct {
		body   []byte
		offset int
	}{
		"nothing":      {nil, 0},
		"not a magic":  {[]byte("qvp2...."), 0},
		"trailing":     {append(bytes.Clone(good), 0), len(good)},
		"no JSON":      {append(bytes.Clone(good[:len(good)-1]), '}'), len(good) - 1},
		"cut in input": {good[:len(good)-1], len(good) - 7},
	} {
		f := r.post("/v1/invoke", CapsuleType, c.body).fault(t, 400, fault.Malformed)
		if f.Offset == nil || *f.Offset != c.offset {
			t.Errorf("%s: %s, want byte %d", name, f.Message, c.offset)
		}
	}
}

func TestFaultsOfTheVat(t *testing.T) {
	v := &fakeVat{}
	r := run(t, Options{Vat: v})
	for _, row := range fault.Table() {
		if row.Code == fault.Internal {
			continue
		}
		v.invoke = func(context.Context, string, chains.Capsule) (Answer, error) {
			f := fault.New(row.Code, "what happened <&> \x1b")
			f.Missing, f.Name, f.Line = []string{"00"}, "TypeError", 7
			f.Cause = errors.New("/home/owner/secret")
			return Answer{}, fmt.Errorf("wrapped: %w", f)
		}
		a := r.post("/v1/invoke", CapsuleType, encoded(t, message(``)))
		f := a.fault(t, row.Status, row.Code)
		if f.Message != "what happened <&> \x1b" || f.Name != "TypeError" || f.Line != 7 || f.Missing[0] != "00" {
			t.Errorf("%s came as %s", row.Code, a.body)
		}
		if bytes.Contains(a.body, []byte("secret")) {
			t.Errorf("%s shows its cause: %s", row.Code, a.body)
		}
		passes := row.Code == fault.Busy || row.Code == fault.BusyPeer
		if got := a.header.Get("Retry-After"); (got == "1") != passes {
			t.Errorf("%s: Retry-After %q", row.Code, got)
		}
	}
	v.invoke = func(context.Context, string, chains.Capsule) (Answer, error) {
		return Answer{}, &fault.Error{Code: fault.Busy, RetryAfter: 9}
	}
	if got := r.post("/v1/invoke", CapsuleType, encoded(t, message(``))).header.Get("Retry-After"); got != "9" {
		t.Errorf("Retry-After %q, want 9", got)
	}
}

// What fails inside is told to the log, and to the caller only by reference.
func TestInternalFault(t *testing.T) {
	v := &fakeVat{}
	r := run(t, Options{Vat: v})
	for name, fails := range map[string]func() error{
		"plain error":   func() error { return errors.New("open /home/owner/vat.db: no") },
		"fault":         func() error { return &fault.Error{Code: fault.Internal, Message: "/home/owner/vat.db"} },
		"unknown code":  func() error { return &fault.Error{Code: "strange", Message: "/home/owner/vat.db"} },
		"panic":         func() error { panic("in /home/owner/vat.db") },
		"runtime panic": func() error { return []error{}[len("/home/owner/vat.db")] },
	} {
		v.invoke = func(context.Context, string, chains.Capsule) (Answer, error) { return Answer{}, fails() }
		a := r.post("/v1/invoke", CapsuleType, encoded(t, message(``)))
		f := a.fault(t, 500, fault.Internal)
		if bytes.Contains(a.body, []byte("home")) || bytes.Contains(a.body, []byte("goroutine")) {
			t.Errorf("%s: %s", name, a.body)
		}
		if len(f.Reference) != 16 || !strings.Contains(r.log.String(), "reference="+f.Reference) {
			t.Errorf("%s: reference %q is not in the log", name, f.Reference)
		}
	}
	if !strings.Contains(r.log.String(), "open /home/owner/vat.db: no") {
		t.Error("the cause is not in the log")
	}
	v.invoke = func(context.Context, string, chains.Capsule) (Answer, error) {
		return Answer{}, &fault.Error{Code: fault.Internal, Reference: "its-own"}
	}
	if f := r.post("/v1/invoke", CapsuleType, encoded(t, message(``))).fault(t, 500, fault.Internal); f.Reference != "its-own" {
		t.Errorf("reference %q, want the vat's own", f.Reference)
	}
	v.invoke = nil
	r.post("/v1/invoke", CapsuleType, encoded(t, message(`1`))) // and it goes on
}

func TestUnknownCalls(t *testing.T) {
	r := run(t, Options{})
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/", 404, ""},
		{"GET", "/v1", 404, ""},
		{"GET", "/v1/vat/", 404, ""},
		{"GET", "//v1/vat", 404, ""},
		{"GET", "/v1/../v1/vat", 404, ""},
		{"POST", "/v2/invoke", 404, ""},
		{"PUT", "/v1/programs/", 404, ""},
		{"PUT", "/v1/programs/a/b", 404, ""},
		{"GET", "/debug/pprof/", 404, ""},
		{"POST", "/v1/vat", 405, "GET, HEAD"},
		{"GET", "/v1/invoke", 405, "POST"},
		{"OPTIONS", "/v1/invoke", 405, "POST"},
		{"PUT", "/v1/programs/missing", 405, "POST"},
		{"GET", "/v1/programs/" + strings.Repeat("0", 64), 405, "PUT"},
		{"DELETE", "/healthz", 405, "GET, HEAD"},
		{"BREW", "/metrics", 405, "GET, HEAD"},
	} {
		a := r.send(c.method, c.path, "", nil)
		a.fault(t, c.status, fault.Malformed)
		if got := a.header.Get("Allow"); got != c.allow {
			t.Errorf("%s %s: Allow %q, want %q", c.method, c.path, got, c.allow)
		}
	}
	c := r.dial()
	c.say("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n")
	c.hear().fault(t, 404, fault.Malformed)
}

func TestHealth(t *testing.T) {
	v := &fakeVat{}
	r := run(t, Options{Vat: v})
	r.send("GET", "/healthz", "", nil).ok(t, `{"status":"ok"}`)
	r.send("GET", "/readyz", "", nil).ok(t, `{"status":"ready"}`)
	v.ready = func(context.Context) error { return fault.New(fault.Busy, "warming up") }
	if f := r.send("GET", "/readyz", "", nil).fault(t, 503, fault.Busy); f.Message != "warming up" {
		t.Errorf("message %q", f.Message)
	}
	v.ready = func(context.Context) error { return errors.New("/home/owner: gone") }
	if a := r.send("GET", "/readyz", "", nil); a.fault(t, 503, fault.Busy) != nil && bytes.Contains(a.body, []byte("home")) {
		t.Errorf("%s", a.body)
	}
	r.send("GET", "/healthz", "", nil).ok(t, `{"status":"ok"}`)
}
