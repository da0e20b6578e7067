package powers

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Exchange answers the requests of qvat:http in the network's place: for tests
// of programs, which must not reach anybody. All that holds of requests holds
// of these too: origins, limits, staging, redirects. An error is that of a host
// which cannot be reached. It may be called from any goroutine.
type Exchange func(ctx context.Context, r OutRequest) (OutAnswer, error)

// OutRequest is a request as it would leave the vat.
type OutRequest struct {
	ID          string // its Idempotency-Key
	Method, URL string
	Headers     map[string]string // names in lower case
	Body        []byte
}

// OutAnswer is what comes back. Status 0 is 200.
type OutAnswer struct {
	Status  int
	Headers map[string]string
	Body    []byte
}

// RoundTrip is http.RoundTripper's.
func (e Exchange) RoundTrip(r *http.Request) (*http.Response, error) {
	out := OutRequest{
		ID: r.Header.Get("Idempotency-Key"), Method: r.Method, URL: r.URL.String(),
		Headers: make(map[string]string, len(r.Header)),
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		out.Headers[strings.ToLower(name)] = strings.Join(r.Header[name], ", ")
	}
	if r.Body != nil {
		defer r.Body.Close() //nolint:errcheck // it is a text in memory
		var err error
		if out.Body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	a, err := e(r.Context(), out)
	if err != nil {
		return nil, err
	}
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	h := make(http.Header, len(a.Headers))
	for _, name := range slices.Sorted(maps.Keys(a.Headers)) {
		h.Set(name, a.Headers[name])
	}
	return &http.Response{
		Status: http.StatusText(a.Status), StatusCode: a.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: io.NopCloser(bytes.NewReader(a.Body)), ContentLength: int64(len(a.Body)), Request: r,
	}, nil
}
