package api

import (
	"encoding/base64"
	"errors"
	"strings"

	"qvat/chains"
)

// decodeInvoke reads the JSON form of a message: an object of "chain", and if
// wanted "programs" and "input", each at most once and nothing else. It gives
// the capsule that says the same, with all that package chains asks of one;
// the input is kept byte for byte, so both forms have the same id. Offsets in
// what it refuses are bytes of the JSON.
func decodeInvoke(b []byte, lim chains.Limits) (chains.Capsule, error) {
	d := invokeDecoder{scanner: scanner{b: b}, limits: lim, seen: map[string]bool{}}
	if err := d.members(d.member); err != nil {
		return chains.Capsule{}, err
	}
	if err := d.end(); err != nil {
		return chains.Capsule{}, err
	}
	if !d.seen["chain"] {
		return chains.Capsule{}, malformed(len(b), "the JSON has no chain")
	}
	encoded, err := d.capsule.Encode()
	if err != nil {
		return chains.Capsule{}, d.place(err)
	}
	if len(encoded) > lim.Capsule {
		return chains.Capsule{}, tooLarge(chains.CapsuleBytes, int64(lim.Capsule))
	}
	return d.capsule, nil
}

type invokeDecoder struct {
	scanner
	limits   chains.Limits
	seen     map[string]bool
	capsule  chains.Capsule
	programs int // where they begin
	input    int
}

func (d *invokeDecoder) member(name string, at int) error {
	if d.seen[name] {
		return malformed(at, "%q is there twice", name)
	}
	d.seen[name] = true
	d.peek()
	switch name {
	case "chain":
		return d.chain()
	case "programs":
		d.programs = d.at
		return d.elements(d.program)
	case "input":
		d.input = d.at
		return d.readInput()
	}
	return malformed(at, "a message has chain, programs and input, and no %.40q", name)
}

func (d *invokeDecoder) chain() error {
	at := d.at
	text, err := d.text()
	if err != nil {
		return err
	}
	// The decoder of the standard library skips line ends, also when strict.
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return malformed(at, "the chain is not standard base64 with padding")
	}
	if d.capsule.Chain, err = chains.DecodeChain(raw); err != nil {
		return within(err, at, "the chain: ")
	}
	return nil
}

func (d *invokeDecoder) program() error {
	d.peek()
	at := d.at
	if len(d.capsule.Programs) == chains.MaxBodies {
		return malformed(at, "a message has at most %d programs", chains.MaxBodies)
	}
	text, err := d.text()
	if err != nil {
		return err
	}
	p, err := chains.NewProgram([]byte(text), d.limits.Program)
	if err != nil {
		return within(err, at, "")
	}
	d.capsule.Programs = append(d.capsule.Programs, p)
	return nil
}

func (d *invokeDecoder) readInput() error {
	raw, err := d.raw()
	if err != nil {
		return err
	}
	if len(raw) > d.limits.Input {
		return tooLarge(chains.InputBytes, int64(d.limits.Input))
	}
	d.capsule.Input = raw
	return nil
}

// place puts an error of the capsule as a whole where it belongs in the JSON:
// one that points at a byte is about the input, any other about the programs.
func (d *invokeDecoder) place(err error) error {
	var bad *chains.MalformedError
	if errors.As(err, &bad) && bad.Offset >= 0 {
		return malformed(d.input+bad.Offset, "%s", bad.What)
	}
	return within(err, d.programs, "")
}

// within puts an error about a part's own bytes where the part begins.
func within(err error, at int, part string) error {
	var bad *chains.MalformedError
	if !errors.As(err, &bad) {
		return err
	}
	if bad.Offset >= 0 && part != "" {
		return malformed(at, "%s%s (byte %d of it)", part, bad.What, bad.Offset)
	}
	return malformed(at, "%s", bad.What)
}

// decodeMissing reads {"hashes": [hex...]}, of at most most hashes.
func decodeMissing(b []byte, most int) ([]chains.Hash, error) {
	s := &scanner{b: b}
	var hashes []chains.Hash
	seen := false
	one := func() error {
		s.peek()
		at := s.at
		text, err := s.text()
		if err != nil {
			return err
		}
		if len(hashes) == most {
			return tooLarge(MissingHashes, int64(most))
		}
		h, err := chains.ParseHash(text)
		if err != nil {
			return within(err, at, "")
		}
		hashes = append(hashes, h)
		return nil
	}
	err := s.members(func(name string, at int) error {
		if name != "hashes" || seen {
			return malformed(at, "the question has hashes, once, and nothing else")
		}
		seen = true
		return s.elements(one)
	})
	if err != nil {
		return nil, err
	}
	if !seen {
		return nil, malformed(len(b), "the question has no hashes")
	}
	return hashes, s.end()
}
