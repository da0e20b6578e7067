package api

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// fromHere refuses what a browser sends on behalf of another site's page. An
// owner's browser reaches a vat on a loopback address that the page's author
// cannot, so the page must not be able to use it: neither directly (Origin,
// Sec-Fetch-Site), nor by a name of its own that it makes point here (Host).
// Programs other than browsers send none of the first two.
func (s *Server) fromHere(r *http.Request) error {
	if !s.knownHost(r) {
		return refused(http.StatusForbidden, "foreign_host",
			"this vat does not go by the name in the request's Host header; its owner can add the name to hosts in qvat.toml")
	}
	if origin := r.Header["Origin"]; len(origin) > 0 && (len(origin) > 1 || !sameHost(origin[0], r.Host)) {
		return refused(http.StatusForbidden, "foreign_origin", "pages of other sites may not use this vat")
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	for _, site := range r.Header["Sec-Fetch-Site"] {
		if site != "same-origin" && site != "none" {
			return refused(http.StatusForbidden, "foreign_origin", "pages of other sites may not use this vat")
		}
	}
	return nil
}

// sameHost says whether an Origin header names the host and port of a Host
// header. "null" names none. The scheme may differ: it is a proxy's affair.
func sameHost(origin, host string) bool {
	_, at, ok := strings.Cut(origin, "://")
	return ok && at != "" && strings.EqualFold(at, host)
}

// knownHost says whether the request calls this server by a name that can only
// mean it. A request with no Host (HTTP/1.0) comes from no browser.
func (s *Server) knownHost(r *http.Request) bool {
	if r.Host == "" || len(s.hosts) == 0 && !arrivedOnLoopback(r) {
		return true
	}
	name := strings.ToLower(hostname(r.Host))
	if name == "localhost" || strings.HasSuffix(name, ".localhost") || s.hosts[name] {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && (ip.IsLoopback() || !arrivedOnLoopback(r))
}

// hostname takes the port and an IPv6 address's brackets from a Host header.
func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		return h
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}

// arrivedOnLoopback says whether the address that the client connected to is
// one that only this machine has.
func arrivedOnLoopback(r *http.Request) bool {
	tcp, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
