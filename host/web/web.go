// Package web is the vat's page at /app/: its agents and their mail, their
// names, the vat's own state, and what has run in it. It serves plain HTML that
// works without scripts; scripts add what arrives while one looks, and the
// completion of names.
//
// What it promises:
//
//   - Nobody gets in without a link that the vat's owner was given: it works
//     once, for ten minutes, and only its hash is kept. A session ends an hour
//     after it was last used, twelve hours after it began, or when one logs out.
//   - A page of another site cannot use it: requests must call it by a name that
//     can only mean it, changes must come from its own forms and carry the
//     session's token, and the cookie is never sent along from elsewhere.
//   - What others wrote is text and stays text. No script or style stands in a
//     page, and browsers are told to run none but the two files that are served.
//   - Names are the reader's own. Who has no name is shown by the start of his
//     key, and a name that could be taken for another is marked.
//
// It decides nothing about mail: each form is one request of package actions, and
// what is refused is shown in package mail's words.
package web

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"qvat/host/mail"
)

// Root is the path that the page lies under.
const Root = "/app/"

// Options is what a [Page] is made of. Post and Vat must be set.
type Options struct {
	Post *mail.Post
	Vat  Vat
	// Hosts are names, without port, that the page may be called by beside
	// localhost and the loopback addresses. Where there are none, only this
	// machine is answered; where there are, everybody who calls it by one of
	// them is, and the cookie goes over TLS alone.
	Hosts  []string
	Now    func() time.Time // time.Now
	Logger *slog.Logger     // discards
}

// Page serves the page. It is an http.Handler for all paths under [Root], safe
// for concurrent use.
type Page struct {
	post  *mail.Post
	vat   Vat
	hosts map[string]bool
	log   *slog.Logger
	now   func() time.Time
	door  *door
	views views
	mux   *http.ServeMux
	beat  time.Duration // how often a stream looks whether its session still is

	closing  sync.Once
	closed   chan struct{}
	streamMu sync.Mutex
	streams  int
}

// New makes a page.
func New(o Options) *Page {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	p := &Page{
		post: o.Post, vat: o.Vat, hosts: map[string]bool{}, log: o.Logger, now: o.Now,
		door: newDoor(o.Now), views: newViews(), beat: 15 * time.Second, closed: make(chan struct{}),
	}
	for _, h := range o.Hosts {
		p.hosts[strings.ToLower(h)] = true
	}
	p.mux = p.routes()
	return p
}

// Login makes a link that logs in once, within ten minutes. base is where the
// vat is served, such as "http://127.0.0.1:7070". There is no link, "", where
// the page does not answer to the name in base.
func (p *Page) Login(base string) string {
	at, err := url.Parse(base)
	if err != nil || !p.knows(at.Host) {
		return ""
	}
	return strings.TrimSuffix(base, "/") + Root + "login?token=" + p.door.newToken()
}

// Close ends the streams that are open, so that the server can stop. Other
// requests are still answered.
func (p *Page) Close() { p.closing.Do(func() { close(p.closed) }) }

// policy is the Content-Security-Policy of every answer.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// ServeHTTP answers one request.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	if why := p.foreign(r); why != "" {
		p.fail(w, r, http.StatusForbidden, "Not from here", why)
		return
	}
	p.mux.ServeHTTP(w, r)
}

// foreign says why a request is not the owner's own doing, or "".
func (p *Page) foreign(r *http.Request) string {
	if !p.knows(r.Host) {
		return "This vat's page does not go by that name. Its owner can add the name to hosts, under [web] in qvat.toml."
	}
	if len(p.hosts) == 0 && !fromLoopback(r.RemoteAddr) {
		return "This vat's page is for the machine that it runs on."
	}
	// A page on another port of this host has the cookie sent along: for the
	// cookie, ports are the same. It may lead here by a link, and no more.
	if !ownSite(r) && !byLink(r) {
		return "Pages of other servers may have links to this one, and use nothing of it."
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return ""
	}
	// Browsers say where a form was; what says nothing is none.
	if origin := r.Header["Origin"]; len(origin) != 1 || !sameHost(origin[0], r.Host) {
		return "Only this page's own forms may change something."
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return "Only this page's own forms may change something."
	}
	return ""
}

// ownSite says whether a request comes from the page itself, or from no page,
// as far as the browser tells: the address that somebody has typed.
func ownSite(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" && !sameHost(origin, r.Host) {
		return false
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return true
	}
	return false
}

// byLink says whether a browser follows a link in a window of its own.
func byLink(r *http.Request) bool {
	dest := r.Header.Get("Sec-Fetch-Dest")
	return r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" && (dest == "" || dest == "document")
}

// knows says whether a Host header can only mean this page. A page elsewhere
// whose name was made to point here (DNS rebinding) is told by its name.
func (p *Page) knows(host string) bool {
	name := strings.ToLower(hostname(host))
	return isLocal(name) || p.hosts[name]
}

// isLocal says whether a host's name means this machine, whoever asks.
func isLocal(name string) bool {
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && ip.IsLoopback()
}

func fromLoopback(addr string) bool {
	a, err := netip.ParseAddrPort(addr)
	return err == nil && a.Addr().Unmap().IsLoopback()
}

// sameHost says whether an Origin header names the host and port of a Host
// header. The scheme may differ: it is a proxy's affair.
func sameHost(origin, host string) bool {
	scheme, at, ok := strings.Cut(origin, "://")
	return ok && (scheme == "http" || scheme == "https") && at != "" && strings.EqualFold(at, host)
}

// hostname takes the port and an IPv6 address's brackets from a Host header.
func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		return h
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}
