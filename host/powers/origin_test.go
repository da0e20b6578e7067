package powers

import (
	"net/netip"
	"net/url"
	"testing"
)

func TestOrigins(t *testing.T) {
	for _, s := range []string{
		"https://example.com", "http://example.com", "https://example.com:8443", "http://example.com:443", "http://127.0.0.1:8080", "http://[::1]:8080",
		"https://[2001:db8::1]", "http://localhost", "https://xn--bcher-kva.example", "http://a_b:81",
	} {
		o, err := parseOrigin(s)
		if err != nil || o.String() != s {
			t.Errorf("%s: got %s (%v)", s, o, err)
		}
	}
	for _, s := range []string{
		"", "example.com", "https://", "https:example.com", "https://example.com/", "https://example.com/a", "https://example.com?", "https://example.com#",
		"https://example.com:443", "http://example.com:80", "https://example.com:", "https://example.com:0", "https://example.com:65536", "https://example.com:080",
		"https://user@example.com", "https://user:pw@example.com", "https://@example.com", "https://Example.com", "HTTPS://example.com", "ftp://example.com",
		"https://*.example.com", "https://*", "*", "null", "https://example.com.", "https://.example.com", "https://bücher.example", "https://exa mple.com",
		"https://example.com\\@evil.com", "https://[fe80::1%25eth0]", "https://[::1", "https://[example.com]", "file:///etc", "https://exam%70le.com", " https://example.com",
	} {
		if o, err := parseOrigin(s); err == nil {
			t.Errorf("%q was taken as %s", s, o)
		}
	}
}

// TestOriginOf: a URL is compared by what it leads to, not by how it is spelt.
func TestOriginOf(t *testing.T) {
	for s, want := range map[string]string{
		"https://example.com/a?b":             "https://example.com",
		"HTTPS://EXAMPLE.com:443/":            "https://example.com",
		"http://example.com:443":              "http://example.com:443",
		"https://example.com.":                "",
		"https://example.com@evil.com/":       "",
		"https://evil.com\\@example.com/":     "",
		"https://evil.com/@example.com":       "https://evil.com",
		"https://evil.com#@example.com":       "https://evil.com",
		"https://evil.com?@example.com":       "https://evil.com",
		"https:///example.com":                "",
		"//example.com":                       "",
		"/a":                                  "",
		"javascript:alert(1)":                 "",
		"https://example.com:99999":           "",
		"https://exam\tple.com":               "",
		"https://ex%61mple.com":               "",
		"https://[::ffff:127.0.0.1%25lo]/":    "",
		"http://[0:0:0:0:0:0:0:1]:8080/":      "http://[0:0:0:0:0:0:0:1]:8080", // not [::1], so not granted as it
		"https://example.com%00.evil.com/":    "",
		"https://example.com%2eevil.com/":     "",
		"https://example\u3002com/":           "",
		"https://example.com\u200b.evil.com/": "",
	} {
		got := ""
		if u, err := url.Parse(s); err == nil {
			if o, err := originOf(u); err == nil {
				got = o.String()
			}
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
}

// FuzzOrigin: an origin that is taken leads where it says, and nowhere else.
func FuzzOrigin(f *testing.F) {
	for _, s := range []string{"https://example.com", "http://[::1]:8080", "https://example.com:443", "https://a@b", "http://127.0.0.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := parseOrigin(s)
		if err != nil {
			return
		}
		u, err := url.Parse(o.String() + "/path")
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		if again, err := originOf(u); err != nil || again != o || u.User != nil || o.String() != s {
			t.Errorf("%q is %s, and then %s (%v)", s, o, again, err)
		}
	})
}

func TestAddresses(t *testing.T) {
	for _, s := range []string{"1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8", "172.32.0.1", "100.128.0.1"} {
		if !isPublic(netip.MustParseAddr(s)) {
			t.Errorf("%s counts as private", s)
		}
	}
	for _, s := range []string{
		"127.0.0.1", "127.9.9.9", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1",
		"100.100.100.200", "192.0.0.192", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1",
		"64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1", "100::1",
	} {
		if isPublic(netip.MustParseAddr(s)) {
			t.Errorf("%s counts as public", s)
		}
	}
	for _, c := range []struct {
		host, address string
		want          bool
	}{
		{"127.0.0.1", "127.0.0.1", true},
		{"127.0.0.1", "::ffff:127.0.0.1", true},
		{"127.0.0.1", "127.0.0.2", false},
		{"::1", "::1", true},
		{"localhost", "127.0.0.1", true},
		{"vat.localhost", "::1", true},
		{"localhost", "10.0.0.1", false},
		{"notlocalhost", "127.0.0.1", false},
		{"example.com", "10.0.0.1", false},
		{"127.1", "127.0.0.1", false},
	} {
		if got := names(c.host, netip.MustParseAddr(c.address)); got != c.want {
			t.Errorf("%s names %s: %v", c.host, c.address, got)
		}
	}
}
