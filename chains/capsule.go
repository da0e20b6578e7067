package chains

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
)

// Capsule is a chain with what it needs to be evaluated: the bodies of programs
// that the receiver may lack, and the message's input. It is the content of a
// .chain file and the body of a request.
type Capsule struct {
	Chain Chain
	// Programs are the bodies, in the order in which they travel. Each is named
	// by a link, or by a require of another body; none is there twice.
	Programs []Program
	// Input is one JSON text in UTF-8, or empty.
	Input []byte
}

// DecodeCapsule reads a capsule, which must be the whole of b; nothing of b is
// kept. What it gives is encoded again to the same bytes.
//
// More bytes than a limit are a [*TooLargeError]; the size of the whole is asked
// first. Anything else that is wrong is a [*MalformedError], a length that goes
// beyond the end being that too, however large it claims to be.
func DecodeCapsule(b []byte, lim Limits) (Capsule, error) {
	lim = lim.orDefaults()
	if len(b) > lim.Capsule {
		return Capsule{}, &TooLargeError{Limit: CapsuleBytes, Max: lim.Capsule}
	}
	r := &reader{b: b}
	if err := r.magic(capsuleMagic, "capsule"); err != nil {
		return Capsule{}, err
	}
	size, err := r.length("the chain's length")
	if err != nil {
		return Capsule{}, err
	}
	var c Capsule
	// The chain's reader ends with the chain and counts from the capsule's start.
	if c.Chain, err = decodeChain(&reader{b: b[:r.at+size], at: r.at}); err != nil {
		return Capsule{}, err
	}
	r.at += size
	if c.Programs, err = decodeBodies(r, c.Chain, lim.Program); err != nil {
		return Capsule{}, err
	}
	if c.Input, err = decodeInput(r, lim.Input); err != nil {
		return Capsule{}, err
	}
	if err := r.end("capsule"); err != nil {
		return Capsule{}, err
	}
	return c, nil
}

func decodeBodies(r *reader, c Chain, maxBytes int) ([]Program, error) {
	head, err := r.take(2, "the count of bodies")
	if err != nil {
		return nil, err
	}
	count := int(binary.BigEndian.Uint16(head))
	if least := count * bodyHead; r.left() < least {
		return nil, malformed(r.at-2, "cut short: %d bodies need at least %d bytes and %d are left", count, least, r.left())
	}
	if count == 0 {
		return nil, nil
	}
	start := r.at
	programs := make([]Program, 0, count)
	for range count {
		size, err := r.length("a body's length")
		if err != nil {
			return nil, err
		}
		at := r.at
		r.at += size
		p, err := NewProgram(r.b[at:r.at], maxBytes)
		if err != nil {
			return nil, shift(err, at)
		}
		programs = append(programs, p)
	}
	if i, why := misplaced(c, programs); i >= 0 {
		for _, p := range programs[:i] {
			start += bodyHead + len(p.text)
		}
		return nil, malformed(start, "body %d %s", i+1, why)
	}
	return programs, nil
}

func decodeInput(r *reader, maxBytes int) ([]byte, error) {
	size, err := r.length("the input's length")
	if err != nil {
		return nil, err
	}
	if size > maxBytes {
		return nil, &TooLargeError{Limit: InputBytes, Max: maxBytes}
	}
	at := r.at
	r.at += size
	if err := checkInput(r.b[at:r.at]); err != nil {
		return nil, shift(err, at)
	}
	return append([]byte(nil), r.b[at:r.at]...), nil
}

// misplaced finds a body that must not be there, and says why: it is there
// twice, or no link and no require of the capsule names it. -1 means none.
//
// It is enough that each body has a name somewhere in the capsule. Hashes being
// what they are, names make no cycle: going from a body to one that names it, and
// on, ends at a link. So bodies that only name one another cannot be written, and
// what is named is what can be reached.
//
// What counts is what the capsule holds. A program that the receiver has, but
// that did not come along, may require a body that did; whoever decodes cannot
// know, and the answer must not depend on what a vat happens to remember. Such a
// module travels with the program that names it, or by an upload of its own.
func misplaced(c Chain, programs []Program) (int, string) {
	named := make(map[Hash]bool, len(programs))
	for i, p := range programs {
		if _, again := named[p.hash]; again {
			return i, "is there twice"
		}
		named[p.hash] = false
	}
	name := func(h Hash) {
		if _, here := named[h]; here {
			named[h] = true
		}
	}
	for _, l := range c.Links {
		name(l.Program)
	}
	for _, p := range programs {
		for _, h := range p.requires {
			name(h)
		}
	}
	for i, p := range programs {
		if !named[p.hash] {
			return i, "is named by no link and no require of the capsule"
		}
	}
	return -1, ""
}

// Validate says whether a capsule that was put together by hand, from a request
// in another form for instance, is one that [DecodeCapsule] would give within the
// limits. It fails as DecodeCapsule does, but without a byte to point at, except
// in the input.
func (c Capsule) Validate(lim Limits) error {
	lim = lim.orDefaults()
	if c.size(c.Programs) > lim.Capsule {
		return &TooLargeError{Limit: CapsuleBytes, Max: lim.Capsule}
	}
	for _, p := range c.Programs {
		if len(p.text) > lim.Program {
			return &TooLargeError{Limit: ProgramBytes, Max: lim.Program}
		}
	}
	if len(c.Input) > lim.Input {
		return &TooLargeError{Limit: InputBytes, Max: lim.Input}
	}
	return c.check()
}

// check is Validate but for the limits, which are the receiver's to set.
func (c Capsule) check() error {
	if err := c.Chain.Validate(); err != nil {
		return err
	}
	if len(c.Programs) > MaxBodies {
		return malformed(-1, "%d bodies: a capsule counts at most %d", len(c.Programs), MaxBodies)
	}
	for i, p := range c.Programs {
		if p.hash == (Hash{}) {
			return malformed(-1, "body %d is no program", i+1)
		}
	}
	if i, why := misplaced(c.Chain, c.Programs); i >= 0 {
		return malformed(-1, "body %d %s", i+1, why)
	}
	if c.size(c.Programs) > math.MaxInt32 { // so that each length fits into a u32
		return malformed(-1, "the capsule is larger than any vat takes")
	}
	return checkInput(c.Input)
}

// Encode gives the capsule's bytes. A capsule that [DecodeCapsule] would refuse
// whatever its limits is a [*MalformedError]: a chain that is not valid, bodies
// out of place or not made by [NewProgram], an input that is not JSON. Sizes are
// the receiver's to judge; up to 2 GiB they are not checked here.
func (c Capsule) Encode() ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	return c.encode(c.Programs), nil
}

// size gives the length of the encoding with the bodies given.
func (c Capsule) size(programs []Program) int {
	size := len(capsuleMagic) + 4 + c.Chain.size() + 2 + 4 + len(c.Input)
	for _, p := range programs {
		size += bodyHead + len(p.text)
	}
	return size
}

// encode writes the capsule with the bodies given.
func (c Capsule) encode(programs []Program) []byte {
	chain := c.Chain.Encode()
	b := make([]byte, 0, c.size(programs))
	b = append(b, capsuleMagic...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(chain)))
	b = append(b, chain...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(programs)))
	for _, p := range programs {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p.text)))
		b = append(b, p.text...)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(c.Input)))
	return append(b, c.Input...)
}

// ID gives the message's id: the SHA-256 of the capsule with no bodies, so that
// it does not matter which programs had to be sent along. Of a capsule that has
// no encoding, it is an id that no message has.
func (c Capsule) ID() Hash { return sha256.Sum256(c.encode(nil)) }
