package powers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"qvat/chains"
)

// Answer is what came of a staged request.
type Answer struct {
	// Request is the request's id, which send gave the program.
	Request string
	// Status is the answer's HTTP status; 0 when there was none.
	Status int
	// Then is the chain to run with Input; nil when the program asked for none.
	// It is well-formed, and not verified.
	Then *chains.Chain
	// Input is an invocation's input: {request, status, headers, body or
	// bodyBase64}, or {request, error}.
	Input []byte
}

// Send sends one staged request and reads its answer, whatever its status. The
// payload is that of an [OutboxHTTP] row, which is acknowledged once the answer
// has been dealt with. A request is sent again when the vat was killed before
// that: the receiver can tell by its Idempotency-Key, which is the request's id.
//
// A request that can never succeed (its origin is no longer granted, the answer
// is too large) has an answer that says so. When there was no answer, the error
// says why, and the request has to be sent again later; to send it no more, give
// the error to [Set.GiveUp]. An [ErrNever] is for the log alone: there is nobody
// to answer.
func (s *Set) Send(ctx context.Context, payload []byte) (Answer, error) {
	j, err := decodeRequest(payload)
	if err != nil {
		return Answer{}, err
	}
	q, why := s.recheck(j)
	if why != "" {
		return j.failed(why)
	}
	r, err := s.http.do(ctx, j.ID, q)
	var input []byte
	if err == nil {
		input, err = encode(struct {
			Request string `json:"request"`
			*response
		}{j.ID, r}, s.http.grant.InputBytes)
	}
	switch {
	case errors.Is(err, errTooLarge), errors.Is(err, errPrivate):
		return j.failed(s.http.reason(err))
	case err != nil:
		// The error of the URL itself is left out: the log is no place for it.
		var of *url.Error
		if errors.As(err, &of) {
			err = of.Err
		}
		return Answer{}, fmt.Errorf("send request %s: %w", j.ID, err)
	}
	return j.answered(input, r.Status)
}

// GiveUp gives the answer to a staged request that is not to be tried again,
// where why is the last error of [Set.Send].
func (s *Set) GiveUp(payload []byte, why error) (Answer, error) {
	j, err := decodeRequest(payload)
	if err != nil {
		return Answer{}, err
	}
	if s.http == nil {
		return j.failed("the vat no longer grants requests")
	}
	return j.failed(s.http.reason(why))
}

func decodeRequest(payload []byte) (*requestJSON, error) {
	var j requestJSON
	if json.Unmarshal(payload, &j) != nil || j.Version != 1 || j.ID == "" {
		return nil, never("the staged request is not what this version writes")
	}
	return &j, nil
}

// recheck checks a request at rest against what is granted now, and says what
// is wrong.
func (s *Set) recheck(j *requestJSON) (*request, string) {
	if s.http == nil {
		return nil, "the vat no longer grants requests"
	}
	q := &request{method: j.Method, url: j.URL, headers: j.Headers, body: j.Body}
	if q.headers == nil {
		q.headers = http.Header{}
	}
	if err := s.http.checkURL(q); err != nil {
		return nil, err.Error()
	}
	return q, ""
}

// failed is the answer to a request that had none.
func (j *requestJSON) failed(why string) (Answer, error) {
	input, err := json.Marshal(map[string]string{"request": j.ID, "error": "the request failed: " + why})
	if err != nil {
		return Answer{}, err
	}
	return j.answered(input, 0)
}

func (j *requestJSON) answered(input []byte, status int) (Answer, error) {
	a := Answer{Request: j.ID, Status: status, Input: input}
	if j.Then == nil {
		return a, nil
	}
	chain, err := chains.DecodeChain(j.Then)
	if err != nil {
		return Answer{}, never("the staged request's chain: %w", err)
	}
	a.Then = &chain
	return a, nil
}
