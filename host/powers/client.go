package powers

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"
)

// client sends requests to the granted origins.
type client struct {
	grant    HTTPGrant
	origins  map[origin]bool
	http     *http.Client
	resolver *net.Resolver // nil is the system's
}

// maxRedirects is how many redirects within its origin a request follows.
const maxRedirects = 5

var (
	errPrivate  = errors.New("its host is at an address that is not public")
	errTooLarge = errors.New("its answer is larger than the vat takes")
)

// newClient makes the client of a grant; nil where it grants nothing.
func newClient(g HTTPGrant) (*client, error) {
	if len(g.Origins) == 0 {
		return nil, nil
	}
	g, err := g.checked()
	if err != nil {
		return nil, err
	}
	c := &client{grant: g, origins: make(map[origin]bool, len(g.Origins))}
	for _, s := range g.Origins {
		o, err := parseOrigin(s)
		if err != nil {
			return nil, err
		}
		c.origins[o] = true
	}
	var transport http.RoundTripper = c.transport()
	if g.Exchange != nil {
		transport = g.Exchange
	}
	c.http = &http.Client{
		Timeout:   g.Timeout,
		Transport: transport,
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			to, err := originOf(r.URL)
			from, ferr := originOf(via[0].URL)
			if err != nil || ferr != nil || to != from || len(via) > maxRedirects {
				return http.ErrUseLastResponse // the redirect itself is the answer
			}
			return nil
		},
	}
	return c, nil
}

// transport is the way to the network.
func (c *client) transport() *http.Transport {
	return &http.Transport{
		Proxy:                  nil, // the environment has no say
		DialContext:            c.dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // a limit on bytes means those that come
		MaxIdleConns:           32,
		MaxConnsPerHost:        32,
		IdleConnTimeout:        time.Minute,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
}

// dial connects to the host of a granted origin. The address is looked at after
// the host has been looked up, for each connection: a name that leads elsewhere
// later leads nowhere.
func (c *client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{Resolver: c.resolver, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if c.grant.AllowPrivate || isPublic(at.Addr()) || names(strings.ToLower(host), at.Addr()) {
			return nil
		}
		return errPrivate
	}}
	return d.DialContext(ctx, network, address)
}

// request is one that has been checked against the grant.
type request struct {
	method  string
	url     string
	headers http.Header
	body    []byte
}

// response is what programs see of an answer.
type response struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    *string           `json:"body,omitempty"`
	Base64  []byte            `json:"bodyBase64,omitempty"` // where it is not UTF-8
}

// do sends a request and reads the answer. id goes with it as its
// Idempotency-Key, by which the receiver can tell a repeat.
func (c *client) do(ctx context.Context, id string, q *request) (*response, error) {
	r, err := http.NewRequestWithContext(ctx, q.method, q.url, bytes.NewReader(q.body))
	if err != nil {
		return nil, err
	}
	r.Header = q.headers.Clone()
	r.Header.Set("Idempotency-Key", id)
	if r.Header.Get("User-Agent") == "" {
		r.Header.Set("User-Agent", "qvat")
	}
	a, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(a.Body, int64(c.grant.ResponseBytes)+1))
	if err = errors.Join(err, a.Body.Close()); err != nil {
		return nil, err
	}
	if len(body) > c.grant.ResponseBytes {
		return nil, errTooLarge
	}
	out := &response{Status: a.StatusCode, Headers: make(map[string]string, len(a.Header))}
	for _, name := range slices.Sorted(maps.Keys(a.Header)) {
		out.Headers[strings.ToLower(name)] = strings.ToValidUTF8(strings.Join(a.Header[name], ", "), "\uFFFD")
	}
	if utf8.Valid(body) {
		text := string(body)
		out.Body = &text
	} else {
		out.Base64 = body
	}
	return out, nil
}

// encode writes an answer as JSON of most bytes.
func encode(v any, most int) ([]byte, error) {
	b, err := json.Marshal(v)
	if err == nil && len(b) > most {
		err = errTooLarge
	}
	return b, err
}

// reason says why a request failed, with nothing of the host or its network.
func (c *client) reason(err error) string {
	var dns *net.DNSError
	var timeout net.Error
	var certificate *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var record tls.RecordHeaderError
	switch {
	case errors.Is(err, errPrivate), errors.Is(err, errTooLarge):
		for _, e := range []error{errPrivate, errTooLarge} {
			if errors.Is(err, e) {
				return e.Error()
			}
		}
	case errors.As(err, &dns) && dns.IsNotFound:
		return "its host is not known"
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Sprintf("there was no whole answer within %v", c.grant.Timeout)
	case errors.As(err, &certificate), errors.As(err, &authority):
		return "its host's certificate is not valid"
	case errors.As(err, &record):
		return "its host does not speak TLS"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "its host refused the connection"
	}
	return "its host could not be reached, or broke off"
}
