package powers

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"qvat/chains"
)

// Bounds of a request, beside those of the grant.
const (
	maxURL         = 8 << 10
	maxHeaders     = 64
	maxHeaderBytes = 32 << 10 // all names and values, of a request or an answer
)

// readRequest reads and checks the argument of send and fetch.
func (c *client) readRequest(o map[string]json.RawMessage) (*request, error) {
	q := &request{method: "GET", headers: http.Header{}}
	var body, base string
	if err := readFields(o, "the request's ",
		field{"method", &q.method}, field{"url", &q.url}, field{"body", &body}, field{"bodyBase64", &base}); err != nil {
		return nil, err
	}
	if !slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}, q.method) {
		return nil, typeError("the request's method is not GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS")
	}
	if err := c.checkURL(q); err != nil {
		return nil, err
	}
	if raw, ok := o["headers"]; ok {
		if err := q.readHeaders(raw); err != nil {
			return nil, err
		}
	}
	return q, c.readBody(q, o, body, base)
}

// readBody takes the body of one of its two forms.
func (c *client) readBody(q *request, o map[string]json.RawMessage, body, base string) (err error) {
	_, plain := o["body"]
	_, encoded := o["bodyBase64"]
	switch {
	case plain && encoded:
		return typeError("the request has both body and bodyBase64")
	case (plain || encoded) && (q.method == "GET" || q.method == "HEAD"):
		return typeError("a %s request has no body", q.method)
	}
	q.body = []byte(body)
	if encoded {
		if q.body, err = base64.StdEncoding.Strict().DecodeString(base); err != nil {
			return typeError("the request's bodyBase64 is not base64")
		}
	}
	if len(q.body) > c.grant.RequestBytes {
		return rangeError("the request's body is %d bytes, and %d are allowed", len(q.body), c.grant.RequestBytes)
	}
	return nil
}

// checkURL makes sure that the URL leads to a granted origin.
func (c *client) checkURL(q *request) error {
	if len(q.url) > maxURL {
		return rangeError("the request's url is %d bytes, and %d are allowed", len(q.url), maxURL)
	}
	u, err := url.Parse(q.url)
	if err != nil {
		return typeError("the request's url is not a URL")
	}
	o, err := originOf(u)
	if err != nil {
		return typeError("the request's url is not allowed: %v", err)
	}
	if u.Fragment != "" || strings.Contains(q.url, "#") {
		return typeError("the request's url has a fragment, which is not sent")
	}
	if !c.origins[o] {
		return refusal("the vat grants no requests to %s", o)
	}
	q.url = u.String()
	return nil
}

// readHeaders reads an object of header fields.
func (q *request) readHeaders(raw []byte) error {
	var headers map[string]*string
	if raw[0] != '{' || json.Unmarshal(raw, &headers) != nil {
		return typeError("the request's headers are not an object of strings")
	}
	if len(headers) > maxHeaders {
		return rangeError("the request has %d headers, and %d are allowed", len(headers), maxHeaders)
	}
	size := 0
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		value := headers[name]
		if value == nil {
			return typeError("the request's headers are not an object of strings")
		}
		if why := headerFault(name, *value); why != "" {
			return typeError("the request's header %.64q is not allowed: %s", name, why)
		}
		if q.headers.Get(name) != "" {
			return typeError("the request's header %.64q is there twice", name)
		}
		size += len(name) + len(*value)
		q.headers.Set(name, *value)
	}
	if size > maxHeaderBytes {
		return rangeError("the request's headers are %d bytes, and %d are allowed", size, maxHeaderBytes)
	}
	return nil
}

// headerFault says what is wrong with a header field (RFC 9110, section 5); ""
// is nothing. Fields about the connection, and those that qvat sets, are its own.
func headerFault(name, value string) string {
	token := func(r rune) bool {
		return r < 'a' || r > 'z'
	}
	lower := strings.ToLower(name)
	switch {
	case lower == "" || strings.ContainsFunc(lower, func(r rune) bool {
		return token(r) && (r < '0' || r > '9') && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	}):
		return "its name is not a token"
	case strings.ContainsFunc(value, func(r rune) bool { return r != '\t' && (r < ' ' || r > '~') }):
		return "its value is not plain ASCII"
	case strings.Trim(value, " \t") != value || value == "":
		return "its value is empty, or begins or ends with a space"
	case strings.HasPrefix(lower, "proxy-"), slices.Contains([]string{
		"host", "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "content-length", "expect",
		"http2-settings", "idempotency-key",
	}, lower):
		return "it is the vat's own to set"
	}
	return ""
}

// readThen reads the chain that the answer of a staged request is for.
func (c *client) readThen(s string) ([]byte, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, typeError("the request's then is not base64")
	}
	var chain chains.Chain
	if strings.HasPrefix(string(b), "qvp1") {
		var capsule chains.Capsule
		capsule, err = chains.DecodeCapsule(b, chains.Limits{})
		chain = capsule.Chain
	} else {
		chain, err = chains.DecodeChain(b)
	}
	if err != nil {
		return nil, typeError("the request's then is neither a chain nor a capsule: %v", err)
	}
	if c.grant.Verifier != nil {
		if _, err := c.grant.Verifier.Verify(chain); err != nil {
			return nil, typeError("the request's then would not run here: %v", err)
		}
	}
	return chain.Encode(), nil
}

// requestJSON is a checked request at rest: the payload of an OutboxHTTP row.
type requestJSON struct {
	Version int         `json:"v"`
	ID      string      `json:"id"`
	Method  string      `json:"method"`
	URL     string      `json:"url"`
	Headers http.Header `json:"headers,omitempty"`
	Body    []byte      `json:"body,omitempty"`
	Then    []byte      `json:"then,omitempty"` // an encoded chain
}

func (q *request) json() requestJSON {
	return requestJSON{Version: 1, Method: q.method, URL: q.url, Headers: q.headers, Body: q.body}
}

// digest gives the hash of all that makes a request what it is, but its id.
func (j requestJSON) digest() ([sha256.Size]byte, error) {
	j.ID = ""
	b, err := json.Marshal(j)
	return sha256.Sum256(b), err
}
