package host

import (
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"qvat/host/config"
	"qvat/host/recent"
)

// TestPageByNoName: a link that the page would refuse is not made.
func TestPageByNoName(t *testing.T) {
	for _, one := range []struct {
		ip    string
		hosts []string
		want  string
	}{
		{"192.0.2.1", nil, ""},
		{"192.0.2.1", []string{"vat.example"}, "https://vat.example/app/login?"},
		{"127.0.0.1", nil, "http://127.0.0.1:7070/app/login?"},
		{"0.0.0.0", nil, "http://localhost:7070/app/login?"},
		{"::1", nil, "http://[::1]:7070/app/login?"},
	} {
		v := &Vat{log: slog.New(slog.DiscardHandler)}
		v.config.Web = config.Web{Enabled: true, Hosts: one.hosts}
		_, login := v.newPage(t.Context(), recent.New(time.Now), &net.TCPAddr{IP: net.ParseIP(one.ip), Port: 7070})
		if got := login(); !strings.HasPrefix(got, one.want) || one.want == "" && got != "" {
			t.Errorf("at %s, named %v, the link is %q", one.ip, one.hosts, got)
		}
		told := false
		v.tellLogin(login, func(string) { told = true })
		if told != (one.want != "") {
			t.Errorf("at %s, named %v, a link is told: %v", one.ip, one.hosts, told)
		}
	}
}
