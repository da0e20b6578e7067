package api

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"qvat/chains"
	"qvat/host/fault"
)

func TestPeerName(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.7:80":            "192.0.2.7",
		"[::ffff:192.0.2.7]:80":   "192.0.2.7",
		"[2001:db8:1:2:3::4]:80":  "2001:db8:1:2::/64",
		"[2001:db8:1:2:ffff::]:9": "2001:db8:1:2::/64",
		"[::1]:80":                "::1",
		"[fe80::1%eth0]:80":       "fe80::1%eth0",
		"127.0.0.1:1":             "127.0.0.1",
		"@":                       "@",
	} {
		name, loopback := peerName(addr)
		if name != want || loopback != (want == "::1" || want == "127.0.0.1") {
			t.Errorf("%s: %q, loopback %v", addr, name, loopback)
		}
	}
}

func TestPeerInFlight(t *testing.T) {
	v := &fakeVat{}
	hold := make(chan struct{})
	v.invoke = func(_ context.Context, _ string, c chains.Capsule) (Answer, error) {
		<-hold
		return Answer{Message: MessageInfo{ID: c.ID().String()}}, nil
	}
	r := run(t, Options{Vat: v, Peers: PeerLimits{InFlight: 2}})
	body := encoded(t, message(``))
	answered := make(chan int, 2)
	for range 2 {
		go func() { answered <- r.post("/v1/invoke", CapsuleType, body).status }()
	}
	eventually(func() bool { return v.count() == 2 })
	// The third is refused before its body is asked for.
	c := r.dial()
	c.say("POST /v1/invoke HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n")
	a := c.hear()
	a.fault(t, 429, fault.BusyPeer)
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	if a := r.send("GET", "/healthz", "", nil); a.status != 200 {
		t.Errorf("/healthz: %d", a.status)
	}
	close(hold)
	for range 2 {
		if status := <-answered; status != 200 {
			t.Errorf("status %d", status)
		}
	}
	if a := r.post("/v1/invoke", CapsuleType, body); a.status != 200 {
		t.Errorf("afterwards: %d %s", a.status, a.body)
	}
}

func TestPeerRate(t *testing.T) {
	// One token in a thousand seconds: none comes back during the test.
	r := run(t, Options{Peers: PeerLimits{Rate: 0.001, Burst: 3}})
	for i := range 5 {
		a := r.send("GET", "/v1/vat", "", nil)
		if i < 3 && a.status != 200 {
			t.Errorf("request %d: %d %s", i, a.status, a.body)
		}
		if i >= 3 {
			a.fault(t, 429, fault.BusyPeer)
		}
	}
	// Another address of this machine is another peer.
	if a := fromAddress(r, "127.0.0.9:1"); a.Code != 200 {
		t.Errorf("another peer: %d", a.Code)
	}
}

// fromAddress calls the handler as if from that address.
func fromAddress(r *running, addr string) *httptest.ResponseRecorder {
	q := httptest.NewRequest("GET", "/v1/vat", nil)
	q.RemoteAddr = addr
	w := httptest.NewRecorder()
	r.server.ServeHTTP(w, q)
	return w
}

func TestPeerConnections(t *testing.T) {
	r := run(t, Options{Peers: PeerLimits{Connections: 2}})
	a, b := r.dial(), r.dial()
	for _, c := range []*rawConn{a, b} {
		c.say("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
		c.hear().ok(t, `{"status":"ok"}`)
	}
	r.dial().dropped()
	a.Close()
	eventually(func() bool { return r.server.peers.connections() == 1 })
	if got := r.send("GET", "/healthz", "", nil); got.status != 200 {
		t.Errorf("%d", got.status)
	}
}

func TestConnections(t *testing.T) {
	r := run(t, Options{Connections: 1})
	a := r.dial()
	a.say("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
	a.hear()
	r.dial().dropped()
	a.say("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if got := a.hear(); !strings.Contains(string(got.body), `qvat_http_refused_total{reason="connections"} 1`) {
		t.Errorf("%s", got.body)
	}
}

// Whoever comes and goes, the table is bounded, nobody who is there is
// forgotten, and a peer that has used up its rate is not the first to be.
func TestPeersTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const room = 20
		table := newPeers(PeerLimits{Connections: 3, Rate: 1e-9, Burst: 1}, room)
		open := map[*peer]int{}
		total := 0
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			if total > 0 && rapid.Bool().Draw(t, "leave") {
				for p := range open {
					table.disconnect(p)
					if open[p]--; open[p] == 0 {
						delete(open, p)
					}
					total--
					break
				}
				continue
			}
			if total >= room/4 {
				continue
			}
			addr := fmt.Sprintf("10.0.0.%d:1", rapid.IntRange(0, 60).Draw(t, "peer"))
			p, ok := table.connect(addr)
			if !ok {
				continue
			}
			open[p]++
			total++
			if len(table.of) > room {
				t.Fatalf("%d entries", len(table.of))
			}
			for q, n := range open {
				if table.of[q.name] != q || q.connections != n || n > 3 {
					t.Fatalf("%s: %d connections, %d in the table", q.name, n, q.connections)
				}
			}
		}
	})
}

func TestForgetPrefersTheRecovered(t *testing.T) {
	table := newPeers(PeerLimits{Connections: 3, Rate: 1e-9, Burst: 1}, 10)
	for i := range 10 {
		p := table.hold(fmt.Sprintf("10.0.0.%d:1", i))
		if i != 4 {
			p.rate.Allow()
		}
		table.release(p)
	}
	table.hold("10.0.1.1:1")
	if table.of["10.0.0.4"] != nil || len(table.of) != 10 {
		t.Error("a peer that had used up its rate was forgotten before one that had not")
	}
}

func TestAudiences(t *testing.T) {
	for _, c := range []struct {
		missing, metrics Audience
		path, addr       string
		status           int
	}{
		{"", "", "/metrics", "127.0.0.1:1", 200},
		{"", "", "/metrics", "[::1]:1", 200},
		{"", "", "/metrics", "192.0.2.1:1", 404},
		{"", Everybody, "/metrics", "192.0.2.1:1", 200},
		{"", Nobody, "/metrics", "127.0.0.1:1", 404},
		{"", "", "/v1/programs/missing", "192.0.2.1:1", 200},
		{Loopback, "", "/v1/programs/missing", "127.0.0.1:1", 200},
		{Loopback, "", "/v1/programs/missing", "192.0.2.1:1", 404},
		{Nobody, "", "/v1/programs/missing", "127.0.0.1:1", 404},
		{"typo", "", "/v1/programs/missing", "127.0.0.1:1", 404},
	} {
		s := New(Options{Vat: &fakeVat{}, MissingFor: c.missing, MetricsFor: c.metrics})
		method := http.MethodPost
		if c.path == "/metrics" {
			method = http.MethodGet
		}
		q := httptest.NewRequest(method, c.path, strings.NewReader(`{"hashes":[]}`))
		q.RemoteAddr = c.addr
		w := httptest.NewRecorder()
		s.ServeHTTP(w, q)
		if w.Code != c.status {
			t.Errorf("%+v: %d", c, w.Code)
		}
	}
}
