package runtime

import "unicode/utf8"

// escaped are the letters that stand for others after a backslash (RFC 8259,
// section 7), but for u.
var escaped = ['t' + 1]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// plainText gives the text that a JSON string stands for. It leaves alone what
// Go would read in another way than JavaScript does: half a surrogate pair, and
// what is not UTF-8. (encoding/json takes several times as long, since it looks
// at the text four times over.)
func plainText(input []byte) ([]byte, bool) {
	n := len(input)
	if n < 2 || input[0] != '"' || input[n-1] != '"' {
		return nil, false
	}
	input = input[1 : n-1]
	text := make([]byte, 0, len(input))
	done := 0
	for i := 0; i < len(input); i++ {
		switch c := input[i]; {
		case c == '\\':
			text = append(text, input[done:i]...)
			if i++; i == len(input) || input[i] > 't' || escaped[input[i]] == 0 {
				return nil, false
			}
			text = append(text, escaped[input[i]])
			done = i + 1
		case c == '"' || c < ' ':
			return nil, false
		}
	}
	text = append(text, input[done:]...)
	return text, utf8.Valid(text)
}
