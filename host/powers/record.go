package powers

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"qvat/chains"
)

// Subject is what a record is of. With what the invocation was told, and the id and
// the time of [store.Record], it is all that running it again takes, beside the
// programs and the rows that it found.
type Subject struct {
	Chain chains.Chain
	// Input is nil in a replay where the record leaves it out: InputHash is then
	// its SHA-256.
	Input     []byte
	InputHash *[sha256.Size]byte
	// Call is what the host knows of an agent's call, as JSON; nil where it is none.
	Call json.RawMessage
}

// Told says whether the invocation was told anything that a record has to hold.
func (r *Recorder) Told() bool { return r.asked.told() }

// Bytes gives the record, for [store.Record]'s Recorded. An input of more than most
// bytes is left out: its hash is there. It holds the seed of the invocation's
// secrets, so it is not for others to see.
func (r *Recorder) Bytes(of Subject, most int) []byte {
	j, chain := r.asked.json(2), of.Chain.Encode()
	j.Chain, j.Call = len(chain), of.Call
	tail := chain
	if of.InputHash != nil {
		j.InputHash = hex.EncodeToString(of.InputHash[:])
	} else if len(of.Input) > most {
		hash := sha256.Sum256(of.Input)
		j.InputHash = hex.EncodeToString(hash[:])
	} else {
		tail = append(tail, of.Input...)
	}
	return append(append(j.encode(), '\n'), tail...)
}

// recordJSON is the form of a record. Version 1 is this JSON alone, and has only
// what the invocation was told. In version 2 a line feed goes after it, and then the
// encoded chain and the input, as they came: they need no escapes, and are most of it.
type recordJSON struct {
	Version   int             `json:"v"`
	Clock     [][2]int64      `json:"clock,omitempty"` // [ms since the time before, how often it was told]
	Seed      string          `json:"seed,omitempty"`
	Drawn     int64           `json:"drawn,omitempty"`
	HTTP      []toldJSON      `json:"http,omitempty"`
	Chain     int             `json:"chain,omitempty"` // bytes of it
	InputHash string          `json:"inputHash,omitempty"`
	Call      json.RawMessage `json:"call,omitempty"`
}

type toldJSON struct {
	Request string          `json:"request"` // SHA-256
	Answer  json.RawMessage `json:"answer"`
}

func (h *history) told() bool { return len(h.clock) > 0 || h.seed != nil || len(h.http) > 0 }

func (h *history) json(version int) recordJSON {
	j := recordJSON{Version: version, Seed: hex.EncodeToString(h.seed), Drawn: h.drawn}
	last := int64(0)
	for _, c := range h.clock {
		j.Clock = append(j.Clock, [2]int64{c.at - last, c.n})
		last = c.at
	}
	for _, t := range h.http {
		j.HTTP = append(j.HTTP, toldJSON{hex.EncodeToString(t.request[:]), t.answer})
	}
	return j
}

// encode gives JSON in which no line feed stands.
func (j recordJSON) encode() []byte {
	b, err := json.Marshal(j)
	if err != nil {
		panic(err) // answers and calls are JSON that this program made or checked
	}
	return b
}

// errRecord says that a record is not one of this version's.
var errRecord = errors.New("the record of an invocation is not what this version writes")

// Replay gives a recorder that answers from a record, which [Recorder.Bytes] gave,
// and what the record is of: nothing, in one of version 1, which has only answers.
// nil is the record of an invocation which asked for nothing. What the record does
// not have is [ErrDiverged].
func Replay(record []byte) (*Recorder, Subject, error) {
	h, of := &history{}, Subject{}
	if record == nil {
		return &Recorder{from: h}, of, nil
	}
	head, tail, more := bytes.Cut(record, []byte{'\n'})
	d := json.NewDecoder(bytes.NewReader(head))
	d.DisallowUnknownFields()
	var j recordJSON
	err := d.Decode(&j)
	if err == nil {
		err = h.fill(j)
	}
	again := h.json(1).encode()
	switch {
	case err != nil:
	case j.Version == 2 && more:
		if of, err = subjectOf(j, tail); err == nil {
			again = (&Recorder{asked: *h}).Bytes(of, len(of.Input))
		}
	case j.Version != 1 || more || !h.told():
		err = fmt.Errorf("it has version %d", j.Version)
	}
	if err == nil && !bytes.Equal(again, record) {
		err = errors.New("it has another form")
	}
	if err != nil {
		return nil, Subject{}, fmt.Errorf("%w: %w", errRecord, err)
	}
	return &Recorder{from: h}, of, nil
}

// subjectOf reads what a record of version 2 is of; tail is what goes after its JSON.
func subjectOf(j recordJSON, tail []byte) (of Subject, err error) {
	if j.Chain < 0 || j.Chain > len(tail) {
		return of, errors.New("its chain is cut short")
	}
	if of.Chain, err = chains.DecodeChain(tail[:j.Chain]); err != nil {
		return of, err
	}
	of.Input, of.Call = tail[j.Chain:], j.Call
	if j.InputHash == "" {
		return of, nil
	}
	hash, err := hex.DecodeString(j.InputHash)
	if err != nil || len(hash) != sha256.Size || len(of.Input) > 0 {
		return of, errors.New("the hash of its input is not a SHA-256")
	}
	of.Input, of.InputHash = nil, (*[sha256.Size]byte)(hash)
	return of, nil
}

func (h *history) fill(j recordJSON) (err error) {
	last := int64(0)
	for i, c := range j.Clock {
		if c[1] < 1 || i > 0 && c[0] < 1 {
			return errors.New("its clock goes back")
		}
		last += c[0]
		h.clock = append(h.clock, run{last, c[1]})
	}
	if j.Seed != "" {
		if h.seed, err = hex.DecodeString(j.Seed); err != nil || len(h.seed) != 32 {
			return errors.New("its seed is not 64 hex digits")
		}
	}
	h.drawn = j.Drawn
	for _, t := range j.HTTP {
		request, err := hex.DecodeString(t.Request)
		if err != nil || len(request) != sha256.Size {
			return errors.New("a request is not a SHA-256")
		}
		h.http = append(h.http, told{[sha256.Size]byte(request), t.Answer})
	}
	return nil
}
