// Package slotted is data with capabilities in it: JSON in which an object whose one
// key is "@" stands for one, a slot, and in which a key of data that begins with "@"
// has one more "@" before it: no data reads as a slot, wherever it comes from. What
// stands beside "@" depends on where the text is: a number on the way to a program
// and back, a name of the caller's choice in what an agent's Call takes, an
// identifier in what it gives. Everything else is the same in all of them, byte for
// byte.
//
// All errors of its own are [*caps.Error]s with code Wrong.
package slotted

import (
	"bytes"
	"encoding/json"
	"slices"
	"unicode/utf8"

	"qvat/host/caps"
)

// maxDepth is how deep such data may nest: as deep as a program's.
const maxDepth = 128

// Data makes data with slots, of which there are none, of any JSON.
func Data(b []byte) ([]byte, error) { return Map(b, nil) }

// Map replaces what stands for each slot: f gets the JSON beside "@", and gives that
// which is to stand there.
func Map(b []byte, f func(ref []byte) ([]byte, error)) ([]byte, error) {
	w := walker{slot: f}
	return w.walk(b)
}

// Plain makes JSON of data with slots: f gives what stands in each slot's place, and
// keys lose what was put before them.
func Plain(b []byte, f func(ref []byte) ([]byte, error)) ([]byte, error) {
	w := walker{slot: f, plain: true}
	return w.walk(b)
}

func (w *walker) walk(b []byte) ([]byte, error) {
	if !utf8.Valid(b) || !json.Valid(b) {
		return nil, caps.Refuse(caps.Wrong, "the data is not JSON in UTF-8")
	}
	w.b, w.out = b, make([]byte, 0, len(b))
	if err := w.value(); err != nil {
		return nil, err
	}
	return w.out, nil
}

// walker copies a JSON text, which is sound, without its white space.
type walker struct {
	b     []byte
	at    int
	out   []byte
	depth int
	slot  func(ref []byte) ([]byte, error) // nil: the text is data, and is escaped
	plain bool                             // what comes out is data that is not escaped
}

// next gives the next byte that is no white space.
func (w *walker) next() byte {
	for {
		switch c := w.b[w.at]; c {
		case ' ', '\t', '\r', '\n':
			w.at++
		default:
			return c
		}
	}
}

// take copies n bytes.
func (w *walker) take(n int) {
	w.out = append(w.out, w.b[w.at:w.at+n]...)
	w.at += n
}

// scalar copies a string, a number or a word.
func (w *walker) scalar() {
	end := w.at + 1
	if w.b[w.at] == '"' {
		for ; w.b[end] != '"'; end++ {
			if w.b[end] == '\\' {
				end++
			}
		}
		end++
	} else {
		for end < len(w.b) && !bytes.ContainsRune([]byte(",]} \t\r\n"), rune(w.b[end])) {
			end++
		}
	}
	w.take(end - w.at)
}

func (w *walker) value() error {
	c := w.next()
	if c != '{' && c != '[' {
		w.scalar()
		return nil
	}
	if w.depth++; w.depth > maxDepth {
		return caps.Refuse(caps.Wrong, "the data nests more than %d deep", maxDepth)
	}
	defer func() { w.depth-- }()
	w.take(1)
	for first := true; ; first = false {
		switch w.next() {
		case '}', ']':
			w.take(1)
			return nil
		case ',':
			w.take(1)
			w.next()
		}
		if c == '{' {
			done, err := w.key(first)
			if done || err != nil {
				return err
			}
		}
		if err := w.value(); err != nil {
			return err
		}
	}
}

// key copies an object's key and the colon. done tells that it was a slot's, of
// which all is copied.
func (w *walker) key(first bool) (done bool, err error) {
	start := len(w.out)
	w.scalar()
	var name string
	if raw := w.out[start:]; raw[1] == '@' || raw[1] == '\\' {
		if err := json.Unmarshal(raw, &name); err != nil {
			return false, err
		}
	}
	at := len(name) > 0 && name[0] == '@'
	switch {
	case at && w.slot == nil:
		// Into the text as it stands: lone surrogates are lost when it is read.
		w.out = slices.Insert(w.out, start+1, '@')
	case at && name == "@":
		return true, w.reference(first, start)
	case at && name[1] != '@':
		return false, notEscaped(name)
	case at && w.plain:
		length := len(`@`)
		if w.out[start+1] == '\\' {
			length = len(`\u0040`)
		}
		w.out = slices.Delete(w.out, start+1, start+1+length)
	}
	w.next()
	w.take(1) // ':'
	return false, nil
}

func notEscaped(name string) error {
	return caps.Refuse(caps.Wrong, `the data has a key that begins with "@" and is no slot`).
		WithHint(`write "@%s" for the key, or {"@": "NAME"} for the slot`, name)
}

// reference copies what is beside "@", changed, and the object's end.
func (w *walker) reference(first bool, start int) error {
	w.next()
	w.at++ // ':'
	from := len(w.out)
	if c := w.next(); c == '{' || c == '[' || !first {
		return notEscaped("@")
	}
	w.scalar()
	ref := append([]byte(nil), w.out[from:]...)
	if w.next() != '}' {
		return notEscaped("@")
	}
	w.at++
	to, err := w.slot(ref)
	if err != nil {
		return err
	}
	if w.plain {
		w.out = append(w.out[:start-1], to...)
		return nil
	}
	w.out = append(append(append(w.out[:start], `"@":`...), to...), '}')
	return nil
}
