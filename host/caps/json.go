package caps

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// EncodeJSON writes JSON without white space, in which only what must be is
// escaped.
func EncodeJSON(v any) ([]byte, error) {
	var buffer bytes.Buffer
	e := json.NewEncoder(&buffer)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), nil
}

// TooDeep tells whether JSON is nested deeper than most.
func TooDeep(text []byte, most int) bool {
	depth, inString := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > most {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// valueDepth is how deep a stored value may be nested.
const valueDepth = 100

// CheckJSON checks that a value is one JSON text. It fails with Wrong.
func CheckJSON(text []byte) error {
	switch {
	case !utf8.Valid(text):
		return Refuse(Wrong, "the value is not valid UTF-8")
	case TooDeep(text, valueDepth):
		return Refuse(Wrong, "the value is nested deeper than %d", valueDepth)
	case !json.Valid(text):
		return Refuse(Wrong, "the value is not one JSON text")
	}
	return nil
}
