package powers

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"strings"
	"testing"
)

// fakeResolver looks names up in a table; a name that is not there does not
// exist. It speaks DNS (RFC 1035) over loopback with Go's own resolver.
func fakeResolver(t testing.TB, table map[string]net.IP) *net.Resolver {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(b)
			if err != nil {
				return // closed
			}
			if _, err := conn.WriteTo(answerDNS(b[:n], table), from); err != nil {
				t.Error(err)
			}
		}
	}()
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		<-done
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// answerDNS answers a query of one question: an A record from the table, nothing
// for another type, or that there is no such name.
func answerDNS(q []byte, table map[string]net.IP) []byte {
	end := 12
	var name strings.Builder
	for q[end] != 0 {
		name.Write(q[end+1 : end+1+int(q[end])])
		name.WriteByte('.')
		end += 1 + int(q[end])
	}
	kind := binary.BigEndian.Uint16(q[end+1:])
	a := append([]byte{}, q[:end+5]...)
	a[2], a[3] = 0x81, 0x80 // an answer, recursion
	for i := 6; i < 12; i++ {
		a[i] = 0
	}
	ip, ok := table[strings.ToLower(name.String())]
	switch {
	case !ok:
		a[3] |= 3 // NXDOMAIN
	case kind == 1:
		a[7] = 1
		a = append(a, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
		a = append(a, ip.To4()...)
	}
	return a
}

// TestDial: a name that leads to an address which is not public leads nowhere,
// unless the owner says so; an address that the origin itself names may be.
func TestDial(t *testing.T) {
	s := newSite(t, echo)
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	resolver := fakeResolver(t, map[string]net.IP{
		"rebound.example.": net.IPv4(127, 0, 0, 1), "metadata.example.": net.IPv4(169, 254, 169, 254),
		"zero.example.": net.IPv4(0, 0, 0, 0),
	})
	for _, c := range []struct {
		host    string
		private bool
		want    error
	}{
		{"127.0.0.1", false, nil},
		{"localhost", false, nil},
		{"rebound.example", true, nil},
		{"rebound.example", false, errPrivate},
		{"metadata.example", false, errPrivate},
		{"zero.example", false, errPrivate},
		{"Rebound.Example", false, errPrivate},
	} {
		client, err := newClient(HTTPGrant{Origins: []string{"http://example.com"}, AllowPrivate: c.private})
		if err != nil {
			t.Fatal(err)
		}
		client.resolver = resolver
		conn, err := client.dial(t.Context(), "tcp4", net.JoinHostPort(c.host, port))
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.host, err, c.want)
		}
		if conn != nil {
			if err := conn.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if s.asked() != 0 {
		t.Error("the site was asked")
	}
}
