package powers

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"qvat/chains"
)

// answerChain is a chain of root's that answers are for.
func answerChain(t *testing.T, by string) []byte {
	t.Helper()
	p, err := chains.NewProgram([]byte(`exports.main = ({ input }) => input`), 0)
	if err != nil {
		t.Fatal(err)
	}
	s, err := chains.Sign(newParty(t, by).private, chains.Plain, newParty(t, "root").public, nil, p.Hash())
	if err != nil {
		t.Fatal(err)
	}
	return chains.Chain{Links: []chains.Link{{Program: p.Hash(), Signatures: []chains.Signature{s}}}}.Encode()
}

func TestSend(t *testing.T) {
	s := newSite(t, echo)
	v := newVat(t, Grants{Store: true, HTTP: HTTPGrant{
		Origins: []string{s.URL}, Verifier: chains.NewVerifier(newParty(t, "root").public, chains.VerifierOptions{}),
	}}, httpPowerText+`; exports.t = require('qvat:store').table('sent')`)
	then := base64.StdEncoding.EncodeToString(answerChain(t, "root"))
	program := `exports.main = ({ power: { http, t } }) => {
		const id = http.send({ url: '` + s.URL + `/hook', method: 'POST', headers: { 'X-Mine': 'yes' }, body: 'hi', then: '` + then + `' })
		t.set(id, 'waiting')
		return [id, http.send({ url: '` + s.URL + `/plain' })]
	}`
	// Nothing leaves before the commit, and nothing at all when there is none.
	lost := v.attempt(&Recorder{}, "", program)
	lost.tx.Rollback()
	if lost.err != nil || len(v.outbox()) != 0 {
		t.Fatalf("a message that was rolled back staged %d rows (%v)", len(v.outbox()), lost.err)
	}
	// The attempt after a conflict has the same ids; another message has others.
	a := v.attempt(lost.recorder.Again(), "", program)
	v.commit(a)
	other := v.run("", program)
	if string(a.out.Result) != string(lost.out.Result) || other == string(a.out.Result) {
		t.Errorf("the ids were %s, then %s; another message's %s", lost.out.Result, a.out.Result, other)
	}
	if s.asked() != 0 {
		t.Fatal("a request left before it was sent")
	}
	var ids []string
	if err := json.Unmarshal(a.out.Result, &ids); err != nil {
		t.Fatal(err)
	}
	rows := v.outbox()
	if len(rows) != 4 || rows[0].Kind != OutboxHTTP {
		t.Fatalf("the outbox has %d rows", len(rows))
	}
	for range 2 { // at least once
		answer, err := v.set.Send(t.Context(), rows[0].Payload)
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf(`{"request":"%s","status":200,"headers":{"content-length":"17","content-type":"text/plain","x-two":"a, b"},"body":"POST /hook hi yes"}`, ids[0])
		if answer.Request != ids[0] || answer.Status != 200 || string(answer.Input) != want {
			t.Errorf("got %+v\n%s\nwant\n%s", answer, answer.Input, want)
		}
		if answer.Then == nil || !bytes.Equal(answer.Then.Encode(), answerChain(t, "root")) {
			t.Errorf("the answer is for %v", answer.Then)
		}
		if _, err := (chains.Capsule{Chain: *answer.Then, Input: answer.Input}).Encode(); err != nil {
			t.Errorf("the answer is no message: %v", err)
		}
	}
	if s.keys[0] != ids[0] || s.keys[1] != ids[0] {
		t.Errorf("the keys were %q for %s", s.keys, ids[0])
	}
	if answer, err := v.set.Send(t.Context(), rows[1].Payload); err != nil || answer.Then != nil || answer.Request != ids[1] {
		t.Errorf("got %+v (%v)", answer, err)
	}
	v.throws(`would not run here`, `power.http.send({ url: '`+s.URL+`', then: '`+base64.StdEncoding.EncodeToString(answerChain(t, "mallory"))+`' })`)
}

// TestSendTakesACapsule: then may be a .chain file as it is; its chain is kept.
func TestSendTakesACapsule(t *testing.T) {
	c, err := newClient(HTTPGrant{Origins: []string{"https://example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	chain, err := chains.DecodeChain(answerChain(t, "root"))
	if err != nil {
		t.Fatal(err)
	}
	capsule, err := chains.Capsule{Chain: chain, Input: []byte("1")}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.readThen(base64.StdEncoding.EncodeToString(capsule))
	if err != nil || !bytes.Equal(got, chain.Encode()) {
		t.Errorf("got %x (%v)", got, err)
	}
}

func TestSendFails(t *testing.T) {
	closed := closedOrigin(t)
	s := newSite(t, func(w http.ResponseWriter, _ *http.Request, _ string) { fmt.Fprint(w, strings.Repeat("x", 2000)) })
	set := newSet(t, Grants{HTTP: HTTPGrant{Origins: []string{s.URL, closed}, ResponseBytes: 1000}})
	payload := func(url string) []byte {
		b, err := json.Marshal(requestJSON{Version: 1, ID: "7f", Method: "GET", URL: url, Then: answerChain(t, "root")})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	failed := func(name string, a Answer, err error, want string) {
		t.Helper()
		want = `{"error":"the request failed: ` + want + `","request":"7f"}`
		if err != nil || string(a.Input) != want || a.Request != "7f" || a.Status != 0 || a.Then == nil {
			t.Errorf("%s: got %s (%v)\nwant %s", name, a.Input, err, want)
		}
	}
	// It may work later: the host decides when to give up.
	_, err := set.Send(t.Context(), payload(closed+"/?token=secret"))
	if err == nil || errors.Is(err, ErrNever) || strings.Contains(err.Error(), "secret") {
		t.Fatalf("got %v", err)
	}
	a, gerr := set.GiveUp(payload(closed), err)
	failed("given up", a, gerr, "its host refused the connection")
	a, err = set.Send(t.Context(), payload(s.URL))
	failed("too large", a, err, "its answer is larger than the vat takes")
	a, err = set.Send(t.Context(), payload("https://example.com"))
	failed("not granted", a, err, "the vat grants no requests to https://example.com")
	none := newSet(t, Grants{})
	a, err = none.Send(t.Context(), payload(s.URL))
	failed("none granted", a, err, "the vat no longer grants requests")
	a, err = none.GiveUp(payload(s.URL), io.EOF)
	failed("none granted", a, err, "the vat no longer grants requests")
	for _, p := range []string{``, `{}`, `{"v":1}`, `{"v":2,"id":"a"}`} {
		if _, err := set.Send(t.Context(), []byte(p)); !errors.Is(err, ErrNever) {
			t.Errorf("%s: got %v", p, err)
		}
		if _, err := set.GiveUp([]byte(p), io.EOF); !errors.Is(err, ErrNever) {
			t.Errorf("%s: got %v", p, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := set.Send(ctx, payload(s.URL)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
