package chains

import "crypto/ed25519"

// Chain is a chain as it travels: links in order, the first being the one that
// the vat's root key must sign. Its signatures have not been verified; that is
// what a [Verifier] is for.
type Chain struct{ Links []Link }

// Link names one program and carries the signatures for it.
type Link struct {
	Program    Hash
	Signatures []Signature
}

// DecodeChain reads a chain, which must be the whole of b; nothing of b is kept.
// What it gives is encoded again to the same bytes. Anything but an encoding is
// a [*MalformedError].
func DecodeChain(b []byte) (Chain, error) {
	return decodeChain(&reader{b: b})
}

// decodeChain reads the rest of r as a chain.
func decodeChain(r *reader) (Chain, error) {
	if err := r.magic(chainMagic, "chain"); err != nil {
		return Chain{}, err
	}
	count, err := r.count(1, MaxLinks, "the count of links")
	if err != nil {
		return Chain{}, err
	}
	if least := count * linkHead; r.left() < least {
		return Chain{}, malformed(r.at, "cut short: %d links need %d bytes and %d are left", count, least, r.left())
	}
	c := Chain{Links: make([]Link, count)}
	for i := range c.Links {
		if err := c.Links[i].decode(r); err != nil {
			return Chain{}, err
		}
	}
	if err := r.end("chain"); err != nil {
		return Chain{}, err
	}
	return c, nil
}

func (l *Link) decode(r *reader) error {
	hash, err := r.take(len(l.Program), "a program's hash")
	if err != nil {
		return err
	}
	l.Program = Hash(hash)
	count, err := r.count(0, MaxSignatures, "the count of signatures")
	if err != nil || count == 0 {
		return err
	}
	start := r.at
	raw, err := r.take(count*SignatureSize, "a link's signatures")
	if err != nil {
		return err
	}
	l.Signatures = make([]Signature, count)
	for i := range l.Signatures {
		s := &l.Signatures[i]
		one := raw[i*SignatureSize:][:SignatureSize]
		s.Kind = Kind(one[0])
		if !s.Kind.known() {
			return malformed(start+i*SignatureSize, "unknown %s of signature", s.Kind)
		}
		s.Key = [ed25519.PublicKeySize]byte(one[1:])
		s.Sig = [ed25519.SignatureSize]byte(one[1+ed25519.PublicKeySize:])
	}
	return nil
}

// Validate says whether a chain that was built by hand has an encoding: from 1
// to [MaxLinks] links, each with at most [MaxSignatures] signatures of known
// kinds. What fails is a [*MalformedError]. A decoded chain is always valid.
func (c Chain) Validate() error {
	if len(c.Links) == 0 || len(c.Links) > MaxLinks {
		return malformed(-1, "a chain of %d links: it has from 1 to %d", len(c.Links), MaxLinks)
	}
	for i, l := range c.Links {
		if len(l.Signatures) > MaxSignatures {
			return malformed(-1, "link %d has %d signatures: it has at most %d", i+1, len(l.Signatures), MaxSignatures)
		}
		for _, s := range l.Signatures {
			if !s.Kind.known() {
				return malformed(-1, "link %d has an unknown %s of signature", i+1, s.Kind)
			}
		}
	}
	return nil
}

// Encode gives the chain's one encoding. A chain that [Chain.Validate] refuses
// has none: the answer is nil, which nothing decodes.
func (c Chain) Encode() []byte {
	if c.Validate() != nil {
		return nil
	}
	b := make([]byte, 0, c.size())
	b = append(b, chainMagic...)
	b = append(b, byte(len(c.Links)))
	for _, l := range c.Links {
		b = append(b, l.Program[:]...)
		b = append(b, byte(len(l.Signatures)))
		for _, s := range l.Signatures {
			b = append(b, byte(s.Kind))
			b = append(b, s.Key[:]...)
			b = append(b, s.Sig[:]...)
		}
	}
	return b
}

// size gives the length of the encoding.
func (c Chain) size() int {
	size := chainHead
	for _, l := range c.Links {
		size += linkHead + len(l.Signatures)*SignatureSize
	}
	return size
}

// Prefix gives the program hashes of the links before link i, counted from 0: of
// none for 0 or less, of all for the chain's length or more (what a link yet to
// be added comes after).
func (c Chain) Prefix(i int) []Hash {
	i = min(max(i, 0), len(c.Links))
	prefix := make([]Hash, i)
	for j := range prefix {
		prefix[j] = c.Links[j].Program
	}
	return prefix
}
