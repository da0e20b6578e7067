package api

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"qvat/chains"
	"qvat/chains/chaintest"
	"qvat/host/fault"
)

var defaultLimits = chains.Limits{
	Capsule: chains.DefaultCapsule, Program: chains.DefaultProgram, Input: chains.DefaultInput,
}

// chainText is a chain of one unsigned link, to put into JSON.
func chainText() string {
	return base64.StdEncoding.EncodeToString(chaintest.Parse("root:").Chain.Encode())
}

func TestDecodeInvokeMalformed(t *testing.T) {
	chain := chainText()
	text := chaintest.Text("root")
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	withChain := `{"chain":"` + chain + `"`
	n := len(withChain)
	for _, c := range []struct {
		body   string
		offset int
		what   string
	}{
		{``, 0, "ends"},
		{`null`, 0, `"{"`},
		{"\ufeff{}", 0, `"{"`},
		{`{}`, 2, "no chain"},
		{`{"input":1}`, 11, "no chain"},
		{withChain, n, "ends"},
		{withChain + `}x`, n + 1, "after the end"},
		{withChain + `} {}`, n + 2, "after the end"},
		{withChain + `,}`, n + 1, "string"},
		{withChain + `,"chain":"` + chain + `"}`, n + 1, "twice"},
		{withChain + `,"input":1,"input":1}`, n + 11, "twice"},
		{withChain + `,"\u0069nput":1,"input":1}`, n + 16, "twice"},
		{withChain + `,"Input":1}`, n + 1, `no "Input"`},
		{withChain + `,"extra":1}`, n + 1, `no "extra"`},
		{`{"chain":1}`, 9, "string"},
		{`{"chain":"***"}`, 9, "base64"},
		{`{"chain":"` + chain[:8] + `\n` + chain[8:] + `"}`, 9, "base64"},
		{`{"chain":"` + strings.TrimRight(chain, "=") + `"}`, 9, "base64"},
		{`{"chain":"` + base64.RawURLEncoding.EncodeToString([]byte{0xff, 0xfe}) + `"}`, 9, "base64"},
		{`{"chain":"cXZjMUE="}`, 9, "byte 4 of it"},
		{withChain + `,"programs":{}}`, n + 12, `"["`},
		{withChain + `,"programs":[1]}`, n + 13, "string"},
		{withChain + `,"programs":["a\ud800b"]}`, n + 15, "surrogate"},
		{withChain + `,"programs":["a\udc00\ud800b"]}`, n + 15, "surrogate"},
		{withChain + `,"programs":["a\u0000"]}`, n + 13, "NUL"},
		{withChain + `,"programs":["nobody names me"]}`, n + 12, "named by no link"},
		{withChain + `,"programs":[` + string(quoted) + `,` + string(quoted) + `]}`, n + 12, "twice"},
		{withChain + ",\"programs\":[\"a\xff\"]}", n + 15, "UTF-8"},
		{withChain + `,"input":}`, n + 9, "value"},
		{withChain + `,"input":tru}`, n + 12, "true"},
		{withChain + `,"input":01}`, n + 10, `"1" stands where "}"`},
		{withChain + `,"input":-}`, n + 10, "digit"},
		{withChain + `,"input":1.}`, n + 11, "digit"},
		{withChain + `,"input":1e+}`, n + 12, "digit"},
		{withChain + `,"input":NaN}`, n + 9, "value"},
		{withChain + `,"input":'a'}`, n + 9, "value"},
		{withChain + `,"input":"\x"}`, n + 10, "escape"},
		{withChain + `,"input":"\u12"}`, n + 10, "escape"},
		{withChain + ",\"input\":\"a\nb\"}", n + 11, "control"},
		{withChain + ",\"input\":[1,\x0b2]}", n + 12, "value"},
		{withChain + ",\"input\":\"\xc3\x28\"}", n + 10, "UTF-8"},
		{withChain + ",\"input\":\"\xed\xa0\x80\"}", n + 10, "UTF-8"},
		{withChain + `,"input":[1}`, n + 11, `"]"`},
		{withChain + `,"input":{"a":1]}`, n + 15, `"}"`},
		{withChain + `,"input":{a:1}}`, n + 10, "string"},
		{withChain + `,"input":{"a" 1}}`, n + 14, `":"`},
		{withChain + `,"input":{"a":1,}}`, n + 16, "string"},
		{withChain + `,"input":"`, n + 10, "inside a string"},
	} {
		_, err := decodeInvoke([]byte(c.body), defaultLimits)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != fault.Malformed || f.Offset == nil {
			t.Errorf("%s: %v", c.body, err)
			continue
		}
		if *f.Offset != c.offset || !strings.Contains(f.Message, c.what) {
			t.Errorf("%s\n got %q\nwant %q at byte %d", c.body, f.Message, c.what, c.offset)
		}
		if !utf8.ValidString(f.Message) || len(f.Message) > 300 {
			t.Errorf("%s: message %q", c.body, f.Message)
		}
	}
}

func TestDecodeInvokeKeepsTheInput(t *testing.T) {
	for _, input := range []string{
		`1`, `-0.0e-1`, `"\ud800"`, `{"a":1,"a":2}`, "[ 1 ,\n2\t]", `"` + "\u2028 £ \U0001f600" + `"`, `{"":{}}`, `[]`, `[[],{}]`,
	} {
		body := "\n{ \"input\" : " + input + " , \"chain\":\"" + chainText() + "\" }\r\n"
		c, err := decodeInvoke([]byte(body), defaultLimits)
		if err != nil {
			t.Errorf("%s: %v", input, err)
			continue
		}
		if string(c.Input) != input {
			t.Errorf("%s came as %s", input, c.Input)
		}
	}
}

// A capsule written as JSON, however its strings are escaped, decodes to the
// same capsule and id.
func TestFormsAgree(t *testing.T) {
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.ReplaceAll(strings.ToValidUTF8(rapid.String().Draw(t, "text"), "?"), "\x00", "")
	})
	rapid.Check(t, func(t *rapid.T) {
		input := ""
		if rapid.Bool().Draw(t, "has input") {
			b, err := json.Marshal(rapid.MapOf(rapid.String(), rapid.SliceOf(rapid.Float64())).Draw(t, "input"))
			if err != nil {
				t.Skip("no JSON")
			}
			input = string(b)
		}
		texts := map[string]string{"a": text.Draw(t, "a"), "b": text.Draw(t, "b")}
		c := chaintest.ParseTexts("a -> b", texts).Capsule(input)
		var form string
		if rapid.Bool().Draw(t, "escape all") {
			form = escapedForm(c)
		} else {
			form = string(jsonForm(t, c))
		}
		got, err := decodeInvoke([]byte(form), defaultLimits)
		if err != nil {
			t.Fatalf("%s: %v", form, err)
		}
		want := encoded(t, c)
		if b := encoded(t, got); !bytes.Equal(b, want) || got.ID() != c.ID() {
			t.Fatalf("%s: %x, want %x", form, b, want)
		}
	})
}

// escapedForm escapes every UTF-16 unit of the programs.
func escapedForm(c chains.Capsule) string {
	var programs []string
	for _, p := range c.Programs {
		var b strings.Builder
		for _, u := range utf16Of(p.Text()) {
			fmt.Fprintf(&b, `\u%04X`, u)
		}
		programs = append(programs, `"`+b.String()+`"`)
	}
	out := `{"programs":[` + strings.Join(programs, ",") + `],"chain":"` + base64.StdEncoding.EncodeToString(c.Chain.Encode()) + `"`
	if len(c.Input) > 0 {
		out += `,"input":` + string(c.Input)
	}
	return out + "}"
}

// FuzzInvokeJSON: whatever the body, decoding does not panic; and what decodes
// is what the capsule form decodes, has the same id, and is what encoding/json
// reads out of the same body.
func FuzzInvokeJSON(f *testing.F) {
	for _, input := range []string{``, `null`, `{"a":[1,2.5e3,"\u00e9\n"]}`} {
		f.Add(jsonForm(f, chaintest.Parse("root -> bob").Capsule(input)))
		f.Add([]byte(escapedForm(chaintest.Parse("root").Capsule(input))))
	}
	f.Add([]byte(`{"chain":"` + chainText() + `","input":[[[[[]]]]],"programs":[]}`))
	f.Add([]byte(`{"chain":"cXZjMQ==","chain":""}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		limits := chains.Limits{Capsule: 1 << 16, Program: 1 << 12, Input: 1 << 12}
		c, err := decodeInvoke(body, limits)
		if err != nil {
			checkRefusal(t, body, err)
			return
		}
		again, err := chains.DecodeCapsule(encoded(t, c), limits)
		if err != nil {
			t.Fatalf("decoded, but not as a capsule: %v", err)
		}
		if again.ID() != c.ID() || !bytes.Equal(encoded(t, again), encoded(t, c)) {
			t.Fatal("the two forms are two messages")
		}
		checkAgainstStandard(t, body, c)
	})
}

func checkRefusal(t *testing.T, body []byte, err error) {
	t.Helper()
	f := faultOf(err)
	switch f.Code {
	case fault.TooLarge:
		if f.Limit == "" {
			t.Fatalf("a limit without a name: %v", err)
		}
	case fault.Malformed:
		if f.Offset == nil || *f.Offset < 0 || *f.Offset > len(body) || !utf8.ValidString(f.Message) {
			t.Fatalf("%v, of %d bytes", err, len(body))
		}
	default:
		t.Fatalf("refused as %v", err)
	}
}

// checkAgainstStandard compares with the standard library's reading.
func checkAgainstStandard(t *testing.T, body []byte, c chains.Capsule) {
	t.Helper()
	var m struct {
		Chain    []byte          `json:"chain"`
		Programs []string        `json:"programs"`
		Input    json.RawMessage `json:"input"`
	}
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatalf("decoded what is no JSON: %v", err)
	}
	if !bytes.Equal(m.Chain, c.Chain.Encode()) || !bytes.Equal(m.Input, c.Input) || len(m.Programs) != len(c.Programs) {
		t.Fatalf("decoded otherwise than encoding/json: %s", body)
	}
	for i, p := range c.Programs {
		if p.Text() != m.Programs[i] {
			t.Fatalf("program %d is %q, and %q to encoding/json", i, p.Text(), m.Programs[i])
		}
	}
}

// FuzzScan: the scanner takes exactly what encoding/json takes, with UTF-8 and
// depth on top.
func FuzzScan(f *testing.F) {
	for _, s := range []string{`{"a":[1,-2.5E+7,"\u00e9",true,false,null,{}]}`, `[`, `"\`, "\"\xff\"", ` 1 `, `[1,]`, `{"a":1,}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &scanner{b: b}
		raw, err := s.raw()
		if err == nil {
			err = s.end()
		}
		valid := json.Valid(b) && utf8.Valid(b)
		if err == nil && !valid {
			t.Fatalf("took %q", b)
		}
		if err != nil && valid && bytes.Count(b, []byte("["))+bytes.Count(b, []byte("{")) <= chains.MaxInputDepth {
			t.Fatalf("refused %q: %v", b, err)
		}
		if err == nil && !bytes.Equal(raw, bytes.Trim(b, " \t\r\n")) {
			t.Fatalf("gave %q of %q", raw, b)
		}
	})
}
