package slotted

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"qvat/host/caps"
)

func TestSlotted(t *testing.T) {
	for _, c := range []struct{ in, want, refs string }{
		{`1`, `1`, ``},
		{` [ 1 , "a,]}\"@" , null , -1.5e3 ] `, `[1,"a,]}\"@",null,-1.5e3]`, ``},
		{`{}`, `{}`, ``},
		{`{"@":0}`, `{"@":"x"}`, `0`},
		{` { "@" : "bob" } `, `{"@":"x"}`, `"bob"`},
		{`{"\u0040":7}`, `{"@":"x"}`, `7`},
		{`{"a":[{"@":1},{"b":{"@":2}}],"@@":0,"@@@x":{}}`, `{"a":[{"@":"x"},{"b":{"@":"x"}}],"@@":0,"@@@x":{}}`, `1 2`},
		{`{"\\":1,"\u0041":2,"":3}`, `{"\\":1,"\u0041":2,"":3}`, ``},
		{`"\ud800"`, `"\ud800"`, ``},
		{`{"@":0,"@":1}`, ``, ``},
		{`{"@":0,"a":1}`, ``, ``},
		{`{"a":1,"@":0}`, ``, ``},
		{`{"@":{"@":0}}`, ``, ``},
		{`{"@":[]}`, ``, ``},
		{`{"@x":1}`, ``, ``},
		{`{"\u0040x":1}`, ``, ``},
		{`{`, ``, ``},
		{``, ``, ``},
		{"\"\xff\"", ``, ``},
		{strings.Repeat("[", 129) + strings.Repeat("]", 129), ``, ``},
	} {
		var refs []string
		got, err := Map([]byte(c.in), func(ref []byte) ([]byte, error) {
			refs = append(refs, string(ref))
			return []byte(`"x"`), nil
		})
		var wrong *caps.Error
		if c.want == "" {
			if !errors.As(err, &wrong) || wrong.Code != caps.Wrong {
				t.Errorf("%.40s: got %s, %v", c.in, got, err)
			}
			continue
		}
		if err != nil || string(got) != c.want || strings.Join(refs, " ") != c.refs {
			t.Errorf("%s: got %s and %q, %v", c.in, got, refs, err)
		}
	}
}

func jsonValue() *rapid.Generator[any] {
	keys := rapid.SampledFrom([]string{"", "a", "@", "@@", "@@@", "@a", "b", "é", "\\", "\"", "__proto__"})
	leaf := rapid.OneOf(
		rapid.Just[any](nil), rapid.Map(rapid.Bool(), func(b bool) any { return b }), rapid.Map(rapid.String(), func(s string) any { return s }),
		rapid.Map(rapid.IntRange(-9, 9), func(n int) any { return float64(n) }), rapid.Map(keys, func(s string) any { return s }),
	)
	v := leaf
	for range 4 {
		inner := v
		v = rapid.OneOf(leaf, rapid.Map(rapid.SliceOfN(inner, 0, 3), func(s []any) any { return s }),
			rapid.Map(rapid.MapOfN(keys, inner, 0, 3), func(m map[string]any) any { return m }))
	}
	return v
}

// TestDataIsNeverASlot: any JSON at all, made data, holds no slot, and is the
// same again when its keys lose what was put before them.
func TestDataIsNeverASlot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := jsonValue().Draw(t, "v")
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		data, err := Data(b)
		if err != nil {
			t.Fatal(err)
		}
		same, err := Map(data, func(ref []byte) ([]byte, error) {
			t.Fatalf("%s became the slot %s", b, ref)
			return nil, nil
		})
		if err != nil || string(same) != string(data) {
			t.Fatalf("%s became %s, %v", data, same, err)
		}
		var back any
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		if back = unescaped(back); !reflect.DeepEqual(back, normal(v)) {
			t.Fatalf("%s came back as %v", b, back)
		}
	})
}

// TestKeysStayApart: keys that differ in half a surrogate pair alone are not the
// same when they have been made data and read again.
func TestKeysStayApart(t *testing.T) {
	none := func(ref []byte) ([]byte, error) { return nil, errors.New("a slot") }
	for _, c := range []struct{ in, data, back string }{
		{`{"@\ud800":1,"@\ud801":2}`, `{"@@\ud800":1,"@@\ud801":2}`, `{"@\ud800":1,"@\ud801":2}`},
		{`{"\u0040<":1}`, `{"@\u0040<":1}`, `{"\u0040<":1}`},
		{``, `{"\u0040\u0040x":1}`, `{"\u0040x":1}`},
	} {
		if c.in != "" {
			if data, err := Data([]byte(c.in)); err != nil || string(data) != c.data {
				t.Errorf("%s became %s, %v", c.in, data, err)
			}
		}
		if back, err := Plain([]byte(c.data), none); err != nil || string(back) != c.back {
			t.Errorf("%s came back as %s, %v", c.data, back, err)
		}
	}
}

// unescaped takes an "@" off each key that begins with one.
func unescaped(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = unescaped(v[i])
		}
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			out[strings.TrimPrefix(k, "@")] = unescaped(e)
		}
		return out
	}
	return v
}

// normal is what JSON makes of a value.
func normal(v any) any {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var out any
	if err := json.Unmarshal(b, &out); err != nil {
		return err
	}
	return out
}
