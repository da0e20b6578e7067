package wire_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/host/mail/mailtest"
)

// TestSealProperty: a seal that was forged, re-addressed, cut, changed in a bit
// or brought by another node is refused and counted, and so is its copy.
func TestSealProperty(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self, bob := v.Named("self"), v.Named("bob")
	to, other := must(bob.Identify(ctx, "SELF"))(t), must(self.Identify(ctx, "SELF"))(t)
	key, from := mailtest.Stranger()
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
		m := mailtest.HandSealed(key, from, to, id, []byte(strings.Replace(mailtest.PlainBody, `"hello"`, string(text), 1)))
		if _, err := v.Wire.Open(m); err != nil {
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
			bad = mailtest.HandSealed(mailtest.Node("mallory"), from, to, id, m.Body)
		case "wrong node":
			node = mailtest.Public("mallory")
		case "moved node":
			bad.From.Node = mailtest.Public("mallory")
			node = mailtest.Public("mallory")
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
		if err := v.Receive(ctx, node, bad); code(err) != caps.BadSeal {
			t.Fatalf("%s: %v, want a bad seal", kind, err)
		}
		if kind != "wrong node" {
			if _, err := v.Wire.Open(bad); code(err) != caps.BadSeal {
				t.Fatalf("%s: open says %v, want a bad seal", kind, err)
			}
		}
		if err := v.Receive(ctx, from.Node, m); err != nil {
			t.Fatalf("the good one: %v", err)
		}
		if err := v.Receive(ctx, from.Node, m); code(err) != caps.Replayed {
			t.Fatalf("its copy: %v, want a replay", err)
		}
		if total() != before+2 {
			t.Fatalf("%d refusals were counted, want %d", total(), before+2)
		}
	})
	if got := len(must(bob.Messages(ctx, mail.MessageQuery{Limit: 1000}))(t)); uint64(got) != n {
		t.Errorf("%d messages arrived, want %d", got, n)
	}
	v.Reopen() // and what was seen is not forgotten
	m := v.Inbox(v.Named("bob"))[0].Sealed
	v.Fails(v.Receive(ctx, from.Node, m), caps.Replayed)
}

// TestBodies: a body has one form, and only what its kind needs.
func TestBodies(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{Limits: mail.Limits{MessageBytes: 2000}})
	ctx := t.Context()
	bob := v.Named("bob")
	to := must(bob.Identify(ctx, "SELF"))(t)
	key, from := mailtest.Stranger()
	id := strings.Repeat("ab", 32) + ":" + from.Node.String()
	edge := `"ids":["` + id + `"],"types":["value"]`
	number := strings.Repeat("cd", 32)
	for i, c := range []struct {
		what, body string
		want       caps.Code
	}{
		{"plain", mailtest.PlainBody, ""},
		{"with an edge", `{"kind":"package","date":0,"strings":["",""],"edges":["a"],` + edge + `}`, ""},
		{"a reply", `{"kind":"reply","date":0,"strings":[""],"replyTo":"` + number + `"}`, ""},
		{"a request", `{"kind":"request","date":0,"what":"x"}`, ""},
		{"escapes", `{"kind":"package","date":0,"strings":["<&> \u2028\n\""]}`, ""},

		{"nothing", ``, caps.BadSeal},
		{"null", `null`, caps.BadSeal},
		{"an array", `[]`, caps.BadSeal},
		{"no kind", `{"date":0,"strings":["x"]}`, caps.BadSeal},
		{"another kind", `{"kind":"order","date":0,"strings":["x"]}`, caps.BadSeal},
		{"white space", `{"kind":"package", "date":0,"strings":["x"]}`, caps.BadSeal},
		{"another order", `{"date":0,"kind":"package","strings":["x"]}`, caps.BadSeal},
		{"an unknown member", `{"kind":"package","date":0,"strings":["x"],"cc":1}`, caps.BadSeal},
		{"a member twice", `{"kind":"package","date":0,"date":0,"strings":["x"]}`, caps.BadSeal},
		{"another case", `{"Kind":"package","date":0,"strings":["x"]}`, caps.BadSeal},
		{"other escapes", `{"kind":"package","date":0,"strings":["\u0078"]}`, caps.BadSeal},
		{"bad UTF-8", "{\"kind\":\"package\",\"date\":0,\"strings\":[\"\xff\"]}", caps.BadSeal},
		{"deep", `{"kind":"package","date":0,"strings":[[["x"]]]}`, caps.BadSeal},
		{"a date out of range", `{"kind":"package","date":999999999999999,"strings":["x"]}`, caps.BadSeal},
		{"a date before", `{"kind":"package","date":-1,"strings":["x"]}`, caps.BadSeal},
		{"no strings", `{"kind":"package","date":0}`, caps.BadSeal},
		{"too many strings", `{"kind":"package","date":0,"strings":["x","y"]}`, caps.BadSeal},
		{"an edge without a thing", `{"kind":"package","date":0,"strings":["",""],"edges":["a"]}`, caps.BadSeal},
		{"things without edges", `{"kind":"package","date":0,"strings":[""],` + edge + `}`, caps.BadSeal},
		{"a bad edge", `{"kind":"package","date":0,"strings":["",""],"edges":["A"],` + edge + `}`, caps.BadSeal},
		{"an agent", `{"kind":"package","date":0,"strings":["",""],"edges":["a"],"ids":["` + id + `"],"types":["agent"]}`, caps.BadSeal},
		{"a bad identifier", `{"kind":"package","date":0,"strings":["",""],"edges":["a"],"ids":["x"],"types":["value"]}`, caps.BadSeal},
		{"a reply to nothing", `{"kind":"reply","date":0,"strings":[""]}`, caps.BadSeal},
		{"a package that replies", `{"kind":"package","date":0,"strings":[""],"replyTo":"` + number + `"}`, caps.BadSeal},
		{"a request for nothing", `{"kind":"request","date":0}`, caps.BadSeal},
		{"a receipt of another kind", `{"kind":"receipt","date":0,"replyTo":"` + number + `","what":"eaten"}`, caps.BadSeal},
		{"too long", `{"kind":"request","date":0,"what":"` + strings.Repeat("x", 2000) + `"}`, caps.BadSeal},

		{"an answer to nothing", `{"kind":"value","date":0,"replyTo":"` + number + `","why":"no"}`, caps.Refused},
		{"a receipt for nothing", `{"kind":"receipt","date":0,"replyTo":"` + number + `","what":"adopted"}`, caps.Refused},
	} {
		err := v.Receive(ctx, from.Node, mailtest.HandSealed(key, from, to, [32]byte{byte(i)}, []byte(c.body)))
		if code(err) != c.want || (c.want == "") != (err == nil) {
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
	}
}

// TestAnswersFromOthers: only who was asked can answer, once, and only what was
// asked of him.
func TestAnswersFromOthers(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	bob := v.Named("bob")
	to := must(bob.Identify(ctx, "SELF"))(t)
	key, from := mailtest.Stranger()
	l := caps.Locator{ID: from, Type: caps.TypeHandle}.String()
	sent := must(bob.Request(ctx, l, "x", "x"))(t)
	text := v.Say(bob, l, "and hello")
	answer := func(of [32]byte) []byte {
		return []byte(`{"kind":"value","date":0,"edges":["value"],"ids":["` + to.String() + `"],"types":["handle"],"replyTo":"` +
			caps.Key(of).String() + `"}`)
	}
	mallory := mailtest.Node("mallory")
	hers := caps.ID{Number: caps.Key(mallory[32:]), Node: from.Node}
	v.Fails(v.Receive(ctx, from.Node, mailtest.HandSealed(mallory, hers, to, [32]byte{1}, answer(sent.ID))), caps.Refused)
	v.Fails(v.Receive(ctx, from.Node, mailtest.HandSealed(key, from, to, [32]byte{2}, answer(text.ID))), caps.Refused)
	v.OK(v.Receive(ctx, from.Node, mailtest.HandSealed(key, from, to, [32]byte{3}, answer(sent.ID))))
	v.Fails(v.Receive(ctx, from.Node, mailtest.HandSealed(key, from, to, [32]byte{4}, answer(sent.ID))), caps.Refused)
	if got := must(bob.Identify(ctx, "x"))(t); got != to {
		t.Errorf("x is %s", got)
	}
	if out := must(bob.Outbox(ctx))(t); len(out) != 1 || out[0].ID != text.ID {
		t.Errorf("the outbox has %+v: what was answered has arrived", out)
	}
	// Another message with an id that was used before is refused, not taken for
	// a copy.
	v.Fails(v.Receive(ctx, from.Node, mailtest.HandSealed(mallory, hers, to, [32]byte{3}, []byte(mailtest.PlainBody))), caps.Refused)
}

// FuzzBody: whatever a body is, it is refused, or its one form.
func FuzzBody(f *testing.F) {
	f.Add([]byte(mailtest.PlainBody))
	f.Add([]byte(`{"kind":"request","date":0,"what":"x"}`))
	f.Add([]byte(`{"kind":"package","date":0,"strings":[[["x"]]]}`))
	v := newVat(f, mail.Options{})
	to := must(v.Named("self").Identify(f.Context(), "SELF"))(f)
	key, from := mailtest.Stranger()
	f.Fuzz(func(t *testing.T, text []byte) {
		m := mailtest.HandSealed(key, from, to, [32]byte{1}, text)
		if _, err := v.Wire.Open(m); err == nil && !json.Valid(text) {
			t.Errorf("%q is not JSON, and was taken", text)
		}
	})
}
