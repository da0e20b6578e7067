package powers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"qvat/runtime"
)

// maxDepth is how deep the arguments of a call may nest: as deep as what the
// guest's encoder gives. What is stored here is parsed by a guest later, whose
// parser is recursive.
const maxDepth = 128

func typeError(format string, args ...any) error {
	return &runtime.Refusal{Name: "TypeError", Message: fmt.Sprintf(format, args...)}
}

func rangeError(format string, args ...any) error {
	return &runtime.Refusal{Name: "RangeError", Message: fmt.Sprintf(format, args...)}
}

func refusal(format string, args ...any) error {
	return &runtime.Refusal{Name: "Error", Message: fmt.Sprintf(format, args...)}
}

func unknownMethod(module, method string) error {
	return typeError("%s has no method %.64q", module, method)
}

// arguments are what a call carries: the JSON texts of its arguments, which are
// slices of the call's own bytes. They are sound JSON (RFC 8259) in UTF-8, nest
// within maxDepth, and hold no half of a surrogate pair.
type arguments struct {
	method string
	raw    [][]byte
	few    [4][]byte
}

// parse takes a call's JSON array apart.
func (a *arguments) parse(method string, b []byte) error {
	a.method = method
	a.raw = a.few[:0]
	if !utf8.Valid(b) || !json.Valid(b) {
		return typeError("the arguments are not JSON")
	}
	b = trim(b)
	if b[0] != '[' {
		return typeError("the arguments are not an array")
	}
	b = trim(b[1 : len(b)-1])
	if len(b) == 0 {
		return nil
	}
	depth, start := 1, 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			end, whole := skipString(b, i)
			if !whole {
				return typeError("the arguments hold a lone surrogate")
			}
			i = end
		case '[', '{':
			if depth++; depth > maxDepth {
				return typeError("the arguments nest more than %d deep", maxDepth)
			}
		case ']', '}':
			depth--
		case ',':
			if depth == 1 {
				a.raw = append(a.raw, trim(b[start:i]))
				start = i + 1
			}
		}
	}
	a.raw = append(a.raw, trim(b[start:]))
	return nil
}

// trim takes JSON's white space off.
func trim(b []byte) []byte {
	space := func(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
	for len(b) > 0 && space(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && space(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// skipString gives the place of the quote that ends the string which begins at
// i, and whether each escaped surrogate in it has its other half.
func skipString(b []byte, i int) (end int, whole bool) {
	whole = true
	for i++; b[i] != '"'; i++ {
		if b[i] != '\\' {
			continue
		}
		i++
		if b[i] != 'u' {
			continue
		}
		switch unit := escaped(b[i+1:]); {
		case unit>>10 == 0xd800>>10 && b[i+5] == '\\' && b[i+6] == 'u' && escaped(b[i+7:])>>10 == 0xdc00>>10:
			i += 6
		case unit>>11 == 0xd800>>11:
			whole = false
		}
		i += 4
	}
	return i, whole
}

// escaped reads four hex digits, which are there.
func escaped(b []byte) uint64 {
	n, err := strconv.ParseUint(string(b[:4]), 16, 64)
	if err != nil {
		return 0 // not in valid JSON
	}
	return n
}

// count refuses a call with another number of arguments.
func (a *arguments) count(least, most int) error {
	if len(a.raw) >= least && len(a.raw) <= most {
		return nil
	}
	if least == most {
		return typeError("%s takes %d arguments, not %d", a.method, least, len(a.raw))
	}
	return typeError("%s takes %d to %d arguments, not %d", a.method, least, most, len(a.raw))
}

// text reads argument i as a string; what is what it is called.
func (a *arguments) text(i int, what string) (string, error) {
	s, ok := text(a.raw[i])
	if !ok {
		return "", typeError("%s: %s is not a string", a.method, what)
	}
	return s, nil
}

// integer reads argument i as a whole number between least and most.
func (a *arguments) integer(i int, what string, least, most int) (int, error) {
	return integer(a.raw[i], a.method+": "+what, least, most)
}

func integer(raw []byte, what string, least, most int) (int, error) {
	if c := raw[0]; c != '-' && (c < '0' || c > '9') {
		return 0, typeError("%s is not a number", what)
	}
	n, err := strconv.Atoi(string(raw))
	if err != nil || n < least || n > most {
		return 0, rangeError("%s is not a whole number from %d to %d", what, least, most)
	}
	return n, nil
}

// object reads argument i as an object whose properties are among names. Of
// several that are not, the error names the first in the order of their bytes.
func (a *arguments) object(i int, what string, names ...string) (map[string]json.RawMessage, error) {
	if a.raw[i][0] != '{' {
		return nil, typeError("%s: %s is not an object", a.method, what)
	}
	var o map[string]json.RawMessage
	if err := json.Unmarshal(a.raw[i], &o); err != nil {
		return nil, typeError("%s: %s is not an object", a.method, what)
	}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if !slices.Contains(names, name) {
			return nil, typeError("%s: %s has the property %.64q, which is not one of %q", a.method, what, name, names)
		}
	}
	return o, nil
}

// field is a property of an object that is a string, and where it goes.
type field struct {
	name string
	into *string
}

// readFields reads the fields that an object has, in their order; whose is what each is
// called by.
func readFields(o map[string]json.RawMessage, whose string, fields ...field) error {
	for _, f := range fields {
		raw, ok := o[f.name]
		if !ok {
			continue
		}
		if *f.into, ok = text(raw); !ok {
			return typeError("%s%s is not a string", whose, f.name)
		}
	}
	return nil
}

// text reads a JSON text, sound as that of arguments is, as a string.
func text(raw []byte) (string, bool) {
	if raw[0] != '"' {
		return "", false
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1]), true
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", false
	}
	return s, true
}

// appendText writes a string as JSON.
func appendText(dst []byte, s string) ([]byte, error) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			b, err := json.Marshal(s)
			return append(dst, b...), err
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"'), nil
}

// answer gives a reply that is v as JSON.
func answer(v any) (runtime.Reply, error) {
	b, err := json.Marshal(v)
	return runtime.Reply{JSON: b}, err
}
