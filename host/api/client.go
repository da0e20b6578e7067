package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"qvat/chains"
)

// ErrNotVat is wrapped by the errors for answers that no vat of this version
// gives: another kind of server, a proxy's page, or a vat that does not keep
// to the protocol.
var ErrNotVat = errors.New("what answers there is no vat that keeps to protocol version 1")

// ClientOptions says which vat to talk to. Only URL must be set.
type ClientOptions struct {
	// URL is where the vat's calls begin, such as "http://127.0.0.1:7070".
	URL string
	// HTTP is used in place of a client of its own; redirects are not
	// followed in any case.
	HTTP *http.Client
	// MaxAnswer bounds an answer in bytes. 0: 64 MiB.
	MaxAnswer int64
	// Timeout bounds each request with its answer. 0: 5 minutes.
	Timeout time.Duration
}

// Client talks to one vat over HTTP. It does not trust the vat: answers are
// bounded and checked, redirects are not followed, and all text in its errors
// has been through [Clean]. A fault that the vat reports is a *fault.Error;
// what is no answer of a vat wraps [ErrNotVat]; the rest is trouble on the
// way. Safe for concurrent use.
type Client struct {
	base      string
	http      *http.Client
	maxAnswer int64
	timeout   time.Duration
}

// continueAbove is the size of a body from which on the vat is asked first
// whether it wants it.
const continueAbove = 64 << 10

// NewClient makes a client. It fails if the URL is not one of http or https
// that names a host, and holds nothing but that and a path.
func NewClient(o ClientOptions) (*Client, error) {
	u, err := url.Parse(o.URL)
	if err != nil {
		return nil, fmt.Errorf("the vat's URL: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" ||
		u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("the vat's URL %q: it should look like http://HOST:PORT", Clean(o.URL))
	}
	defaultTo(&o.MaxAnswer, 64<<20)
	defaultTo(&o.Timeout, 5*time.Minute)
	c := http.Client{Transport: newTransport()}
	if o.HTTP != nil {
		c = *o.HTTP
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{
		base:      strings.TrimRight(u.String(), "/"),
		http:      &c,
		maxAnswer: o.MaxAnswer,
		timeout:   o.Timeout,
	}, nil
}

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        30 * time.Second,
		MaxIdleConnsPerHost:    64,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
	}
}

// Info asks what the vat is.
func (cl *Client) Info(ctx context.Context) (Info, error) {
	b, _, err := cl.do(ctx, request{method: http.MethodGet, path: "/v1/vat"})
	if err != nil {
		return Info{}, err
	}
	return decodeInfo(b)
}

// Missing asks which of the hashes the vat has no program for; the answer is
// in the order asked. The vat may not answer this to everybody, which is a
// malformed fault, and limits how many it answers at once.
func (cl *Client) Missing(ctx context.Context, hashes []chains.Hash) ([]chains.Hash, error) {
	body, err := json.Marshal(map[string][]chains.Hash{"hashes": append([]chains.Hash{}, hashes...)})
	if err != nil {
		return nil, err
	}
	b, _, err := cl.do(ctx, request{method: http.MethodPost, path: "/v1/programs/missing", kind: jsonType, body: body})
	if err != nil {
		return nil, err
	}
	return decodeMissingAnswer(b, hashes)
}

// PutProgram gives the vat a program, and says whether it lacked it.
func (cl *Client) PutProgram(ctx context.Context, p chains.Program) (created bool, err error) {
	return cl.put(ctx, p, nil)
}

func (cl *Client) put(ctx context.Context, p chains.Program, sent func(int)) (created bool, err error) {
	_, status, err := cl.do(ctx, request{
		method: http.MethodPut,
		path:   programPath + p.Hash().String(),
		kind:   "text/javascript; charset=utf-8",
		body:   []byte(p.Text()),
		sent:   sent,
	})
	return status == http.StatusCreated, err
}

// Invoke sends an encoded capsule as it is and gives the answer to it. See
// [Client.Call] for one that sends what the vat lacks.
func (cl *Client) Invoke(ctx context.Context, capsule []byte) (Answer, error) {
	return cl.invoke(ctx, capsule, nil)
}

func (cl *Client) invoke(ctx context.Context, capsule []byte, sent func(int)) (Answer, error) {
	b, _, err := cl.do(ctx, request{
		method: http.MethodPost, path: "/v1/invoke", kind: CapsuleType, body: capsule, sent: sent,
	})
	if err != nil {
		return Answer{}, err
	}
	return decodeAnswer(b)
}

// request is one question to the vat.
type request struct {
	method, path string
	kind         string // Content-Type of the body
	body         []byte
	sent         func(n int) // hears of bytes of the body as they leave; may be nil
}

// do asks, and gives the body and status of an answer that is no error.
func (cl *Client) do(ctx context.Context, q request) ([]byte, int, error) {
	ctx, cancel := context.WithTimeout(ctx, cl.timeout)
	defer cancel()
	r, err := cl.newRequest(ctx, q)
	if err != nil {
		return nil, 0, err
	}
	answer, err := cl.http.Do(r)
	if err != nil {
		return nil, 0, fmt.Errorf("asking the vat: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 && answer.StatusCode < 400 {
		return nil, 0, fmt.Errorf("%w: it sends callers on to %q, which is not followed",
			ErrNotVat, shorten(answer.Header.Get("Location"), maxWord))
	}
	b, err := io.ReadAll(io.LimitReader(answer.Body, cl.maxAnswer+1))
	if err != nil {
		return nil, 0, fmt.Errorf("reading the vat's answer: %w", err)
	}
	if int64(len(b)) > cl.maxAnswer {
		return nil, 0, fmt.Errorf("%w: its answer is longer than %d bytes", ErrNotVat, cl.maxAnswer)
	}
	kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if err != nil || kind != jsonType {
		return nil, 0, fmt.Errorf("%w: it answered with status %d and no JSON", ErrNotVat, answer.StatusCode)
	}
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusCreated {
		return nil, 0, decodeFault(answer.StatusCode, b)
	}
	return b, answer.StatusCode, nil
}

func (cl *Client) newRequest(ctx context.Context, q request) (*http.Request, error) {
	var body io.Reader
	if q.body != nil {
		body = bytes.NewReader(q.body)
	}
	r, err := http.NewRequestWithContext(ctx, q.method, cl.base+q.path, body)
	if err != nil {
		return nil, fmt.Errorf("asking the vat: %w", err)
	}
	r.Header.Set("Accept", jsonType)
	if q.kind != "" {
		r.Header.Set("Content-Type", q.kind)
	}
	if len(q.body) > continueAbove {
		r.Header.Set("Expect", "100-continue")
	}
	if q.sent != nil && r.Body != nil {
		r.Body = &countingBody{ReadCloser: r.Body, sent: q.sent}
	}
	return r, nil
}

// countingBody tells of what is read from it.
type countingBody struct {
	io.ReadCloser
	sent func(int)
}

func (b *countingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.sent(n)
	return n, err
}
