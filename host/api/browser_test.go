package api

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"qvat/host/fault"
)

// What a browser on the owner's machine sends for a page of another site is
// refused, whatever the page tries.
func TestForeignPages(t *testing.T) {
	v := &fakeVat{}
	r := run(t, Options{Vat: v})
	port := r.addr[strings.LastIndex(r.addr, ":"):]
	body := encoded(t, message(`1`))
	for _, c := range []struct {
		name    string
		headers []string
		ok      bool
	}{
		{"no browser", nil, true},
		{"own page", []string{"Origin", "http://" + r.addr, "Sec-Fetch-Site", "same-origin"}, true},
		{"own page by name", []string{"Host", "localhost" + port, "Origin", "http://localhost" + port}, true},
		{"by a name under localhost", []string{"Host", "vat.localhost" + port}, true},
		{"typed by the user", []string{"Sec-Fetch-Site", "none"}, true},
		{"foreign page", []string{"Origin", "https://evil.example"}, false},
		{"foreign page on the same port", []string{"Origin", "http://evil.example" + port}, false},
		{"another port here", []string{"Origin", "http://127.0.0.1:1"}, false},
		{"sandboxed page", []string{"Origin", "null"}, false},
		{"no scheme", []string{"Origin", r.addr}, false},
		{"empty origin", []string{"Origin", ""}, false},
		{"cross-site without origin", []string{"Sec-Fetch-Site", "cross-site"}, false},
		{"another name of the same site", []string{"Sec-Fetch-Site", "same-site"}, false},
		{"rebound name", []string{"Host", "evil.example" + port, "Origin", "http://evil.example" + port}, false},
		{"rebound name, no origin", []string{"Host", "evil.example" + port}, false},
		{"name that ends like an address", []string{"Host", "127.0.0.1.evil.example" + port}, false},
		{"address of elsewhere", []string{"Host", "192.0.2.1" + port}, false},
	} {
		a := r.send("POST", "/v1/invoke", CapsuleType, bytes.NewReader(body), c.headers...)
		if c.ok && a.status != 200 {
			t.Errorf("%s: %d %s", c.name, a.status, a.body)
		}
		if !c.ok {
			a.fault(t, 403, fault.Malformed)
		}
		if a.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v", c.name, a.header)
		}
	}
	if v.invoked != 5 {
		t.Errorf("invoked %d times", v.invoked)
	}
}

// What a page may send without asking is refused for its type, even by a
// browser that says nothing of the page.
func TestSimpleRequests(t *testing.T) {
	v := &fakeVat{}
	r := run(t, Options{Vat: v})
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""} {
		r.post("/v1/invoke", kind, jsonForm(t, message(`1`))).fault(t, 400, fault.Malformed)
	}
	if v.invoked != 0 {
		t.Errorf("invoked %d times", v.invoked)
	}
}

func TestKnownHosts(t *testing.T) {
	for _, c := range []struct {
		local, host string
		hosts       []string
		ok          bool
	}{
		{"127.0.0.1", "127.0.0.1:7070", nil, true},
		{"127.0.0.1", "127.0.0.1", nil, true},
		{"127.0.0.1", "LOCALHOST:7070", nil, true},
		{"::1", "[::1]:7070", nil, true},
		{"::1", "[::1]", nil, true},
		{"127.0.0.1", "", nil, true},
		{"127.0.0.1", "vat.example", nil, false},
		{"127.0.0.1", "Vat.Example:80", []string{"vat.example"}, true},
		{"127.0.0.1", "other.example", []string{"vat.example"}, false},
		{"192.0.2.1", "vat.example", nil, true},
		{"192.0.2.1", "vat.example", []string{"VAT.example"}, true},
		{"192.0.2.1", "other.example", []string{"vat.example"}, false},
		{"192.0.2.1", "192.0.2.1:7070", []string{"vat.example"}, true},
		{"127.0.0.1", "192.0.2.1:7070", []string{"vat.example"}, false},
		{"127.0.0.1", "localhost.", nil, false},
		{"127.0.0.1", "a:b:c", nil, false},
	} {
		s := New(Options{Vat: &fakeVat{}, Hosts: c.hosts})
		q := httptest.NewRequest("GET", "/healthz", nil)
		q.Host = c.host
		local := &net.TCPAddr{IP: net.ParseIP(c.local), Port: 7070}
		q = q.WithContext(context.WithValue(q.Context(), http.LocalAddrContextKey, local))
		w := httptest.NewRecorder()
		s.ServeHTTP(w, q)
		if (w.Code == 200) != c.ok {
			t.Errorf("%+v: %d", c, w.Code)
		}
	}
}
