package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Every answer has these headers, whatever it is.
func TestHeaders(t *testing.T) {
	h := newHouse(t)
	v := h.in()
	h.sends("self", "SELF", "to myself")
	for _, path := range []string{
		"/app/", "/app/help", "/app/vat", "/app/runs", "/app/capsule", "/app/login", "/app/nothing",
		"/app/agent/self/", "/app/agent/self/message/1", "/app/agent/self/write", "/app/agent/self/names",
		"/app/agent/self/name?name=SELF", "/app/agent/self/outbox", "/app/agent/self/peers", "/app/agent/self/log",
		"/app/agent/self/names.json", "/app/static/" + version() + "/style.css", "/app/static/" + version() + "/live.js",
	} {
		a := v.get(path)
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
				"form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
			"X-Content-Type-Options":       "nosniff",
			"X-Frame-Options":              "DENY",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		if got := a.header.Get("Referrer-Policy"); got != "no-referrer" && got != "same-origin" {
			t.Errorf("%s: Referrer-Policy is %q", path, got)
		}
		if !strings.Contains(path, "/static/") && a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Cache-Control is %q", path, a.header.Get("Cache-Control"))
		}
		if want := map[string]int{"/app/login": 403, "/app/nothing": 404}[path]; want != 0 && a.status != want || want == 0 && a.status != 200 {
			t.Errorf("%s: status %d\n%s", path, a.status, a.body)
		}
		for _, bad := range []string{"<style", "style=", "onclick", "<script>", "javascript:", "http://", "https://"} {
			if strings.Contains(a.header.Get("Content-Type"), "html") && strings.Contains(a.body, bad) {
				t.Errorf("%s: there is %q in it", path, bad)
			}
		}
	}
}

func TestLogin(t *testing.T) {
	h := newHouse(t)
	link := h.page.Login(h.url)
	if !strings.HasPrefix(link, h.url+"/app/login?token=") {
		t.Fatalf("the link is %q", link)
	}
	v := h.visitor()
	if a := v.get("/app/"); a.status != http.StatusUnauthorized || !strings.Contains(a.body, "qvat open") {
		t.Fatalf("a stranger sees %d %s", a.status, a.body)
	}
	// Looking at it without taking it does not use it up.
	if a := v.do(v.request(http.MethodHead, link, nil)); a.header.Get("Set-Cookie") != "" {
		t.Fatal("HEAD logs in")
	}
	a := v.get(link)
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/app/" {
		t.Fatalf("logging in: %d to %q", a.status, a.header.Get("Location"))
	}
	c, err := http.ParseSetCookie(a.header.Get("Set-Cookie"))
	must(t, err)
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/app/" || c.MaxAge != 12*3600 || c.Secure {
		t.Errorf("the cookie is %s", a.header.Get("Set-Cookie"))
	}
	if strings.Contains(link, c.Value) {
		t.Error("the session's id is the token")
	}
	if a := v.get("/app/"); a.status != http.StatusOK {
		t.Errorf("who is in sees %d", a.status)
	}
	for name, again := range map[string]string{
		"used":     link,
		"wrong":    h.url + "/app/login?token=" + random(),
		"none":     h.url + "/app/login",
		"cut":      strings.TrimSuffix(h.page.Login(h.url), "A") + "?",
		"hash key": h.url + "/app/login?token=" + url.QueryEscape("\x00"),
	} {
		if a := h.visitor().get(again); a.status != http.StatusForbidden || a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s token: %d %s", name, a.status, a.header.Get("Set-Cookie"))
		}
	}
}

func TestTokenExpires(t *testing.T) {
	h := newHouse(t)
	early, late := h.page.Login(h.url), h.page.Login(h.url)
	h.clock.move(10*time.Minute - time.Second)
	if a := h.visitor().get(early); a.status != http.StatusSeeOther {
		t.Errorf("just before its end: %d", a.status)
	}
	h.clock.move(2 * time.Second)
	if a := h.visitor().get(late); a.status != http.StatusForbidden {
		t.Errorf("after its end: %d", a.status)
	}
}

func TestSessionEnds(t *testing.T) {
	h := newHouse(t)
	idle, busy, out := h.in(), h.in(), h.in()
	for range 12 {
		h.clock.move(59 * time.Minute)
		if a := busy.get("/app/help"); a.status != http.StatusOK {
			t.Fatalf("who uses the page: %d", a.status)
		}
	}
	h.clock.move(13 * time.Minute)
	for name, v := range map[string]*visitor{"idle for an hour": idle, "twelve hours old": busy} {
		if a := v.get("/app/help"); a.status != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	if a := out.get("/app/help"); a.status != http.StatusUnauthorized {
		t.Error("the third session goes on")
	}
	// What an open page asks for by itself keeps no session.
	live := h.in()
	for range 3 {
		h.clock.move(25 * time.Minute)
		r := live.request(http.MethodGet, "/app/help", nil)
		r.Header.Set("X-Qvat-Live", "1")
		live.do(r)
	}
	if a := live.get("/app/help"); a.status != http.StatusUnauthorized {
		t.Errorf("a page that looks again by itself: %d", a.status)
	}
}

func TestLogout(t *testing.T) {
	h := newHouse(t)
	v := h.in()
	u, err := url.Parse(h.url + "/app/")
	must(t, err)
	kept := v.http.Jar.Cookies(u)
	if a := v.post("/app/logout"); a.status != http.StatusOK || !strings.Contains(a.header.Get("Set-Cookie"), "Max-Age=0") {
		t.Fatalf("logging out: %d %q", a.status, a.header.Get("Set-Cookie"))
	}
	v.http.Jar.SetCookies(u, kept)
	if a := v.get("/app/"); a.status != http.StatusUnauthorized {
		t.Errorf("the old cookie still works: %d", a.status)
	}
}

// A form must be of this session, and of this site.
func TestForged(t *testing.T) {
	h := newHouse(t)
	v, other := h.in(), h.in()
	token := csrfField.FindStringSubmatch(v.get("/app/help").body)[1]
	theirs := csrfField.FindStringSubmatch(other.get("/app/help").body)[1]
	const path = "/app/agent/self/names/folder"
	for name, change := range map[string]func() *http.Request{
		"no token":         func() *http.Request { return v.form(path, "name", "stolen") },
		"another's token":  func() *http.Request { return v.form(path, "name", "stolen", "csrf", theirs) },
		"token in address": func() *http.Request { return v.form(path+"?csrf="+token, "name", "stolen") },
		"no origin": func() *http.Request {
			r := v.form(path, "name", "stolen", "csrf", token)
			r.Header.Del("Origin")
			return r
		},
		"null origin": func() *http.Request {
			r := v.form(path, "name", "stolen", "csrf", token)
			r.Header.Set("Origin", "null")
			return r
		},
		"another site": func() *http.Request {
			r := v.form(path, "name", "stolen", "csrf", token)
			r.Header.Set("Origin", "http://evil.example")
			return r
		},
		"another port": func() *http.Request {
			r := v.form(path, "name", "stolen", "csrf", token)
			r.Header.Set("Origin", "http://127.0.0.1:1")
			return r
		},
		"cross-site": func() *http.Request {
			r := v.form(path, "name", "stolen", "csrf", token)
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			return r
		},
		"same-site": func() *http.Request {
			r := v.form(path, "name", "stolen", "csrf", token)
			r.Header.Set("Sec-Fetch-Site", "same-site")
			return r
		},
		"by GET": func() *http.Request { return v.request(http.MethodGet, path+"?name=stolen&csrf="+token, nil) },
	} {
		if a := v.do(change()); a.status != http.StatusForbidden && a.status != http.StatusNotFound && a.status != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", name, a.status)
		}
		if _, err := h.agent("self").Lookup(t.Context(), "stolen"); err == nil {
			t.Fatalf("%s: it was done", name)
		}
	}
	if a := v.do(v.form(path, "name", "mine", "csrf", token)); a.status != http.StatusSeeOther {
		t.Errorf("the page's own form: %d %s", a.status, a.body)
	}
	if _, err := h.agent("self").Lookup(t.Context(), "mine"); err != nil {
		t.Error(err)
	}
}

// A name that was made to point here (DNS rebinding) is refused before anything
// else, also for who is logged in.
func TestOtherHost(t *testing.T) {
	for _, one := range []struct {
		hosts []string
		host  string
		ok    bool
	}{
		{nil, "evil.example", false},
		{nil, "evil.example:7070", false},
		{nil, "localhost.evil.example", false},
		{nil, "192.168.1.5:7070", false},
		{nil, "10.0.0.1", false},
		{nil, "[2001:db8::1]:80", false},
		{nil, "localhost:7070", true},
		{nil, "LOCALHOST", true},
		{nil, "vat.localhost:80", true},
		{nil, "127.0.0.1:7070", true},
		{nil, "[::1]:7070", true},
		{[]string{"vat.example"}, "vat.example", true},
		{[]string{"vat.example"}, "evil.example", false},
		{[]string{"vat.example"}, "127.0.0.1", true},
	} {
		h := newHouse(t, one.hosts...)
		v := h.visitor()
		r := v.request(http.MethodGet, h.page.Login(h.url), nil)
		r.Host = one.host
		a := v.do(r)
		if got := a.status == http.StatusSeeOther; got != one.ok {
			t.Errorf("%v, %s: %d", one.hosts, one.host, a.status)
		}
		if c := a.header.Get("Set-Cookie"); one.host == "vat.example" && !strings.Contains(c, "Secure") {
			t.Errorf("beyond this machine the cookie is %q", c)
		}
	}
}

// Others' machines are answered only where the owner has named the vat.
func TestOtherMachine(t *testing.T) {
	for _, one := range []struct {
		hosts []string
		want  int
	}{{nil, http.StatusForbidden}, {[]string{"vat.example"}, http.StatusUnauthorized}} {
		h := newHouse(t, one.hosts...)
		r := h.visitor().request(http.MethodGet, "/app/", nil)
		r.RemoteAddr = "203.0.113.7:40000"
		r.Host = "vat.example"
		w := httptest.NewRecorder()
		if one.hosts == nil {
			r.Host = "localhost"
		}
		h.page.ServeHTTP(w, r)
		if w.Code != one.want {
			t.Errorf("%v: %d", one.hosts, w.Code)
		}
	}
}

func TestFewTokensAndSessions(t *testing.T) {
	d := newDoor(time.Now)
	first := d.newToken()
	for range 10 * maxTokens {
		d.newToken()
	}
	if len(d.tokens) > maxTokens {
		t.Errorf("%d tokens", len(d.tokens))
	}
	if _, ok := d.enter(first); ok {
		t.Error("the oldest token still works")
	}
	for range 2 * maxSessions {
		if _, ok := d.enter(d.newToken()); !ok {
			t.Fatal("a fresh token does not work")
		}
	}
	if len(d.sessions) > maxSessions {
		t.Errorf("%d sessions", len(d.sessions))
	}
}
