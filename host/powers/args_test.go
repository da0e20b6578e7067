package powers

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"unicode/utf8"
)

func TestArguments(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
	}{
		{`[]`, nil},
		{" [ \t\r\n] ", nil},
		{`[1]`, []string{`1`}},
		{` [ "a" , {"b":[1,2]} ,null]`, []string{`"a"`, `{"b":[1,2]}`, `null`}},
		{`["a,]\"[{","\\",[",",[]],{",":"}"}]`, []string{`"a,]\"[{"`, `"\\"`, `[",",[]]`, `{",":"}"}`}},
		{`["\ud83d\ude00\\ud800"]`, []string{`"\ud83d\ude00\\ud800"`}},
		{`["\uD83D\uDE00","\u00e9"]`, []string{`"\uD83D\uDE00"`, `"\u00e9"`}},
	} {
		var a arguments
		if err := a.parse("m", []byte(c.in)); err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if got := texts(a.raw); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.in, got, c.want)
		}
	}
	for _, in := range []string{
		``, ` `, `1`, `"a"`, `{}`, `[`, `[1,]`, `[1] 2`, `["\ud800"]`, `["\udc00"]`, `["\ud800\n"]`, `["\ud800\ud800"]`, `[{"\udfff":1}]`,
		`["\ud800x\udc00"]`, "[\"\xc0\"]", "[\"\x00\"]", "\ufeff[]",
	} {
		var a arguments
		if err := a.parse("m", []byte(in)); err == nil {
			t.Errorf("%q was taken", in)
		}
	}
}

func texts(raw [][]byte) []string {
	var out []string
	for _, r := range raw {
		out = append(out, string(r))
	}
	return out
}

// FuzzArguments: what is taken is what encoding/json reads, part for part, and a
// string that is read is written back as one that reads the same.
func FuzzArguments(f *testing.F) {
	for _, s := range []string{
		`[]`, `["t","k",{"a":[1,"\u00e9",null]}]`, `[ "\ud83d\ude00" , "\ud83d" ]`, `["a\\",[[],{}],-0.1e5]`, `{"a":1}`, `["\\ud800\"]`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var a arguments
		if err := a.parse("m", b); err != nil {
			return
		}
		var want []json.RawMessage
		if err := json.Unmarshal(b, &want); err != nil || !utf8.Valid(b) {
			t.Fatalf("%q was taken: %v", b, err)
		}
		if len(want) != len(a.raw) {
			t.Fatalf("%q: got %d arguments, want %d", b, len(a.raw), len(want))
		}
		for i := range want {
			if !bytes.Equal(a.raw[i], want[i]) {
				t.Fatalf("%q: argument %d is %q, want %q", b, i, a.raw[i], want[i])
			}
			s, ok := text(a.raw[i])
			if !ok {
				continue
			}
			again, err := appendText(nil, s)
			if err != nil {
				t.Fatal(err)
			}
			if read, _ := text(again); read != s || !json.Valid(again) {
				t.Fatalf("%q was written as %q", s, again)
			}
		}
	})
}

// BenchmarkGet is what the Go half of a read costs beside the store.
func BenchmarkGet(b *testing.B) {
	args := []byte(`["counters","bob"]`)
	b.ReportAllocs()
	for b.Loop() {
		var a arguments
		if err := a.parse("get", args); err != nil {
			b.Fatal(err)
		}
		if _, err := tableOf(&a); err != nil {
			b.Fatal(err)
		}
		if _, err := a.text(1, "the key"); err != nil {
			b.Fatal(err)
		}
	}
}
