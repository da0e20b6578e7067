package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"qvat/chains"
	"qvat/host/fault"
)

func (r *running) client(o ClientOptions) *Client {
	r.t.Helper()
	o.URL = r.url
	return newClient(r.t, o)
}

func newClient(t *testing.T, o ClientOptions) *Client {
	t.Helper()
	cl, err := NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.http.CloseIdleConnections)
	return cl
}

func TestClientURL(t *testing.T) {
	for _, url := range []string{"http://127.0.0.1:7070", "https://vat.example/", "http://[::1]:1/behind/a/proxy/"} {
		if _, err := NewClient(ClientOptions{URL: url}); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
	for _, url := range []string{
		"", "127.0.0.1:7070", "vat.example", "ftp://vat.example", "http://", "http://a:b@vat.example",
		"http://vat.example?x=1", "http://vat.example/#x", "file:///etc/passwd", "http://a\x1b[31m", "http://%zz",
	} {
		if _, err := NewClient(ClientOptions{URL: url}); err == nil {
			t.Errorf("%q is taken for a vat's URL", url)
		} else if strings.ContainsFunc(err.Error(), unfit) {
			t.Errorf("%q: error %q", url, err)
		}
	}
}

func TestClientCalls(t *testing.T) {
	v := &fakeVat{}
	r := run(t, Options{Vat: v})
	cl, ctx := r.client(ClientOptions{}), context.Background()
	info, err := cl.Info(ctx)
	if err != nil || fmt.Sprint(info) != fmt.Sprint(v.Info()) {
		t.Errorf("Info: %v %v", info, err)
	}
	a, b := program(t, "a"), program(t, "b")
	for _, want := range []bool{true, false} {
		if created, err := cl.PutProgram(ctx, a); err != nil || created != want {
			t.Errorf("PutProgram: %v %v", created, err)
		}
	}
	missing, err := cl.Missing(ctx, []chains.Hash{b.Hash(), a.Hash()})
	if err != nil || len(missing) != 1 || missing[0] != b.Hash() {
		t.Errorf("Missing: %v %v", missing, err)
	}
	if missing, err := cl.Missing(ctx, nil); err != nil || len(missing) != 0 {
		t.Errorf("Missing of none: %v %v", missing, err)
	}
	c := message(`{"n":1.50}`)
	answer, err := cl.Invoke(ctx, encoded(t, c))
	if err != nil || string(answer.Result) != `{"n":1.50}` || answer.Message != (MessageInfo{c.ID().String(), 1, 2, 3}) {
		t.Errorf("Invoke: %+v %v", answer, err)
	}
	if answer, err := cl.Invoke(ctx, encoded(t, message(``))); err != nil || answer.Result != nil {
		t.Errorf("Invoke, undefined: %+v %v", answer, err)
	}
	if answer, err := cl.Invoke(ctx, encoded(t, message(`null`))); err != nil || string(answer.Result) != "null" {
		t.Errorf("Invoke, null: %+v %v", answer, err)
	}
}

// Each fault comes back as it was.
func TestClientFaults(t *testing.T) {
	v := &fakeVat{}
	r := run(t, Options{Vat: v})
	cl := r.client(ClientOptions{})
	offset := 12
	for _, row := range fault.Table() {
		want := &fault.Error{
			Code: row.Code, Message: "what\nhappened", Limit: "l", Offset: &offset, Name: "TypeError",
			Program: strings.Repeat("0a", 32), Line: 3, Column: 4, RetryAfter: 5, Missing: []string{strings.Repeat("0b", 32)},
		}
		v.invoke = func(context.Context, string, chains.Capsule) (Answer, error) { return Answer{}, want }
		_, err := cl.Invoke(context.Background(), encoded(t, message(``)))
		var got *fault.Error
		if !errors.As(err, &got) || got.Code != row.Code {
			t.Errorf("%s came as %v", row.Code, err)
			continue
		}
		if row.Code == fault.Internal {
			if got.Reference == "" {
				t.Error("no reference")
			}
			continue
		}
		seen := *want
		seen.Message = `what\nhappened`
		if a, b := asJSON(t, got), asJSON(t, &seen); a != b {
			t.Errorf("%s, want %s", a, b)
		}
	}
	_, err := cl.PutProgram(context.Background(), program(t, strings.Repeat("x", 1<<20)))
	if err != nil {
		t.Errorf("a program at the limit: %v", err)
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// hostile is a server that answers everything the same way.
func hostile(t *testing.T, answer http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return newClient(t, ClientOptions{URL: s.URL, MaxAnswer: 100_000})
}

func says(status int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body)) // the client may have hung up
	}
}

func TestHostileAnswers(t *testing.T) {
	id := strings.Repeat("00", 32)
	for name, answer := range map[string]http.HandlerFunc{
		"a page":            says(200, "text/html", "<p>hello"),
		"no type":           says(200, "", "{}"),
		"not JSON":          says(200, jsonType, "hello\x1b[31m"),
		"an array":          says(200, jsonType, "[]"),
		"trailing":          says(200, jsonType, `{"message":{"id":"`+id+`"}}{}`),
		"no message":        says(200, jsonType, `{"result":1}`),
		"a bad id":          says(200, jsonType, `{"result":1,"message":{"id":"\u001b"}}`),
		"numbers as text":   says(200, jsonType, `{"message":{"id":"`+id+`","fuel":"1"}}`),
		"too long":          says(200, jsonType, `{"result":"`+strings.Repeat("x", 100_000)+`"}`),
		"too long a page":   says(502, "text/html", strings.Repeat("x", 1_000_000)),
		"another status":    says(204, jsonType, ``),
		"an error page":     says(404, "text/html", "<h1>\x1b[31mnot here"),
		"no error":          says(400, jsonType, `{}`),
		"unknown code":      says(400, jsonType, `{"error":{"code":"\u001b[31m","message":"m"}}`),
		"wrong status":      says(500, jsonType, `{"error":{"code":"busy","message":"m"}}`),
		"bad missing":       says(409, jsonType, `{"error":{"code":"missing_programs","missing":["\u001b"]}}`),
		"bad program":       says(422, jsonType, `{"error":{"code":"program_error","program":"\u001b"}}`),
		"error of the type": says(400, jsonType, `{"error":"malformed"}`),
		"endless": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", jsonType)
			for {
				if _, err := w.Write(make([]byte, 4096)); err != nil {
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := hostile(t, answer).Invoke(context.Background(), encoded(t, message(``)))
			if !errors.Is(err, ErrNotVat) {
				t.Fatalf("got %v", err)
			}
			if strings.ContainsFunc(err.Error(), unfit) || len(err.Error()) > 1000 {
				t.Errorf("error %q", err)
			}
		})
	}
}

func TestHostileText(t *testing.T) {
	long := strings.Repeat("é", 10_000)
	cl := hostile(t, says(422, jsonType, `{"error":{"code":"program_error","message":"\u001b]0;x\u0007\u202e`+long+`",
		"name":"\n\u009b`+long+`","limit":"\u0000","reference":"\r","line":-1,"column":-5,"retryAfter":99999999,"offset":-3}}`))
	_, err := cl.Invoke(context.Background(), encoded(t, message(``)))
	var f *fault.Error
	if !errors.As(err, &f) {
		t.Fatal(err)
	}
	for _, s := range []string{f.Message, f.Name, f.Limit, f.Reference} {
		if strings.ContainsFunc(s, unfit) || len(s) > 2*maxMessage {
			t.Errorf("%d bytes: %.60q", len(s), s)
		}
	}
	if f.Line != 0 || f.Column != 0 || f.RetryAfter != 3600 || f.Offset != nil {
		t.Errorf("%+v", f)
	}
}

func TestHostileInfo(t *testing.T) {
	v := &fakeVat{}
	i := v.Info()
	i.Name, i.Version, i.Engine = "\x1b[31m", "1\n2", map[string]string{"\x07": "\u202e"}
	i.Limits = map[string]int64{"\x1b": 1}
	got, err := hostile(t, says(200, jsonType, asJSON(t, i))).Info(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if s := fmt.Sprint(got); strings.ContainsFunc(s, unfit) {
		t.Errorf("%q", s)
	}
	for _, key := range []string{"", "xyz", strings.Repeat("00", 32)} {
		i.RootKey = key
		if _, err := hostile(t, says(200, jsonType, asJSON(t, i))).Info(context.Background()); !errors.Is(err, ErrNotVat) {
			t.Errorf("key %q: %v", key, err)
		}
	}
}

func TestHostileMissing(t *testing.T) {
	a, b := program(t, "a").Hash(), program(t, "b").Hash()
	for name, missing := range map[string][]chains.Hash{
		"not asked": {program(t, "c").Hash()}, "twice": {a, a}, "another order": {b, a},
	} {
		cl := hostile(t, says(200, jsonType, asJSON(t, map[string]any{"missing": missing})))
		if _, err := cl.Missing(context.Background(), []chains.Hash{a, b}); !errors.Is(err, ErrNotVat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// No redirect is followed: what was meant for one vat goes to no other.
func TestRedirects(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		reached := false
		other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
		cl := hostile(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+"/\u202e", status)
		})
		_, err := cl.Invoke(context.Background(), encoded(t, message(``)))
		if !errors.Is(err, ErrNotVat) || reached {
			t.Errorf("%d: reached %v, %v", status, reached, err)
		}
		own := newClient(t, ClientOptions{URL: cl.base, HTTP: &http.Client{}})
		if _, err := own.Info(context.Background()); !errors.Is(err, ErrNotVat) || reached {
			t.Errorf("%d, with a client of the caller's: reached %v, %v", status, reached, err)
		}
		other.Close()
	}
}

func TestClientTimeout(t *testing.T) {
	done := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-done }))
	defer s.Close()
	defer close(done)
	cl := newClient(t, ClientOptions{URL: s.URL, Timeout: 20 * time.Millisecond})
	if _, err := cl.Info(context.Background()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := cl.Info(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// A body that the vat will not have is not sent first.
func TestClientAsksBeforeLargeBodies(t *testing.T) {
	r := run(t, Options{Chains: chains.Limits{Program: 100_000}})
	p := program(t, spaces(1<<20))
	sent := 0
	_, err := r.client(ClientOptions{}).put(context.Background(), p, func(n int) { sent += n })
	if !faultIs(err, fault.TooLarge) || sent > 0 {
		t.Errorf("%d bytes sent, %v", sent, err)
	}
}
