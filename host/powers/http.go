package powers

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"math"
	"strconv"
	"sync/atomic"

	"qvat/host/store"
	"qvat/runtime"
)

//go:embed http.js
var httpSource string

// httpPower is qvat:http: requests to granted origins, staged or at once.
type httpPower struct {
	client   *client
	tx       store.Tx
	recorder *Recorder

	sent    int
	fetches []*fetch
	settled int // how many of the fetches
}

// fetch is a request that is sent at once.
type fetch struct {
	request [sha256.Size]byte
	answer  atomic.Pointer[[]byte] // set before the program gets it
	settled chan struct{}          // closed when the program has got it
}

func (p *httpPower) Call(ctx context.Context, method string, args []byte) (runtime.Reply, error) {
	var a arguments
	if err := a.parse(method, args); err != nil {
		return runtime.Reply{}, err
	}
	if err := a.count(1, 1); err != nil {
		return runtime.Reply{}, err
	}
	switch method {
	case "send":
		return p.send(&a)
	case "fetch":
		return p.fetch(&a)
	case "settled":
		return runtime.Reply{}, p.settle(&a)
	}
	return runtime.Reply{}, unknownMethod("qvat:http", method)
}

// send stages a request, and answers its id.
func (p *httpPower) send(a *arguments) (r runtime.Reply, err error) {
	o, err := a.object(0, "the request", "url", "method", "headers", "body", "bodyBase64", "then")
	if err != nil {
		return r, err
	}
	q, err := p.client.readRequest(o)
	if err != nil {
		return r, err
	}
	j := q.json()
	if _, ok := o["then"]; ok {
		var then string
		if err := readFields(o, "the request's ", field{"then", &then}); err != nil {
			return r, err
		}
		if j.Then, err = p.client.readThen(then); err != nil {
			return r, err
		}
	}
	digest, err := j.digest()
	if err != nil {
		return r, err
	}
	if j.ID, err = p.recorder.requestID("send", p.sent, digest); err != nil {
		return r, err
	}
	payload, err := json.Marshal(j)
	if err != nil {
		return r, err
	}
	if err := p.tx.Stage(OutboxHTTP, payload); err != nil {
		return r, storeRefusal(err)
	}
	p.sent++
	return answer(j.ID)
}

// fetch sends a request at once, and answers later. What the program gets tells
// the number of the call, which the guest half gives back to settle.
func (p *httpPower) fetch(a *arguments) (r runtime.Reply, err error) {
	if !p.client.grant.Immediate {
		return r, refusal("the vat does not grant fetch: send stages a request that leaves when the message commits")
	}
	o, err := a.object(0, "the request", "url", "method", "headers", "body", "bodyBase64")
	if err != nil {
		return r, err
	}
	q, err := p.client.readRequest(o)
	if err != nil {
		return r, err
	}
	n := len(p.fetches)
	if n == p.client.grant.Requests {
		return r, rangeError("fetch: the message has made the %d requests that it may", n)
	}
	f := &fetch{settled: make(chan struct{})}
	if f.request, err = q.json().digest(); err != nil {
		return r, err
	}
	id, err := p.recorder.requestID("fetch", n, f.request)
	if err != nil {
		return r, err
	}
	known, err := p.recorder.kept(n, f.request)
	if err != nil {
		return r, err
	}
	var before *fetch
	if n > 0 {
		before = p.fetches[n-1]
	}
	p.fetches = append(p.fetches, f)
	c := p.client
	r.Later = func(ctx context.Context) ([]byte, error) {
		b := known
		if b == nil {
			var err error
			if b, err = c.ask(ctx, id, q); err != nil {
				return nil, err
			}
		}
		return f.deliver(ctx, n, b, before)
	}
	return r, nil
}

// ask sends a request and gives what is recorded of it: {"answer": …}, or
// {"error": …} where there was none.
func (c *client) ask(ctx context.Context, id string, q *request) ([]byte, error) {
	response, err := c.do(ctx, id, q)
	if ctx.Err() != nil {
		return nil, ctx.Err() // the invocation ended, and not the request
	}
	var b []byte
	if err == nil {
		b, err = encode(map[string]any{"answer": response}, min(c.grant.InputBytes, maxRecorded/c.grant.Requests))
	}
	if err != nil {
		return json.Marshal(map[string]any{"error": "the request failed: " + c.reason(err)})
	}
	return b, nil
}

// deliver waits until the program has the answer of the fetch before, and gives
// it this one: the order of answers is that of calls, whatever the network does.
func (f *fetch) deliver(ctx context.Context, n int, answer []byte, before *fetch) ([]byte, error) {
	f.answer.Store(&answer)
	if before != nil {
		select {
		case <-before.settled:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	// answer is an object that is not empty.
	b := strconv.AppendInt([]byte(`{"call":`), int64(n), 10)
	return append(append(b, ','), answer[1:]...), nil
}

// settle notes that the program has got the answer of a fetch.
func (p *httpPower) settle(a *arguments) error {
	n, err := a.integer(0, "the call's number", 0, math.MaxInt32)
	if err != nil {
		return err
	}
	if n != p.settled || n >= len(p.fetches) || p.fetches[n].answer.Load() == nil {
		return typeError("settled: no answer to call %d is due", n)
	}
	f := p.fetches[n]
	p.recorder.settle(f.request, *f.answer.Load())
	p.settled++
	close(f.settled)
	return nil
}
