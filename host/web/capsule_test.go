package web

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"qvat/chains"
)

// signed makes a chain of two links: the root's, which is for bob, and bob's.
func signed(t *testing.T, h *house) chains.Capsule {
	t.Helper()
	root, bob := ed25519.NewKeyFromSeed(make([]byte, 32)), ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))
	bobKey, err := chains.PublicKeyOf(bob)
	must(t, err)
	texts := []string{
		"exports.main = ({ power, next }) => { if (!next.signedBy('" + bobKey.String() + "')) throw 1; return next.load()(power) }",
		"exports.main = p => '</pre><script>alert(1)</script>'",
	}
	var c chains.Capsule
	for i, text := range texts {
		p, err := chains.NewProgram([]byte(text), 1<<20)
		must(t, err)
		c.Programs = append(c.Programs, p)
		key, kind := root, chains.Plain
		if i == 1 {
			key, kind = bob, chains.Bound
		}
		s, err := chains.Sign(key, kind, h.vat.about.Root, c.Chain.Prefix(i), p.Hash())
		must(t, err)
		c.Chain.Links = append(c.Chain.Links, chains.Link{Program: p.Hash(), Signatures: []chains.Signature{s}})
	}
	return c
}

func TestOpenCapsule(t *testing.T) {
	h := newHouse(t)
	v := h.in()
	c := signed(t, h)
	encoded, err := c.Encode()
	must(t, err)
	send := func(b []byte) answered {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		must(t, w.WriteField("csrf", csrfField.FindStringSubmatch(v.get("/app/help").body)[1]))
		f, err := w.CreateFormFile("capsule", "bob.chain")
		must(t, err)
		_, err = f.Write(b)
		must(t, err)
		must(t, w.Close())
		r := v.request(http.MethodPost, "/app/capsule", &body)
		r.Header.Set("Content-Type", w.FormDataContentType())
		r.Header.Set("Origin", h.url)
		return v.do(r)
	}
	a := send(encoded)
	for _, want := range []string{
		"signed by the root key", "this vat&#39;s root key", "for this place in this chain", "for this program, wherever it stands",
		"Its text speaks of", "&lt;/pre&gt;&lt;script&gt;", c.ID().String(),
	} {
		if a.status != http.StatusOK || !strings.Contains(a.body, want) {
			t.Errorf("%d: %q is not there:\n%s", a.status, want, a.body)
		}
	}
	c.Chain.Links[0].Signatures[0].Sig[3] ^= 1
	if encoded, err = c.Encode(); err != nil {
		t.Fatal(err)
	}
	if a := send(encoded); !strings.Contains(a.body, "not signed by the root key") || !strings.Contains(a.body, "not valid") {
		t.Errorf("a broken signature is not seen:\n%s", a.body)
	}
	if a := send([]byte("nonsense")); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "This is no capsule") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := send(make([]byte, 4<<20)); a.status != http.StatusBadRequest {
		t.Errorf("one that is too large: %d", a.status)
	}
}

func TestRuns(t *testing.T) {
	h := newHouse(t)
	c := signed(t, h)
	for n := uint64(120); n > 0; n-- {
		h.vat.ran = append(h.vat.ran, Ran{
			Number: n, At: time.Now(), ID: c.ID(), Chain: c.Chain, Outcome: "ok", Fuel: 1234567,
			Lines: []Line{{Level: "info", Text: "a line of the console"}},
		})
	}
	h.vat.programs[c.Programs[0].Hash()] = c.Programs[0]
	v := h.in()
	a := v.get("/app/runs")
	if key := fmt.Sprintf("%x", c.Chain.Links[1].Signatures[0].Key); strings.Count(a.body, key) != pageSize {
		t.Errorf("who has signed is not there:\n%s", a.body)
	}
	if !strings.Contains(a.body, "/app/runs/120") || strings.Contains(a.body, `"/app/runs/70"`) || !strings.Contains(a.body, "before=71") {
		t.Errorf("the first page:\n%s", a.body)
	}
	if a := v.get("/app/runs?before=71"); !strings.Contains(a.body, `"/app/runs/70"`) {
		t.Errorf("the second page:\n%s", a.body)
	}
	a = v.get("/app/runs/120")
	for _, want := range []string{"a line of the console", "1\u202f234\u202f567", "its text is not here", "next.signedBy"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("%q is not there:\n%s", want, a.body)
		}
	}
}

// Who is only said to have signed is no signer.
func TestForgedRun(t *testing.T) {
	h := newHouse(t)
	c := signed(t, h)
	last := &c.Chain.Links[1]
	last.Signatures[0].Key = [32]byte(h.vat.about.Root.Bytes())
	h.vat.ran = []Ran{{Number: 1, At: time.Now(), Chain: c.Chain, Outcome: "root_not_signed"}}
	v := h.in()
	if a := v.get("/app/runs"); strings.Contains(a.body, "root key") {
		t.Errorf("a forged signature shows:\n%s", a.body)
	}
	if a := v.get("/app/runs/1"); !strings.Contains(a.body, "bound, not valid") {
		t.Errorf("a forged signature is not marked:\n%s", a.body)
	}
}
