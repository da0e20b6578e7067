package control

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"qvat/host/actions"
	"qvat/host/caps"
	"qvat/host/fault"
	"qvat/host/mail"
	"qvat/host/store/sqlite"
)

// served is a post that is served at the socket of a folder.
type served struct {
	dir    string
	client *Client
	log    *bytes.Buffer // to be read after stop
	stop   func()
}

func serve(t *testing.T, o Options) served {
	t.Helper()
	s := served{dir: t.TempDir(), log: &bytes.Buffer{}}
	st, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(s.dir, "vat.db")})
	if err != nil {
		t.Fatal(err)
	}
	o.Logger = slog.New(slog.NewTextHandler(s.log, nil))
	node := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	if o.Post, err = mail.Open(t.Context(), mail.Options{Store: st, Node: node}); err != nil {
		t.Fatal(err)
	}
	l, err := Listen(t.Context(), s.dir, o.Logger)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- New(o).Serve(ctx, l) }()
	stopped := false
	s.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := errors.Join(<-ended, o.Post.Close(), st.Close()); err != nil {
			t.Error(err)
		}
	}
	s.client = NewClient(s.dir)
	t.Cleanup(func() {
		s.client.Close()
		s.stop()
	})
	return s
}

// must is an answer with no error.
func must[Answer any](t *testing.T, a Answer, err error) Answer {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// do is Do as self.
func do[Answer any](t *testing.T, s served, agent string, q actions.Request[Answer]) Answer {
	t.Helper()
	a, err := Do(t.Context(), s.client, agent, q)
	return must(t, a, err)
}

func TestActions(t *testing.T) {
	s := serve(t, Options{})
	bob := do(t, s, "self", actions.MakeGuest{Name: "bob"})
	if bob.Name != "bob" || bob.Kind != "guest" || bob.Of != "self" {
		t.Errorf("made %+v", bob)
	}
	id := do(t, s, "self", actions.StoreValue{Name: "n", Value: json.RawMessage("5")})
	sent := do(t, s, "self", actions.Send{To: "bob", Text: actions.Text{
		Strings: []string{"take ", ""}, Edges: []string{"n"}, Names: []string{"n"},
	}})
	all := do(t, s, "bob", actions.Letters{})
	if len(all) != 1 || all[0].ID != sent.ID || all[0].IDs[0] != id || all[0].Types[0] != "value" ||
		all[0].FromName != "HOST" || all[0].ToName != "SELF" || all[0].To != bob.Handle {
		t.Fatalf("bob has %+v", all)
	}
	do(t, s, "bob", actions.Adopt{Number: 1, Edge: "n", Name: "mine"})
	if thing := do(t, s, "bob", actions.Lookup{Name: "mine"}); string(thing.Value) != "5" || thing.ID != id || thing.Name != "mine" {
		t.Errorf("bob adopted %+v", thing)
	}
	if names := do(t, s, "bob", actions.ReverseIdentify{ID: id.String()}); len(names) != 1 || names[0] != "mine" {
		t.Errorf("bob's names for it: %q", names)
	}
	locator := do(t, s, "bob", actions.Locate{Name: "mine"})
	if names := do(t, s, "bob", actions.ReverseLocate{Locator: locator.String()}); len(names) != 1 {
		t.Errorf("bob's names for %s: %q", locator, names)
	}
	if by := do(t, s, "self", actions.Identify{Name: "bob"}); by != bob.Handle {
		t.Errorf("bob is %s, and identified as %s", bob.Handle, by)
	}
	if info := do(t, s, "bob", actions.Info{}); info.Unread != 1 {
		t.Errorf("bob's info: %+v", info)
	}
	if agents, err := s.client.Agents(t.Context()); err != nil || len(agents) != 2 {
		t.Errorf("agents: %+v, %v", agents, err)
	}
}

// TestEveryAction: each takes an empty call, or refuses it in its own words, and
// none of them fails.
func TestEveryAction(t *testing.T) {
	s := serve(t, Options{})
	for _, a := range actions.All() {
		if a.Waits {
			continue // TestLeaving
		}
		_, err := ask[json.RawMessage](t.Context(), s.client, agentPath("self")+"/"+a.Name, struct{}{})
		var f *fault.Error
		var m *caps.Error
		if err != nil && !errors.As(err, &m) && (!errors.As(err, &f) || f.Code == fault.Internal) {
			t.Errorf("%s: %v", a.Name, err)
		}
	}
	s.stop()
	if s.log.Len() > 0 {
		t.Errorf("the log says %s", s.log)
	}
}

// TestErrors: the vat's refusals arrive as they were, hint and all.
func TestErrors(t *testing.T) {
	s := serve(t, Options{})
	do(t, s, "self", actions.MakeGuest{Name: "bob"})
	_, err := Do(t.Context(), s.client, "bob", actions.MakeGuest{Name: "eve"})
	var m *caps.Error
	if !errors.As(err, &m) || m.Code != caps.Refused || m.Hint == "" {
		t.Errorf("a guest that makes a guest: %#v", err)
	}
	_, err = s.client.Login(t.Context())
	if !errors.As(err, &m) || m.Code != caps.NotFound {
		t.Errorf("a login where there is no page: %v", err)
	}
	_, err = Do(t.Context(), s.client, "a/../b?c", actions.Info{})
	if !errors.As(err, &m) || m.Code != caps.NotFound {
		t.Errorf("an agent that is not there: %v", err)
	}
	for _, err := range s.client.Follow(t.Context(), "nobody", 0) {
		if !errors.As(err, &m) || m.Code != caps.NotFound {
			t.Errorf("following an agent that is not there: %v", err)
		}
	}
}

// TestInternal: a failure with no code is told by a reference, and by that alone.
func TestInternal(t *testing.T) {
	s := serve(t, Options{Login: func(context.Context) (string, error) { return "", errors.New("/secret/path is gone") }})
	_, err := s.client.Login(t.Context())
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != fault.Internal || f.Reference == "" || strings.Contains(err.Error(), "secret") {
		t.Fatalf("the failure is told as %#v", err)
	}
	s.stop()
	if log := s.log.String(); !strings.Contains(log, f.Reference) || !strings.Contains(log, "/secret/path") {
		t.Errorf("the log says %s", log)
	}
}

func TestLogin(t *testing.T) {
	s := serve(t, Options{Login: func(context.Context) (string, error) { return "http://127.0.0.1:1/app/login?token=x", nil }})
	if url, err := s.client.Login(t.Context()); err != nil || url != "http://127.0.0.1:1/app/login?token=x" {
		t.Errorf("login: %q, %v", url, err)
	}
	s = serve(t, Options{Login: func(context.Context) (string, error) { return "", nil }})
	_, err := s.client.Login(t.Context())
	var m *caps.Error
	if !errors.As(err, &m) || m.Code != caps.NotFound || !strings.Contains(m.Hint, "[web]") {
		t.Errorf("a login where no link would work: %v", err)
	}
}

// TestFollowBeginsAtOnce: who follows what is quiet is told that the vat stops,
// and not that it never answered.
func TestFollowBeginsAtOnce(t *testing.T) {
	s := serve(t, Options{})
	res, err := s.client.send(t.Context(), "GET", agentPath("self")+"/follow", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil || res.StatusCode != 200 || res.Header.Get("Content-Type") != linesType {
		t.Errorf("it begins with %d %q, %v", res.StatusCode, res.Header.Get("Content-Type"), err)
	}
}

// TestMalformed: what is no call is refused under the code malformed, or
// too_large, and the vat goes on.
func TestMalformed(t *testing.T) {
	s := serve(t, Options{BodyBytes: 1 << 10})
	for _, c := range []struct {
		what, method, path, body string
		status                   int
		code                     fault.Code
	}{
		{"no action", "POST", "/v1/agents/self/explode", "{}", 400, fault.Malformed},
		{"no stream", "GET", "/v1/agents/self/explode", "", 400, fault.Malformed},
		{"no call", "POST", "/v2/agents", "{}", 400, fault.Malformed},
		{"no method", "PUT", "/v1/agents", "{}", 400, fault.Malformed},
		{"no JSON", "POST", "/v1/agents/self/info", "{", 400, fault.Malformed},
		{"no object", "POST", "/v1/agents/self/lookup", `"bob"`, 400, fault.Malformed},
		{"unknown field", "POST", "/v1/agents/self/lookup", `{"nam": "bob"}`, 400, fault.Malformed},
		{"something after", "POST", "/v1/agents/self/lookup", `{"name": "SELF"} {}`, 400, fault.Malformed},
		{"negative number", "POST", "/v1/agents/self/dismiss", `{"number": -1}`, 400, fault.Malformed},
		{"no id", "POST", "/v1/agents/self/cancel", `{"id": "abc"}`, 400, fault.Malformed},
		{"long invitation", "POST", "/v1/agents/self/invite", `{"name": "x", "seconds": 9000000000000000000}`, 400, fault.Malformed},
		{"no number", "GET", "/v1/agents/self/follow?after=x", "", 400, fault.Malformed},
		{"no locator", "GET", "/v1/agents/self/follownames?locator=x", "", 422, fault.Code(caps.BadName)},
		{"too much", "POST", "/v1/agents/self/lookup", `{"name": "` + strings.Repeat("a", 2<<10) + `"}`, 413, fault.TooLarge},
		{"nobody", "POST", "/v1/agents/nobody/info", "{}", 404, fault.Code(caps.NotFound)},
		{"well", "POST", "/v1/agents/self/info", "", 200, ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), c.method, "http://vat"+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			res, err := s.client.http.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close() //nolint:errcheck // only read
			b, err := io.ReadAll(res.Body)
			var got struct {
				Error struct {
					Code    fault.Code
					Message string
				}
			}
			if err := errors.Join(err, json.Unmarshal(b, &got)); err != nil {
				t.Fatalf("%s: %v", b, err)
			}
			if res.StatusCode != c.status || got.Error.Code != c.code || c.code != "" && got.Error.Message == "" {
				t.Errorf("answered %d %s", res.StatusCode, b)
			}
		})
	}
}

// TestLeaving: a wait and a stream end when the caller leaves, and neither they
// nor a caller that stays keep the vat from stopping.
func TestLeaving(t *testing.T) {
	s := serve(t, Options{})
	do(t, s, "self", actions.MakeGuest{Name: "bob"})
	sent := do(t, s, "bob", actions.Ask{To: "HOST", What: "a thing", Name: "thing"})
	ctx, cancel := context.WithCancel(t.Context())
	followed := make(chan error, 2)
	go func() {
		for m, err := range s.client.Follow(ctx, "self", 0) {
			if err == nil && m.What == "a thing" {
				cancel()
				continue
			}
			followed <- err
		}
	}()
	go func() {
		_, err := Do(ctx, s.client, "bob", actions.Wait{ID: sent.ID})
		followed <- err
	}()
	for range 2 {
		if err := <-followed; !errors.Is(err, context.Canceled) {
			t.Errorf("who has left gets %v", err)
		}
	}
	begun := make(chan struct{})
	go func() {
		for _, err := range s.client.Follow(t.Context(), "self", 0) {
			if err == nil {
				close(begun)
				continue
			}
			followed <- err
		}
	}()
	<-begun
	s.stop()
	if err := <-followed; err == nil {
		t.Error("the stream of a vat that stops goes on")
	}
}

// TestTrust holds who may call: the vat's own user and root, and where the
// system does not tell, whoever the socket's mode lets in.
func TestTrust(t *testing.T) {
	for _, c := range []struct {
		what  string
		uid   int
		known bool
		err   error
		own   int
		want  bool
	}{
		{"own", 1000, true, nil, 1000, true},
		{"root", 0, true, nil, 1000, true},
		{"another", 1001, true, nil, 1000, false},
		{"another, of root's vat", 1001, true, nil, 0, false},
		{"not told", 0, false, nil, 1000, true},
		{"failed", 1000, true, errors.New("no"), 1000, false},
	} {
		if got := trusted(c.own, c.uid, c.known, c.err); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}
