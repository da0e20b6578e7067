package mail_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"qvat/host/mail"
)

// handSealed seals a body by hand, as docs/MAIL.md says, with any key.
func handSealed(key ed25519.PrivateKey, from, to mail.ID, id [32]byte, text []byte) mail.Sealed {
	hash := sha256.Sum256(text)
	b := []byte("qvat mail seal v1\n")
	for _, part := range [][32]byte{to.Number, to.Node, from.Number, from.Node, id, hash} {
		b = append(b, part[:]...)
	}
	m := mail.Sealed{From: from, To: to, ID: id, Body: text}
	copy(m.Signature[:], ed25519.Sign(key, b))
	return m
}

// stranger is an agent of another node, whose key the test has.
func stranger() (ed25519.PrivateKey, mail.ID) {
	key := nodeKey("a stranger")
	return key, mail.ID{Number: mail.Key(key[32:]), Node: public("there")}
}

const plainBody = `{"kind":"package","date":1767323045000,"strings":["hello"]}`

// TestSealProperty: a seal that was forged, re-addressed, cut, changed in a bit
// or brought by another node is refused and counted, and so is its copy.
func TestSealProperty(t *testing.T) {
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self, bob := v.agent("self"), v.agent("bob")
	to, other := must(bob.Identify(ctx, "SELF"))(t), must(self.Identify(ctx, "SELF"))(t)
	key, from := stranger()
	n := uint64(0)
	rapid.Check(t, func(t *rapid.T) {
		n++
		var id [32]byte
		copy(id[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "id"))
		id[0], id[1], id[2] = byte(n>>16), byte(n>>8), byte(n) // not seen before
		text, err := json.Marshal(rapid.StringMatching(`[a-z ]{0,50}`).Draw(t, "text"))
		if err != nil {
			t.Fatal(err)
		}
		m := handSealed(key, from, to, id, []byte(strings.Replace(plainBody, `"hello"`, string(text), 1)))
		if err := v.OpenSealed(m); err != nil {
			t.Fatalf("a good seal does not open: %v", err)
		}
		bad, node := m, from.Node
		bad.Body = bytes.Clone(m.Body)
		bit := func(b []byte) {
			i := rapid.IntRange(0, 8*len(b)-1).Draw(t, "bit")
			b[i/8] ^= 1 << (i % 8)
		}
		kind := rapid.SampledFrom([]string{
			"body", "id", "signature", "from", "to", "cut", "grown", "re-addressed", "forged", "wrong node", "moved node", "zero",
		}).Draw(t, "kind")
		switch kind {
		case "body":
			bit(bad.Body)
		case "id":
			bit(bad.ID[:])
		case "signature":
			bit(bad.Signature[:])
		case "from":
			bit(bad.From.Number[:])
		case "to":
			bit(bad.To.Number[:])
		case "cut":
			bad.Body = bad.Body[:rapid.IntRange(0, len(bad.Body)-1).Draw(t, "length")]
		case "grown":
			bad.Body = append(bad.Body, ' ')
		case "re-addressed":
			bad.To = other
		case "forged":
			bad = handSealed(nodeKey("mallory"), from, to, id, m.Body)
		case "wrong node":
			node = public("mallory")
		case "moved node":
			bad.From.Node = public("mallory")
			node = public("mallory")
		case "zero":
			bad.Signature = [64]byte{}
		}
		total := func() (n int64) {
			for _, c := range v.Refusals() {
				n += c
			}
			return n
		}
		before := total()
		if err := v.Receive(ctx, node, bad); code(err) != mail.BadSeal {
			t.Fatalf("%s: %v, want a bad seal", kind, err)
		}
		if kind != "wrong node" {
			if err := v.OpenSealed(bad); code(err) != mail.BadSeal {
				t.Fatalf("%s: open says %v, want a bad seal", kind, err)
			}
			before++
		}
		if err := v.Receive(ctx, from.Node, m); err != nil {
			t.Fatalf("the good one: %v", err)
		}
		if err := v.Receive(ctx, from.Node, m); code(err) != mail.Replayed {
			t.Fatalf("its copy: %v, want a replay", err)
		}
		if total() != before+2 {
			t.Fatalf("%d refusals were counted, want %d", total(), before+2)
		}
	})
	if got := len(must(bob.Messages(ctx, mail.MessageQuery{Limit: 1000}))(t)); uint64(got) != n {
		t.Errorf("%d messages arrived, want %d", got, n)
	}
	v.reopen() // and what was seen is not forgotten
	m := v.inbox(v.agent("bob"))[0].Sealed
	v.fails(v.Receive(ctx, from.Node, m), mail.Replayed)
}

// TestBodies: a body has one form, and only what its kind needs.
func TestBodies(t *testing.T) {
	v := newVat(t, mail.Options{Limits: mail.Limits{MessageBytes: 2000}})
	ctx := t.Context()
	bob := v.agent("bob")
	to := must(bob.Identify(ctx, "SELF"))(t)
	key, from := stranger()
	id := strings.Repeat("ab", 32) + ":" + from.Node.String()
	edge := `"ids":["` + id + `"],"types":["value"]`
	number := strings.Repeat("cd", 32)
	for i, c := range []struct {
		what, body string
		want       mail.Code
	}{
		{"plain", plainBody, ""},
		{"with an edge", `{"kind":"package","date":0,"strings":["",""],"edges":["a"],` + edge + `}`, ""},
		{"a reply", `{"kind":"reply","date":0,"strings":[""],"replyTo":"` + number + `"}`, ""},
		{"a request", `{"kind":"request","date":0,"what":"x"}`, ""},
		{"escapes", `{"kind":"package","date":0,"strings":["<&> \u2028\n\""]}`, ""},

		{"nothing", ``, mail.BadSeal},
		{"null", `null`, mail.BadSeal},
		{"an array", `[]`, mail.BadSeal},
		{"no kind", `{"date":0,"strings":["x"]}`, mail.BadSeal},
		{"another kind", `{"kind":"order","date":0,"strings":["x"]}`, mail.BadSeal},
		{"white space", `{"kind":"package", "date":0,"strings":["x"]}`, mail.BadSeal},
		{"another order", `{"date":0,"kind":"package","strings":["x"]}`, mail.BadSeal},
		{"an unknown member", `{"kind":"package","date":0,"strings":["x"],"cc":1}`, mail.BadSeal},
		{"a member twice", `{"kind":"package","date":0,"date":0,"strings":["x"]}`, mail.BadSeal},
		{"another case", `{"Kind":"package","date":0,"strings":["x"]}`, mail.BadSeal},
		{"other escapes", `{"kind":"package","date":0,"strings":["\u0078"]}`, mail.BadSeal},
		{"bad UTF-8", "{\"kind\":\"package\",\"date\":0,\"strings\":[\"\xff\"]}", mail.BadSeal},
		{"deep", `{"kind":"package","date":0,"strings":[[["x"]]]}`, mail.BadSeal},
		{"a date out of range", `{"kind":"package","date":999999999999999,"strings":["x"]}`, mail.BadSeal},
		{"a date before", `{"kind":"package","date":-1,"strings":["x"]}`, mail.BadSeal},
		{"no strings", `{"kind":"package","date":0}`, mail.BadSeal},
		{"too many strings", `{"kind":"package","date":0,"strings":["x","y"]}`, mail.BadSeal},
		{"an edge without a thing", `{"kind":"package","date":0,"strings":["",""],"edges":["a"]}`, mail.BadSeal},
		{"things without edges", `{"kind":"package","date":0,"strings":[""],` + edge + `}`, mail.BadSeal},
		{"a bad edge", `{"kind":"package","date":0,"strings":["",""],"edges":["A"],` + edge + `}`, mail.BadSeal},
		{"an agent", `{"kind":"package","date":0,"strings":["",""],"edges":["a"],"ids":["` + id + `"],"types":["agent"]}`, mail.BadSeal},
		{"a bad identifier", `{"kind":"package","date":0,"strings":["",""],"edges":["a"],"ids":["x"],"types":["value"]}`, mail.BadSeal},
		{"a reply to nothing", `{"kind":"reply","date":0,"strings":[""]}`, mail.BadSeal},
		{"a package that replies", `{"kind":"package","date":0,"strings":[""],"replyTo":"` + number + `"}`, mail.BadSeal},
		{"a request for nothing", `{"kind":"request","date":0}`, mail.BadSeal},
		{"a receipt of another kind", `{"kind":"receipt","date":0,"replyTo":"` + number + `","what":"eaten"}`, mail.BadSeal},
		{"too long", `{"kind":"request","date":0,"what":"` + strings.Repeat("x", 2000) + `"}`, mail.BadSeal},

		{"an answer to nothing", `{"kind":"value","date":0,"replyTo":"` + number + `","why":"no"}`, mail.Refused},
		{"a receipt for nothing", `{"kind":"receipt","date":0,"replyTo":"` + number + `","what":"adopted"}`, mail.Refused},
	} {
		err := v.Receive(ctx, from.Node, handSealed(key, from, to, [32]byte{byte(i)}, []byte(c.body)))
		if code(err) != c.want || (c.want == "") != (err == nil) {
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
	}
}

// TestAnswersFromOthers: only who was asked can answer, once, and only what was
// asked of him.
func TestAnswersFromOthers(t *testing.T) {
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	bob := v.agent("bob")
	to := must(bob.Identify(ctx, "SELF"))(t)
	key, from := stranger()
	l := mail.Locator{ID: from, Type: mail.TypeHandle}.String()
	sent := must(bob.Request(ctx, l, "x", "x"))(t)
	text := v.say(bob, l, "and hello")
	answer := func(of [32]byte) []byte {
		return []byte(`{"kind":"value","date":0,"edges":["value"],"ids":["` + to.String() + `"],"types":["handle"],"replyTo":"` +
			mail.Key(of).String() + `"}`)
	}
	mallory := nodeKey("mallory")
	hers := mail.ID{Number: mail.Key(mallory[32:]), Node: from.Node}
	v.fails(v.Receive(ctx, from.Node, handSealed(mallory, hers, to, [32]byte{1}, answer(sent.ID))), mail.Refused)
	v.fails(v.Receive(ctx, from.Node, handSealed(key, from, to, [32]byte{2}, answer(text.ID))), mail.Refused)
	v.ok(v.Receive(ctx, from.Node, handSealed(key, from, to, [32]byte{3}, answer(sent.ID))))
	v.fails(v.Receive(ctx, from.Node, handSealed(key, from, to, [32]byte{4}, answer(sent.ID))), mail.Refused)
	if got := must(bob.Identify(ctx, "x"))(t); got != to {
		t.Errorf("x is %s", got)
	}
	if out := must(bob.Outbox(ctx))(t); len(out) != 1 || out[0].ID != text.ID {
		t.Errorf("the outbox has %+v: what was answered has arrived", out)
	}
	// Another message with an id that was used before is refused, not taken for
	// a copy.
	v.fails(v.Receive(ctx, from.Node, handSealed(mallory, hers, to, [32]byte{3}, []byte(plainBody))), mail.Refused)
}

// FuzzBody: whatever a body is, it is refused, or its one form.
func FuzzBody(f *testing.F) {
	f.Add([]byte(plainBody))
	f.Add([]byte(`{"kind":"request","date":0,"what":"x"}`))
	f.Add([]byte(`{"kind":"package","date":0,"strings":[[["x"]]]}`))
	v := newVat(f, mail.Options{})
	to := must(v.agent("self").Identify(f.Context(), "SELF"))(f)
	key, from := stranger()
	f.Fuzz(func(t *testing.T, text []byte) {
		m := handSealed(key, from, to, [32]byte{1}, text)
		if err := v.OpenSealed(m); err == nil && !json.Valid(text) {
			t.Errorf("%q is not JSON, and was taken", text)
		}
	})
}
