package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// What lies under /app/ is handed over whole: method, host and origin are the
// handler's to judge. Nothing else is.
func TestApp(t *testing.T) {
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-App", r.Method+" "+r.Host+" "+r.Header.Get("Origin"))
		if r.URL.Path == "/app/teapot" {
			w.WriteHeader(http.StatusTeapot)
		}
		fmt.Fprint(w, "the page")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
	})
	r := run(t, Options{Vat: &fakeVat{}, App: app})
	for _, path := range []string{"/app", "/app/", "/app/teapot"} {
		a := r.send(http.MethodPost, path, "", nil, "Origin", "http://evil.example")
		if a.header.Get("X-App") == "" || !strings.Contains(a.header.Get("X-App"), "evil.example") || string(a.body) != "the page" {
			t.Errorf("%s: %+v", path, a)
		}
	}
	if a := r.send(http.MethodGet, "/appendix", "", nil); a.status != http.StatusNotFound {
		t.Errorf("/appendix: %d", a.status)
	}
	metrics := string(r.send(http.MethodGet, "/metrics", "", nil).body)
	for _, want := range []string{`route="/app/",status="418"} 1`, `route="/app/",status="200"} 2`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("%s is not counted:\n%s", want, metrics)
		}
	}
}

// The page is within a peer's limits, as every call is.
func TestAppIsLimited(t *testing.T) {
	entered := make(chan struct{}, 1)
	app := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		entered <- struct{}{}
		<-r.Context().Done()
	})
	r := run(t, Options{Vat: &fakeVat{}, App: app, Peers: PeerLimits{InFlight: 1}})
	r.dial().say("GET /app/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
	<-entered
	if a := r.send(http.MethodGet, "/app/", "", nil); a.status != http.StatusTooManyRequests {
		t.Errorf("a second request: %d", a.status)
	}
}

// Without a page there is none.
func TestNoApp(t *testing.T) {
	r := run(t, Options{Vat: &fakeVat{}})
	if a := r.send(http.MethodGet, "/app/", "", nil); a.status != http.StatusNotFound {
		t.Errorf("%d", a.status)
	}
}
