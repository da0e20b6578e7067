package runtime_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"qvat/chains"
	"qvat/runtime"
)

// fuzzEngine is an engine whose messages end soon.
func fuzzEngine(f *testing.F) *runtime.Engine {
	o := hostileOptions()
	o.Limits.Fuel = 2_000_000
	return newEngine(f, o)
}

// seeds are the shorter hostile programs.
func seeds(f *testing.F) (texts []string) {
	for _, c := range readHostile(f) {
		for _, l := range append(c.links, c.modules...) {
			if len(l) < 300 && !strings.HasPrefix(c.file, "bombs") {
				texts = append(texts, l)
			}
		}
	}
	if len(texts) < 100 {
		f.Fatalf("only %d seeds", len(texts))
	}
	return texts
}

// FuzzProgram runs any text as a program, alone and as a child that was given
// something. However it ends, it is for a reason, and the next message does not
// notice.
func FuzzProgram(f *testing.F) {
	for _, text := range seeds(f) {
		f.Add(text)
	}
	e := fuzzEngine(f)
	after := witness.message(f)
	first, err := e.Turn(f.Context(), after)
	witness.check(f, first, err)
	const parent = `exports.main = async ({ next }) => {
		let r, failed;
		try { r = await next.load()({ f: async x => { try { return await x } catch { } }, list: [1, { a: 2 }], tag: s => s.raw }) } catch (e) { failed = e }
		return [Object(r) !== r || !Object.isExtensible(r), failed === undefined || failed instanceof Error && Object.isFrozen(failed)];
	}`
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := chains.NewProgram([]byte(text), 0); err != nil {
			return
		}
		for _, m := range []runtime.Invocation{message(t, "", text), message(t, "", parent, text)} {
			m.Powers = map[string]runtime.Power{"test:echo": echo{}}
			out, err := e.Turn(t.Context(), m)
			var failure *runtime.Failure
			if err != nil && !errors.As(err, &failure) {
				t.Fatalf("%v", err)
			}
			if err == nil && m.Chain.Len() == 2 && string(out.Result) != "[true,true]" {
				t.Fatalf("its parent came to %s", out.Result)
			}
			if failure != nil && !utf8.ValidString(failure.Error()) {
				t.Fatalf("%q", failure.Error())
			}
			checkReset(t, e, err)
		}
		checkWitness(t, e, after, first.Fuel)
	})
}

// FuzzResult wants each result to be whole JSON text, and the same text again
// where it comes in as input and goes out as a result.
func FuzzResult(f *testing.F) {
	for _, expr := range []string{
		`1`, `-0`, `[1,,2]`, `{a:1,b:[{}]}`, `'\ud800'`, `'\u{1f600}\u2028'`, `1e21`, `5e-324`, `JSON.parse('{"__proto__":1}')`, `new Date(0)`, `[[[[]]]]`,
		`Object.assign([1],{x:1})`, `new Proxy([1],{})`, `{get a(){return this.b},b:2}`, `null`, `undefined`, `9007199254740993`, `0.1+0.2`, `'\\ud800'`, `(()=>1)`,
	} {
		f.Add(expr)
	}
	e := fuzzEngine(f)
	f.Fuzz(func(t *testing.T, expr string) {
		text := "exports.main = () => (" + expr + "\n)"
		if _, err := chains.NewProgram([]byte(text), 0); err != nil {
			return
		}
		out, err := e.Turn(t.Context(), message(t, "", text))
		var failure *runtime.Failure
		if err != nil && !errors.As(err, &failure) {
			t.Fatal(err)
		}
		if err != nil || out.Result == nil {
			return
		}
		if !json.Valid(out.Result) || !utf8.Valid(out.Result) {
			t.Fatalf("the result is no JSON: %q", out.Result)
		}
		again, err := e.Turn(t.Context(), message(t, string(out.Result), `exports.main = ({ input }) => input`))
		if err != nil || !bytes.Equal(again.Result, out.Result) {
			t.Fatalf("%s came back as %s, %v", out.Result, again.Result, err)
		}
	})
}

// FuzzInput wants any JSON to come in and go out with its meaning, or not at
// all.
func FuzzInput(f *testing.F) {
	for _, text := range []string{`1`, `-0`, `-0.0e5`, `1e999`, `"\ud800"`, `"\ud83d\ude00"`, `{"__proto__":{"a":1}}`, `{"a":1,"a":2}`, `[1,[2,[3]]]`, `12345678901234567890`, ` {"":""} `} {
		f.Add(text)
	}
	e := fuzzEngine(f)
	f.Fuzz(func(t *testing.T, text string) {
		if !json.Valid([]byte(text)) || !utf8.ValidString(text) {
			return
		}
		out, err := e.Turn(t.Context(), message(t, text, `exports.main = ({ input }) => input`))
		var failure *runtime.Failure
		if err != nil && !errors.As(err, &failure) {
			t.Fatal(err)
		}
		if err != nil {
			return
		}
		var want, got any
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatalf("%s was taken, and is %v", text, err)
		}
		if err := json.Unmarshal(out.Result, &got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s became %s", text, out.Result)
		}
	})
}
