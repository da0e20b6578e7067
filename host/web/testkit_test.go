package web

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"qvat/chains"
	"qvat/host/mail"
	"qvat/host/store/sqlite"
)

// house is a page over a post office of its own, served on loopback.
type house struct {
	t     testing.TB
	post  *mail.Post
	page  *Page
	vat   *lookedAt
	clock *clock
	url   string
}

// clock can be moved.
type clock struct {
	mu  sync.Mutex
	off time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.off)
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off += d
}

// lookedAt is a Vat that shows what a test puts into it.
type lookedAt struct {
	about    About
	state    State
	ran      []Ran // the newest first
	programs map[chains.Hash]chains.Program
}

func (v *lookedAt) About() About { return v.about }
func (v *lookedAt) State() State { return v.state }

func (v *lookedAt) Ran(before uint64, n int) (found []Ran) {
	for _, r := range v.ran {
		if (before == 0 || r.Number < before) && len(found) < n {
			found = append(found, r)
		}
	}
	return found
}

func (v *lookedAt) Program(_ context.Context, h chains.Hash) (chains.Program, bool, error) {
	p, ok := v.programs[h]
	return p, ok, nil
}

func newHouse(t testing.TB, hosts ...string) *house {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "vat.db")})
	must(t, err)
	_, node, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	h := &house{t: t, clock: &clock{}}
	h.post, err = mail.Open(t.Context(), mail.Options{Store: s, Node: node})
	must(t, err)
	ctx, stop := context.WithCancel(context.Background())
	var served sync.WaitGroup
	served.Go(func() {
		if err := h.post.Serve(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		stop()
		served.Wait()
		if err := h.post.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	root, err := chains.PublicKeyOf(ed25519.NewKeyFromSeed(make([]byte, 32)))
	must(t, err)
	nodeKey, err := chains.PublicKeyOf(node)
	must(t, err)
	h.vat = &lookedAt{
		about:    About{Name: "alice", Version: "0.0.0", Root: root, Node: nodeKey, Limits: chains.Limits{Capsule: 1 << 20, Program: 1 << 20, Input: 1 << 20}},
		programs: map[chains.Hash]chains.Program{},
	}
	h.page = New(Options{Post: h.post, Vat: h.vat, Hosts: hosts, Now: h.clock.now})
	h.page.beat = 50 * time.Millisecond
	srv := httptest.NewServer(h.page)
	h.url = srv.URL
	t.Cleanup(func() {
		h.page.Close()
		srv.Close()
	})
	return h
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// agent gives an agent; a guest of self is made where there is none.
func (h *house) agent(name string) *mail.Agent {
	h.t.Helper()
	a, err := h.post.Agent(h.t.Context(), name)
	if err == nil {
		return a
	}
	self, err := h.post.Agent(h.t.Context(), "self")
	must(h.t, err)
	_, err = self.MakeGuest(h.t.Context(), name)
	must(h.t, err)
	a, err = h.post.Agent(h.t.Context(), name)
	must(h.t, err)
	return a
}

// visitor is a browser of few talents.
type visitor struct {
	h    *house
	http *http.Client
}

func (h *house) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	must(h.t, err)
	return &visitor{h, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// in is a visitor who is logged in.
func (h *house) in() *visitor {
	h.t.Helper()
	v := h.visitor()
	if a := v.get(h.page.Login(h.url)); a.status != http.StatusSeeOther {
		h.t.Fatalf("logging in: %d %s", a.status, a.body)
	}
	return v
}

// answered is an answer, read.
type answered struct {
	status int
	header http.Header
	body   string
}

func (v *visitor) do(r *http.Request) answered {
	v.h.t.Helper()
	res, err := v.http.Do(r)
	must(v.h.t, err)
	defer res.Body.Close() //nolint:errcheck // only read
	b, err := io.ReadAll(res.Body)
	must(v.h.t, err)
	return answered{res.StatusCode, res.Header, string(b)}
}

// get asks for a path of the page, or for a whole address.
func (v *visitor) get(path string) answered {
	v.h.t.Helper()
	return v.do(v.request(http.MethodGet, path, nil))
}

func (v *visitor) request(method, path string, body io.Reader) *http.Request {
	v.h.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = v.h.url + path
	}
	r, err := http.NewRequestWithContext(v.h.t.Context(), method, path, body)
	must(v.h.t, err)
	return r
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// post sends a form as the page's own would be.
func (v *visitor) post(path string, fields ...string) answered {
	v.h.t.Helper()
	m := csrfField.FindStringSubmatch(v.get("/app/help").body)
	if m == nil {
		v.h.t.Fatal("no form has a token")
	}
	return v.do(v.form(path, append(fields, "csrf", m[1])...))
}

// form is a form with just these fields.
func (v *visitor) form(path string, fields ...string) *http.Request {
	v.h.t.Helper()
	q := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		q.Set(fields[i], fields[i+1])
	}
	r := v.request(http.MethodPost, path, strings.NewReader(q.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", v.h.url)
	return r
}

// sends has an agent write to another, and fails the test where it cannot.
func (h *house) sends(from, to, text string) {
	h.t.Helper()
	parts, err := parseText(text)
	must(h.t, err)
	_, err = h.agent(from).Send(h.t.Context(), to, parts.Strings, parts.Edges, parts.Names)
	must(h.t, err)
}
