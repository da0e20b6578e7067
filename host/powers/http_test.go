package powers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"qvat/runtime"
)

// site is a server that notes what it is asked.
type site struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string
	keys []string
}

func newSite(t testing.TB, handle func(w http.ResponseWriter, r *http.Request, body string)) *site {
	t.Helper()
	s := &site{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		s.seen = append(s.seen, r.Method+" "+r.URL.RequestURI()+" "+string(body))
		s.keys = append(s.keys, r.Header.Get("Idempotency-Key"))
		s.mu.Unlock()
		handle(w, r, string(body))
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.seen)
}

func echo(w http.ResponseWriter, r *http.Request, body string) {
	w.Header()["Date"] = nil
	w.Header().Add("X-Two", "a")
	w.Header().Add("X-Two", "b")
	w.Header().Set("Content-Type", "text/plain")
	fmt.Fprintf(w, "%s %s %s %s", r.Method, r.URL.Path, body, r.Header.Get("X-Mine"))
}

const httpPowerText = `exports.http = require('qvat:http')`

func TestFetch(t *testing.T) {
	s := newSite(t, echo)
	v := newVat(t, Grants{HTTP: HTTPGrant{Origins: []string{s.URL}, Immediate: true}}, httpPowerText)
	program := `exports.main = async ({ power: { http } }) => {
		const r = await http.fetch({ url: '` + s.URL + `/a?b=c', method: 'POST', headers: { 'x-mine': 'yes', 'Content-Type': 'text/plain' }, body: 'héllo', bodyBase64: undefined })
		return [r, Object.isFrozen(r)]
	}`
	live := v.attempt(&Recorder{}, "", program)
	v.commit(live)
	want := `[{"status":200,"headers":{"content-length":"18","content-type":"text/plain","x-two":"a, b"},"body":"POST /a héllo yes"},false]`
	if got := string(live.out.Result); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if len(s.keys) != 1 || len(s.keys[0]) != 32 {
		t.Errorf("the keys were %q", s.keys)
	}
	// A replay asks nobody, and burns the same.
	replay, _, err := Replay(record(live.recorder))
	if err != nil {
		t.Fatal(err)
	}
	again := v.attempt(replay, "", program)
	if again.err != nil || string(again.out.Result) != want || again.out.Fuel != live.out.Fuel || s.asked() != 1 {
		t.Errorf("the replay gave %s for %d fuel, the run burnt %d; the site was asked %d times (%v)",
			again.out.Result, again.out.Fuel, live.out.Fuel, s.asked(), again.err)
	}
	if err := replay.Finish(); err != nil {
		t.Error(err)
	}
	// Nor does another attempt after a conflict, unless it asks for something else.
	a := v.attempt(live.recorder.Again(), "", program)
	if a.err != nil || string(a.out.Result) != want || s.asked() != 1 {
		t.Errorf("the next attempt gave %s; the site was asked %d times (%v)", a.out.Result, s.asked(), a.err)
	}
	a = v.attempt(live.recorder.Again(), "", strings.Replace(program, "/a?b=c", "/other", 1))
	if a.err != nil || s.asked() != 2 || s.keys[0] == s.keys[1] {
		t.Errorf("another request: the site was asked %d times, with the keys %q (%v)", s.asked(), s.keys, a.err)
	}
	// A replay that asks for something else ends, whatever it catches.
	if replay, _, err = Replay(record(live.recorder)); err != nil {
		t.Fatal(err)
	}
	a = v.attempt(replay, "", `exports.main = async ({ power: { http } }) => { try { await http.fetch({ url: '`+s.URL+`/c' }) } catch { return 'caught' } }`)
	if a.err == nil || !strings.Contains(a.err.Error(), ErrDiverged.Error()) {
		t.Errorf("got %v, %s", a.err, a.out.Result)
	}
}

// TestFetchOrder: answers come in the order of the calls, whichever is there
// first, so that a race has one winner in every run.
func TestFetchOrder(t *testing.T) {
	fast := make(chan struct{})
	s := newSite(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		switch r.URL.Path {
		case "/slow":
			<-fast // it is answered after the other one
		case "/fast":
			defer close(fast)
		}
		fmt.Fprint(w, r.URL.Path)
	})
	v := newVat(t, Grants{HTTP: HTTPGrant{Origins: []string{s.URL}, Immediate: true}}, httpPowerText)
	got := v.run("", `exports.main = async ({ power: { http } }) => {
		const order = []
		const get = path => http.fetch({ url: '`+s.URL+`' + path }).then(r => { order.push(r.body); return r.body })
		const all = [get('/slow'), get('/fast')]
		return [await Promise.race(all), await Promise.all(all), order]
	}`)
	if want := `["/slow",["/slow","/fast"],["/slow","/fast"]]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// closedOrigin is one where nobody listens.
func closedOrigin(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return "http://" + l.Addr().String()
}

// TestFetchFails: what goes wrong is told without a word about the host or its
// network, and is recorded like an answer.
func TestFetchFails(t *testing.T) {
	s := newSite(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		switch r.URL.Path {
		case "/large":
			fmt.Fprint(w, strings.Repeat("x", 2000))
		case "/header":
			w.Header().Set("X-Large", strings.Repeat("x", 100<<10))
		case "/json":
			fmt.Fprint(w, strings.Repeat("\x01", 900))
		case "/cut":
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "short")
		}
	})
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	closed, private := closedOrigin(t), "http://private.example:"+port
	unknown, noTLS := "http://unknown.example:"+port, strings.Replace(s.URL, "http:", "https:", 1)
	v := newVat(t, Grants{HTTP: HTTPGrant{
		Origins: []string{s.URL, closed, unknown, private, noTLS}, Immediate: true, ResponseBytes: 1000, InputBytes: 5000,
	}}, httpPowerText)
	v.set.http.resolver = fakeResolver(t, map[string]net.IP{"private.example.": net.IPv4(127, 0, 0, 1)})
	for url, want := range map[string]string{
		closed:            "its host refused the connection",
		s.URL + "/large":  "its answer is larger than the vat takes",
		s.URL + "/json":   "its answer is larger than the vat takes",
		s.URL + "/header": "its host could not be reached, or broke off",
		s.URL + "/cut":    "its host could not be reached, or broke off",
		noTLS:             "its host could not be reached, or broke off",
		unknown:           "its host is not known",
		private:           "its host is at an address that is not public",
	} {
		program := `exports.main = async ({ power: { http } }) => { try { return await http.fetch({ url: '` + url + `' }) } catch (e) { return e.name + ': ' + e.message } }`
		a := v.attempt(&Recorder{}, "", program)
		if got := string(a.out.Result); a.err != nil || got != `"Error: the request failed: `+want+`"` {
			t.Errorf("%s: got %s (%v), want %s", url, got, a.err, want)
			continue
		}
		replay, _, err := Replay(record(a.recorder))
		if err != nil {
			t.Fatal(err)
		}
		if again := v.attempt(replay, "", program); !bytes.Equal(again.out.Result, a.out.Result) {
			t.Errorf("%s: the replay gave %s (%v)", url, again.out.Result, again.err)
		}
	}
}

func TestFetchTimeout(t *testing.T) {
	hang := make(chan struct{})
	s := newSite(t, func(http.ResponseWriter, *http.Request, string) { <-hang })
	defer close(hang)
	c, err := newClient(HTTPGrant{Origins: []string{s.URL}, Timeout: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.ask(t.Context(), "id", &request{method: "GET", url: s.URL, headers: http.Header{}})
	if want := `{"error":"the request failed: there was no whole answer within 20ms"}`; err != nil || string(b) != want {
		t.Errorf("got %s (%v), want %s", b, err, want)
	}
	// When it is the message that ends, there is nothing to tell it.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.ask(ctx, "id", &request{method: "GET", url: s.URL, headers: http.Header{}}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestFetchBinary(t *testing.T) {
	s := newSite(t, func(w http.ResponseWriter, _ *http.Request, body string) { fmt.Fprint(w, body+"\xff") })
	v := newVat(t, Grants{HTTP: HTTPGrant{Origins: []string{s.URL}, Immediate: true}}, httpPowerText)
	v.want(`["AP//",false]`, `const r = await power.http.fetch({ url: '`+s.URL+`', method: 'PUT', bodyBase64: 'AP8=' }); return [r.bodyBase64, 'body' in r]`)
}

func TestRedirects(t *testing.T) {
	elsewhere := newSite(t, echo)
	var loops atomic.Int32
	s := newSite(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, elsewhere.URL+"/stolen", http.StatusTemporaryRedirect)
		case "/here":
			http.Redirect(w, r, "/there", http.StatusSeeOther)
		case "/loop":
			loops.Add(1)
			http.Redirect(w, r, "/loop", http.StatusFound)
		default:
			fmt.Fprint(w, r.Method+" "+r.Header.Get("Authorization"))
		}
	})
	// Both are granted: even so, what is meant for one does not go to the other.
	v := newVat(t, Grants{HTTP: HTTPGrant{Origins: []string{s.URL, elsewhere.URL}, Immediate: true}}, httpPowerText)
	get := func(path string) string {
		return `const r = await power.http.fetch({ url: '` + s.URL + path + `', method: 'POST', headers: { authorization: 'Bearer x' }, body: 'secret' }); return [r.status, r.body]`
	}
	v.want(`[307,""]`, get("/away"))
	v.want(`[200,"GET Bearer x"]`, get("/here"))
	v.want(`[302,""]`, strings.Replace(get("/loop"), "[r.status, r.body]", "[r.status, '']", 1))
	if elsewhere.asked() != 0 || loops.Load() != maxRedirects+1 {
		t.Errorf("the other site was asked %d times, the loop %d", elsewhere.asked(), loops.Load())
	}
}

// TestNoProxy: the environment does not say where requests go.
func TestNoProxy(t *testing.T) {
	proxy, s := newSite(t, echo), newSite(t, echo)
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	set := newSet(t, Grants{HTTP: HTTPGrant{Origins: []string{s.URL}}})
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := set.http.do(t.Context(), "id", &request{method: "GET", url: u.String(), headers: http.Header{}}); err != nil {
		t.Fatal(err)
	}
	if transport, ok := set.http.http.Transport.(*http.Transport); !ok || transport.Proxy != nil || proxy.asked() != 0 || s.asked() != 1 {
		t.Errorf("the proxy was asked %d times, the site %d", proxy.asked(), s.asked())
	}
}

func TestFetchNotGranted(t *testing.T) {
	v := newVat(t, Grants{HTTP: HTTPGrant{Origins: []string{"https://example.com"}}}, httpPowerText)
	v.throws(`Error: the vat does not grant fetch`, `await power.http.fetch({ url: 'https://example.com' })`)
	v.throws(`Error: the vat grants no requests to https://example.org`, `power.http.send({ url: 'https://example.org' })`)
}

// TestRequests calls the Go half as a guest half that has been taken over would.
func TestRequests(t *testing.T) {
	set := newSet(t, Grants{HTTP: HTTPGrant{Origins: []string{"https://example.com"}, Immediate: true, Requests: 2, RequestBytes: 100}})
	tx, err := newStore(t).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	p := set.Open(Scope{Tx: tx})["qvat:http"]
	in := func(fields string) string { return `[{"url":"https://example.com/",` + fields + `}]` }
	for _, c := range []struct{ args, name, want string }{
		{`[]`, "TypeError", "takes 1 arguments"},
		{`["https://example.com"]`, "TypeError", "the request is not an object"},
		{`[{}]`, "TypeError", "scheme"},
		{`[{"url":7}]`, "TypeError", "url is not a string"},
		{`[{"url":"https://example.com/%zz"}]`, "TypeError", "not a URL"},
		{`[{"url":"https://evil.com"}]`, "Error", "grants no requests to https://evil.com"},
		{`[{"url":"http://example.com"}]`, "Error", "grants no requests to http://example.com"},
		{`[{"url":"https://example.com:444"}]`, "Error", "grants no requests"},
		{`[{"url":"https://u:p@example.com"}]`, "TypeError", "user name or a password"},
		{`[{"url":"https://example.com/#x"}]`, "TypeError", "fragment"},
		{`[{"url":"https://example.com/` + strings.Repeat("x", maxURL) + `"}]`, "RangeError", "are allowed"},
		{in(`"method":"CONNECT"`), "TypeError", "method"},
		{in(`"method":"get"`), "TypeError", "method"},
		{in(`"method":"GET","body":"x"`), "TypeError", "has no body"},
		{in(`"method":"POST","body":"x","bodyBase64":"eA=="`), "TypeError", "both"},
		{in(`"method":"POST","body":{}`), "TypeError", "body is not a string"},
		{in(`"method":"POST","bodyBase64":"eA"`), "TypeError", "not base64"},
		{in(`"method":"POST","body":"` + strings.Repeat("x", 101) + `"`), "RangeError", "100 are allowed"},
		{in(`"credentials":"include"`), "TypeError", `the property "credentials"`},
		{in(`"headers":[]`), "TypeError", "not an object of strings"},
		{in(`"headers":{"a":1}`), "TypeError", "not an object of strings"},
		{in(`"headers":{"a":null}`), "TypeError", "not an object of strings"},
		{in(`"headers":{"a":"1","A":"2"}`), "TypeError", "there twice"},
		{in(`"headers":{"Host":"evil.com"}`), "TypeError", "the vat's own"},
		{in(`"headers":{"Content-Length":"0"}`), "TypeError", "the vat's own"},
		{in(`"headers":{"transfer-encoding":"chunked"}`), "TypeError", "the vat's own"},
		{in(`"headers":{"Connection":"x"}`), "TypeError", "the vat's own"},
		{in(`"headers":{"Proxy-Authorization":"x"}`), "TypeError", "the vat's own"},
		{in(`"headers":{"Idempotency-Key":"x"}`), "TypeError", "the vat's own"},
		{in(`"headers":{"a\r\nb":"x"}`), "TypeError", "not a token"},
		{in(`"headers":{"":"x"}`), "TypeError", "not a token"},
		{in(`"headers":{"a b":"x"}`), "TypeError", "not a token"},
		{in(`"headers":{"a":"x\r\nHost: evil"}`), "TypeError", "plain ASCII"},
		{in(`"headers":{"a":"é"}`), "TypeError", "plain ASCII"},
		{in(`"headers":{"a":" x"}`), "TypeError", "begins or ends with a space"},
		{in(`"headers":{"a":"` + strings.Repeat("x", maxHeaderBytes) + `"}`), "RangeError", "are allowed"},
	} {
		wantRefusal(t, p, "send", c.args, c.name, c.want)
		wantRefusal(t, p, "fetch", c.args, c.name, strings.Replace(c.want, "takes 1", "takes 1", 1))
	}
	wantRefusal(t, p, "fetch", in(`"then":"AAAA"`), "TypeError", `the property "then"`)
	wantRefusal(t, p, "send", in(`"then":1`), "TypeError", "then is not a string")
	wantRefusal(t, p, "send", in(`"then":"?"`), "TypeError", "not base64")
	wantRefusal(t, p, "send", in(`"then":"AAAA"`), "TypeError", "neither a chain nor a capsule")
	wantRefusal(t, p, "open", `[1]`, "TypeError", "no method")
	// What settles must be due.
	for _, n := range []string{"0", "1", "-1", `"0"`} {
		if _, err := p.Call(t.Context(), "settled", []byte("["+n+"]")); err == nil {
			t.Errorf("settled %s was taken", n)
		}
	}
	for range 2 {
		if _, err := p.Call(t.Context(), "fetch", []byte(`[{"url":"https://example.com"}]`)); err != nil {
			t.Fatal(err)
		}
	}
	wantRefusal(t, p, "settled", `[0]`, "TypeError", "no answer to call 0 is due")
	wantRefusal(t, p, "fetch", `[{"url":"https://example.com"}]`, "RangeError", "the 2 requests")
}

// TestFetchEndsWithTheMessage: a request does not outlive its message.
func TestFetchEndsWithTheMessage(t *testing.T) {
	gone := make(chan struct{})
	s := newSite(t, func(_ http.ResponseWriter, r *http.Request, _ string) {
		<-r.Context().Done()
		close(gone)
	})
	v := newVat(t, Grants{HTTP: HTTPGrant{Origins: []string{s.URL}, Immediate: true}}, httpPowerText)
	a := v.attempt(&Recorder{}, "", `exports.main = async ({ power }) => { const p = power.http.fetch({ url: '`+s.URL+`' }); for (;;); }`)
	var f *runtime.Failure
	if !errors.As(a.err, &f) || f.Reason != runtime.OutOfFuel {
		t.Errorf("got %v", a.err)
	}
	<-gone
}
