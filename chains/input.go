package chains

import (
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// checkInput checks a message's input: nothing at all, or one JSON text (RFC
// 8259) in valid UTF-8, without a byte order mark, nested at most [MaxInputDepth]
// deep.
func checkInput(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	if !utf8.Valid(b) {
		return malformed(firstInvalid(b), "the input is not valid UTF-8")
	}
	if i := tooDeep(b); i >= 0 {
		return malformed(i, "the input is nested more than %d deep", MaxInputDepth)
	}
	if json.Valid(b) {
		return nil
	}
	// Valid does not say where, so ask again in the way that does.
	var unused json.RawMessage
	var syntax *json.SyntaxError
	if err := json.Unmarshal(b, &unused); errors.As(err, &syntax) && syntax.Offset > 0 {
		return malformed(int(syntax.Offset)-1, "the input is not JSON: %s", syntax.Error())
	}
	return malformed(0, "the input is not JSON")
}

// tooDeep gives the place of the bracket that opens one level too many, or -1.
// Of text that is not JSON it may give either; that is refused anyway.
func tooDeep(b []byte) int {
	depth, quoted := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			if depth++; depth > MaxInputDepth {
				return i
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return -1
}
