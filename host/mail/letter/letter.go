// Package letter is what agents mail each other, as it travels: a body in one form,
// sealed by its sender's key for one recipient; and the text of a letter as people
// write it.
package letter

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"unicode/utf8"

	"qvat/host/caps"
)

// Kind is what a message is.
type Kind string

const (
	KindPackage Kind = "package" // text with attachments
	KindRequest Kind = "request" // asks for a thing
	KindReply   Kind = "reply"   // a package that answers one
	KindValue   Kind = "value"   // the answer to a request: a thing, or a refusal
	KindReceipt Kind = "receipt" // that a message was adopted from or dismissed
)

// Sealed is a message as it travels: the body, byte for byte, and a signature
// by the sender's agent key over recipient, sender, id and the body's hash.
type Sealed struct {
	From, To  caps.ID
	ID        [32]byte
	Body      []byte // JSON
	Signature [ed25519.SignatureSize]byte
}

// sealContext begins what a seal signs, so that a signature made for something
// else is never one, and the other way round.
const sealContext = "qvat mail seal v1\n"

// Statement is what the sender's key signs: recipient, sender, the message's id
// and the hash of its body.
func (m Sealed) Statement() []byte {
	hash := sha256.Sum256(m.Body)
	b := make([]byte, 0, len(sealContext)+6*32)
	b = append(b, sealContext...)
	b = append(b, m.To.Number[:]...)
	b = append(b, m.To.Node[:]...)
	b = append(b, m.From.Number[:]...)
	b = append(b, m.From.Node[:]...)
	b = append(b, m.ID[:]...)
	return append(b, hash[:]...)
}

// Seal signs a message of an agent's.
func Seal(a *caps.Agent, to caps.ID, id caps.Number, content []byte) Sealed {
	m := Sealed{From: a.Handle, To: to, ID: id, Body: content}
	copy(m.Signature[:], a.Sign(m.Statement()))
	return m
}

// Body is what a sealed message says. As it travels it is JSON with the members
// in this order, those that are empty left out, and no white space: re-encoding
// gives the same bytes.
type Body struct {
	Kind    Kind         `json:"kind"`
	Date    int64        `json:"date"` // milliseconds since 1970
	Strings []string     `json:"strings,omitempty"`
	Edges   []string     `json:"edges,omitempty"`
	IDs     []caps.ID    `json:"ids,omitempty"`
	Types   []caps.Type  `json:"types,omitempty"`
	ReplyTo *caps.Number `json:"replyTo,omitempty"`
	What    string       `json:"what,omitempty"`
	Why     string       `json:"why,omitempty"`
	Auto    uint8        `json:"auto,omitempty"` // how many runs stand between it and what somebody did himself
}

// EdgeValue is the one edge of an answer to a request.
const EdgeValue = "value"

// What a receipt can tell of a message, in What.
const (
	Adopted   = "adopted"
	Dismissed = "dismissed"
)

// lastDate is the end of the year 9999, after which dates cannot be written.
const lastDate = 253402300799999

// Form is what bodies may be in a vat.
type Form struct {
	Bytes int // of a body
	Edges int // attachments
	// Kind gives what is known of a type of thing.
	Kind func(caps.Type) (kind caps.Kind, known bool)
}

// Encode checks a body that this vat makes, and writes it. It fails with Full when
// it is too large, and otherwise with what is wrong with it.
func (f Form) Encode(b Body) ([]byte, error) {
	if err := f.check(b); err != nil {
		return nil, err
	}
	text, err := caps.EncodeJSON(b)
	if err == nil && len(text) > f.Bytes {
		err = caps.Refuse(caps.Full, "the message has %d bytes; it may have %d", len(text), f.Bytes).
			WithHint("store what is large as a value, and attach that")
	}
	return text, err
}

// Decode reads a body strictly: what Encode writes, within all limits,
// and nothing else. It fails with code BadSeal: who signs what is malformed
// does not keep to the protocol.
func (f Form) Decode(text []byte) (b Body, err error) {
	if len(text) > f.Bytes {
		return b, caps.Refuse(caps.BadSeal, "a message's body has %d bytes at most", f.Bytes)
	}
	if caps.TooDeep(text, bodyDepth) {
		return b, caps.Refuse(caps.BadSeal, "the message's body is nested too deeply")
	}
	if err := json.Unmarshal(text, &b); err != nil {
		return Body{}, caps.Refuse(caps.BadSeal, "the message's body is not what a body is: %.200v", err)
	}
	again, err := caps.EncodeJSON(b)
	if err != nil || !bytes.Equal(again, text) {
		return Body{}, caps.Refuse(caps.BadSeal, "the message's body is not in its one form")
	}
	if err := f.check(b); err != nil {
		err.Code = caps.BadSeal
		return Body{}, err
	}
	return b, nil
}

// bodyDepth is how deep a body is nested: an object of arrays.
const bodyDepth = 2

// check checks what holds of every body.
func (f Form) check(b Body) *caps.Error {
	switch {
	case b.Date < 0 || b.Date > lastDate:
		return caps.Refuse(caps.Wrong, "the date is out of range")
	case len(b.Edges) > f.Edges:
		return caps.Refuse(caps.Full, "%d attachments; a message may have %d", len(b.Edges), f.Edges)
	case len(b.IDs) != len(b.Edges) || len(b.Types) != len(b.Edges):
		return caps.Refuse(caps.Wrong, "a message has an identifier and a type for each of its edges")
	}
	for i, edge := range b.Edges {
		if err := caps.CheckName(edge); err != nil {
			return err.(*caps.Error)
		}
		if slices.Contains(b.Edges[:i], edge) {
			return caps.Refuse(caps.BadName, "the edge %s is there twice", edge)
		}
		if kind, known := f.Kind(b.Types[i]); !known || kind.Stays {
			return caps.Refuse(caps.Refused, "the edge %s cannot carry a thing of type %.20q", edge, b.Types[i])
		}
	}
	for _, s := range append(slices.Clone(b.Strings), b.What, b.Why) {
		if !utf8.ValidString(s) {
			return caps.Refuse(caps.Wrong, "the text of a message is not valid UTF-8")
		}
	}
	return b.checkKind()
}

// checkKind checks what each kind must have and may not have.
func (b Body) checkKind() *caps.Error {
	text := len(b.Strings) == len(b.Edges)+1 && b.What == "" && b.Why == ""
	bare := len(b.Strings) == 0 && len(b.Edges) == 0
	answers := b.ReplyTo != nil
	ok := false
	switch b.Kind {
	case KindPackage:
		ok = text && !answers
	case KindReply:
		ok = text && answers
	case KindRequest:
		ok = bare && b.What != "" && b.Why == "" && !answers
	case KindValue:
		granted := slices.Equal(b.Edges, []string{EdgeValue}) && b.Why == ""
		ok = answers && len(b.Strings) == 0 && b.What == "" && (granted || len(b.Edges) == 0)
	case KindReceipt:
		ok = bare && answers && b.Why == "" &&
			slices.Contains([]string{Adopted, Dismissed}, b.What)
	}
	if !ok {
		return caps.Refuse(caps.Wrong, "a message of kind %.20q is not made like this", b.Kind).
			WithHint("a text has one string more than it has edges; a request says what it asks for")
	}
	return nil
}
