package powers

import (
	"bytes"
	cryptorand "crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// ErrDiverged says that an invocation which is replayed has asked its powers for
// other things than the record has, so that it is not the same run. It ends the
// invocation.
var ErrDiverged = errors.New("the replayed message asked for what its record does not have")

// Recorder collects what the clock, chance and the network tell one attempt at an
// invocation, in order, so that it can be run again with the same answers. It is
// the one source of chance that an invocation has. The zero value is ready and asks
// the world; the one that [Replay] gives answers from a record.
//
// It is for one attempt. Its methods are called while no program runs.
type Recorder struct {
	now    func() time.Time // nil is time.Now
	from   *history         // what a replay answers from; nil asks the world
	before *history         // an attempt that came to nothing, whose answers serve again
	asked  history

	stream *rand.ChaCha8
	run    int // of from.clock: where the clock is
	ticks  int64
}

// history is what an invocation was told.
type history struct {
	clock []run
	seed  []byte // 32 bytes, from which all chance comes; nil when there was none
	drawn int64  // bytes of chance
	http  []told
}

// run is a time that the clock told n times on end.
type run struct {
	at int64 // ms since 1970
	n  int64
}

// told is the answer to one fetch.
type told struct {
	request [sha256.Size]byte
	answer  []byte // {"answer": …} or {"error": …}
}

// NewRecorder gives a recorder whose clock is now, for vats whose time is not
// the world's.
func NewRecorder(now func() time.Time) *Recorder { return &Recorder{now: now} }

// Again gives the recorder for another attempt at the same invocation, after a
// conflict. Chance is the same again, and a request that was answered and is
// made again in the same place is not sent twice. The clock goes on.
func (r *Recorder) Again() *Recorder {
	known := history{seed: r.asked.seed, http: r.asked.http}
	if r.before != nil {
		// What the attempt before this one was told, and this one did not ask.
		if known.seed == nil {
			known.seed = r.before.seed
		}
		if n := len(known.http); n < len(r.before.http) {
			known.http = append(append([]told{}, known.http...), r.before.http[n:]...)
		}
	}
	return &Recorder{now: r.now, from: r.from, before: &known}
}

// Finish tells at the end of a replay whether all that is recorded was asked
// for; if not, the error is [ErrDiverged]. Of a recorder that asks the world it
// is nil.
func (r *Recorder) Finish() error {
	if r.from == nil || bytes.Equal(r.asked.json(2).encode(), r.from.json(2).encode()) {
		return nil
	}
	return fmt.Errorf("%w: it ended before it had asked for all of it", ErrDiverged)
}

// tick gives the time in ms since 1970, no earlier than floor or than before.
func (r *Recorder) tick(floor int64) (int64, error) {
	at, err := r.time(floor)
	if err != nil {
		return 0, err
	}
	if last := len(r.asked.clock) - 1; last >= 0 && r.asked.clock[last].at == at {
		r.asked.clock[last].n++
	} else {
		r.asked.clock = append(r.asked.clock, run{at, 1})
	}
	return at, nil
}

func (r *Recorder) time(floor int64) (int64, error) {
	if r.from != nil {
		if r.run < len(r.from.clock) && r.ticks == r.from.clock[r.run].n {
			r.run, r.ticks = r.run+1, 0
		}
		if r.run == len(r.from.clock) {
			return 0, fmt.Errorf("%w: the time", ErrDiverged)
		}
		r.ticks++
		return r.from.clock[r.run].at, nil
	}
	now := time.Now
	if r.now != nil {
		now = r.now
	}
	at := max(now().UnixMilli(), floor)
	if n := len(r.asked.clock); n > 0 {
		at = max(at, r.asked.clock[n-1].at)
	}
	return at, nil
}

// seed gives the secret from which all chance of the invocation comes.
func (r *Recorder) seed() ([]byte, error) {
	switch {
	case r.asked.seed != nil:
	case r.from != nil && r.from.seed == nil:
		return nil, fmt.Errorf("%w: chance", ErrDiverged)
	case r.from != nil:
		r.asked.seed = r.from.seed
	case r.before != nil && r.before.seed != nil:
		r.asked.seed = r.before.seed
	default:
		r.asked.seed = make([]byte, 32)
		cryptorand.Read(r.asked.seed) //nolint:errcheck // it never fails
	}
	return r.asked.seed, nil
}

// draw fills b by chance: the stream of ChaCha8 (C2SP chacha8rand) under a key
// that comes of the seed.
func (r *Recorder) draw(b []byte) error {
	seed, err := r.seed()
	if err != nil {
		return err
	}
	if r.from != nil && r.asked.drawn+int64(len(b)) > r.from.drawn {
		return fmt.Errorf("%w: chance", ErrDiverged)
	}
	if r.stream == nil {
		r.stream = rand.NewChaCha8(derive(seed, "qvat:random"))
	}
	r.asked.drawn += int64(len(b))
	_, err = r.stream.Read(b)
	return err
}

// Chance gives what draws 32 bytes that nobody can guess, for whoever takes part
// in the invocation under that name, which must be its own: the same each time in
// another attempt or a replay. An invocation that draws nothing has no record of
// it. Drawing fails with [ErrDiverged] where the record that is replayed has none.
func (r *Recorder) Chance(name string) func() ([32]byte, error) {
	n := uint64(0)
	return func() ([32]byte, error) {
		seed, err := r.seed()
		if err != nil {
			return [32]byte{}, err
		}
		n++
		return derive(seed, name, string(binary.BigEndian.AppendUint64(nil, n))), nil
	}
}

// requestID gives the id of the invocation's request number n of its kind: one
// that nobody can guess, and that is the same in another attempt or a replay.
func (r *Recorder) requestID(kind string, n int, request [sha256.Size]byte) (string, error) {
	seed, err := r.seed()
	if err != nil {
		return "", err
	}
	id := derive(seed, kind, string(binary.BigEndian.AppendUint64(nil, uint64(n))), string(request[:]))
	return hex.EncodeToString(id[:16]), nil
}

// derive makes a secret of another, for what parts name. Each part's length goes
// before it, so that no two lists of parts are the same bytes.
func derive(seed []byte, parts ...string) [sha256.Size]byte {
	b := append([]byte{}, seed...)
	for _, p := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	return sha256.Sum256(b)
}

// kept gives the answer that fetch number n is known to have, nil when it has to
// be sent.
func (r *Recorder) kept(n int, request [sha256.Size]byte) ([]byte, error) {
	if r.from != nil {
		if n >= len(r.from.http) || r.from.http[n].request != request {
			return nil, fmt.Errorf("%w: request %d", ErrDiverged, n+1)
		}
		return r.from.http[n].answer, nil
	}
	if r.before != nil && n < len(r.before.http) && r.before.http[n].request == request {
		return r.before.http[n].answer, nil
	}
	return nil, nil
}

// settle notes the answer that the program has been given for its next fetch.
func (r *Recorder) settle(request [sha256.Size]byte, answer []byte) {
	r.asked.http = append(r.asked.http, told{request, answer})
}
