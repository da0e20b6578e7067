package runtime

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzPlainText holds it against encoding/json: whatever it reads, that reads in
// the same way.
func FuzzPlainText(f *testing.F) {
	for _, s := range []string{
		`""`, `"a"`, `"\""`, `"\\"`, `"\"`, `"\\\"`, `"\/\b\f\n\r\t"`, `"\u0041"`, `"\x"`, `"\`, `"`, ``, `"é\n€"`, "\"\xff\"", "\"\x01\"", `"a"b"`, ` "a"`, `"a" `, `7`, `{"a":"b"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		text, ok := plainText(input)
		var want string
		err := json.Unmarshal(input, &want)
		if ok && (err != nil || want != string(text)) {
			t.Fatalf("%q is %q, and %q, %v for encoding/json", input, text, want, err)
		}
		trimmed := strings.TrimSpace(string(input)) == string(input)
		if !ok && err == nil && trimmed && utf8.Valid(input) && !strings.Contains(string(input), `\u`) {
			t.Fatalf("%q is not read", input)
		}
	})
}
