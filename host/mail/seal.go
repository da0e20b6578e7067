package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"slices"
	"unicode/utf8"

	"qvat/host/caps"
)

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

// seal signs a message of an agent's.
func seal(a *caps.Agent, to caps.ID, id caps.Number, content []byte) Sealed {
	m := Sealed{From: a.Handle, To: to, ID: id, Body: content}
	copy(m.Signature[:], a.Sign(m.Statement()))
	return m
}

// messageID gives the id of a new message: eight bytes of the time, so that ids
// grow, and 24 that nobody can guess.
func (x *txn) messageID() (caps.Number, error) {
	n, err := x.Random()
	binary.BigEndian.PutUint64(n[:], uint64(x.Time().UnixNano()))
	return n, err
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
	Auto    uint8        `json:"auto,omitempty"` // see Cause.Depth
}

// edgeValue is the one edge of an answer to a request.
const edgeValue = "value"

// What a receipt can tell of a message, in What.
const (
	receiptAdopted   = "adopted"
	receiptDismissed = "dismissed"
)

// lastDate is the end of the year 9999, after which dates cannot be written.
const lastDate = 253402300799999

// encode checks a body that this vat makes, and writes it.
func (p *Post) encode(b Body) ([]byte, error) {
	if err := p.checkBody(b); err != nil {
		return nil, err
	}
	text, err := caps.EncodeJSON(b)
	if err == nil && len(text) > p.limits.MessageBytes {
		err = caps.Refuse(caps.Full, "the message has %d bytes; it may have %d", len(text), p.limits.MessageBytes).
			WithHint("store what is large as a value, and attach that")
	}
	return text, err
}

// Read reads a body strictly: what encode writes, within all limits,
// and nothing else. It fails with code BadSeal: who signs what is malformed
// does not keep to the protocol.
func (p *Post) Read(text []byte) (b Body, err error) {
	if len(text) > p.limits.MessageBytes {
		return b, caps.Refuse(caps.BadSeal, "a message's body has %d bytes at most", p.limits.MessageBytes)
	}
	if tooDeep(text, bodyDepth) {
		return b, caps.Refuse(caps.BadSeal, "the message's body is nested too deeply")
	}
	if err := json.Unmarshal(text, &b); err != nil {
		return Body{}, caps.Refuse(caps.BadSeal, "the message's body is not what a body is: %.200v", err)
	}
	again, err := caps.EncodeJSON(b)
	if err != nil || !bytes.Equal(again, text) {
		return Body{}, caps.Refuse(caps.BadSeal, "the message's body is not in its one form")
	}
	if err := p.checkBody(b); err != nil {
		e := *err.(*caps.Error)
		e.Code = caps.BadSeal
		return Body{}, &e
	}
	return b, nil
}

// bodyDepth is how deep a body is nested: an object of arrays.
const bodyDepth = 2

// checkBody checks what holds of every body. It returns an *Error.
func (p *Post) checkBody(b Body) error {
	switch {
	case b.Date < 0 || b.Date > lastDate:
		return caps.Refuse(caps.Wrong, "the date is out of range")
	case len(b.Edges) > p.limits.Edges:
		return caps.Refuse(caps.Full, "%d attachments; a message may have %d", len(b.Edges), p.limits.Edges)
	case len(b.IDs) != len(b.Edges) || len(b.Types) != len(b.Edges):
		return caps.Refuse(caps.Wrong, "a message has an identifier and a type for each of its edges")
	}
	for i, edge := range b.Edges {
		if err := caps.CheckName(edge); err != nil {
			return err
		}
		if slices.Contains(b.Edges[:i], edge) {
			return caps.Refuse(caps.BadName, "the edge %s is there twice", edge)
		}
		if kind, known := p.caps.Kind(b.Types[i]); !known || kind.Stays {
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
func (b Body) checkKind() error {
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
		granted := slices.Equal(b.Edges, []string{edgeValue}) && b.Why == ""
		ok = answers && len(b.Strings) == 0 && b.What == "" && (granted || len(b.Edges) == 0)
	case KindReceipt:
		ok = bare && answers && b.Why == "" &&
			slices.Contains([]string{receiptAdopted, receiptDismissed}, b.What)
	}
	if !ok {
		return caps.Refuse(caps.Wrong, "a message of kind %.20q is not made like this", b.Kind).
			WithHint("a text has one string more than it has edges; a request says what it asks for")
	}
	return nil
}

// tooDeep tells whether JSON is nested deeper than most.
func tooDeep(text []byte, most int) bool {
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

// checkJSON checks that a value is one JSON text.
func checkJSON(text []byte) error {
	switch {
	case !utf8.Valid(text):
		return caps.Refuse(caps.Wrong, "the value is not valid UTF-8")
	case tooDeep(text, valueDepth):
		return caps.Refuse(caps.Wrong, "the value is nested deeper than %d", valueDepth)
	case !json.Valid(text):
		return caps.Refuse(caps.Wrong, "the value is not one JSON text")
	}
	return nil
}
