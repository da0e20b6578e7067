package powers

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// origin is scheme, host and port, as RFC 6454 compares them. Only parseOrigin
// and originOf make one.
type origin struct{ scheme, host, port string }

// parseOrigin reads an origin as qvat.toml has it: in its one canonical form.
func parseOrigin(s string) (origin, error) {
	u, err := url.Parse(s)
	if err != nil {
		return origin{}, fmt.Errorf("%q is not an origin: %w", s, err)
	}
	o, err := originOf(u)
	if err != nil {
		return origin{}, fmt.Errorf("%q is not an origin: %w", s, err)
	}
	if s != o.String() {
		return origin{}, fmt.Errorf("%q is not an origin in its plain form: write %q", s, o.String())
	}
	return o, nil
}

// originOf gives the origin of a URL.
func originOf(u *url.URL) (origin, error) {
	o := origin{u.Scheme, strings.ToLower(u.Hostname()), u.Port()}
	standard := map[string]string{"http": "80", "https": "443"}[o.scheme]
	switch {
	case standard == "":
		return origin{}, fmt.Errorf("its scheme is neither http nor https")
	case u.User != nil:
		return origin{}, fmt.Errorf("it holds a user name or a password")
	case u.Opaque != "" || !isHost(o.host):
		return origin{}, fmt.Errorf("its host is not a name or an address")
	case o.port == "":
		o.port = standard
	}
	// Atoi takes a sign and zeros in front, which no canonical port has.
	if n, err := strconv.Atoi(o.port); err != nil || n < 1 || n > 65535 || strconv.Itoa(n) != o.port {
		return origin{}, fmt.Errorf("its port is not a number from 1 to 65535")
	}
	return o, nil
}

// isHost tells whether a host is an IPv6 address without a zone, or is spelt as
// a name or an IPv4 address is.
func isHost(host string) bool {
	if strings.Contains(host, ":") {
		a, err := netip.ParseAddr(host)
		return err == nil && a.Zone() == ""
	}
	if host == "" || strings.HasPrefix(host, ".") || strings.HasSuffix(host, ".") {
		return false
	}
	return !strings.ContainsFunc(host, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("-._", r)
	})
}

func (o origin) String() string {
	host := o.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if o.scheme == "http" && o.port == "80" || o.scheme == "https" && o.port == "443" {
		return o.scheme + "://" + host
	}
	return o.scheme + "://" + host + ":" + o.port
}

// names tells whether a granted host names an address itself, so that it may be
// one that is not public.
func names(host string, a netip.Addr) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return a.Unmap().IsLoopback()
	}
	named, err := netip.ParseAddr(host)
	return err == nil && named.Unmap() == a.Unmap()
}

// isPublic tells whether an address is one of the Internet at large, by the
// IANA's registries of special-purpose addresses (RFC 6890). Addresses that
// wrap an IPv4 address are not: behind them can be any network.
func isPublic(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Zone() != "" {
		return false
	}
	for _, special := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "240.0.0.0/4",
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
		"5f00::/16", "fec0::/10",
	} {
		if netip.MustParsePrefix(special).Contains(a) {
			return false
		}
	}
	return true
}
