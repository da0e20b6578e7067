package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"strings"

	"qvat/chains"
)

// kind is a kind of message.
type kind struct {
	name string
	// carol is the text of the last program; %d is another number each time.
	carol string
	// known: the last program stays the same, and the input is the number.
	known bool
}

var kinds = []kind{
	{name: "three links, one read, one write", carol: "exports.main = ({ power }) => power.add(1) // %d"},
	{name: "three links, one read", carol: "exports.main = ({ power }) => ({ counter: power.read() }) // %d"},
	{name: "three links known, one read", carol: "exports.main = ({ power, input }) => [input ?? 0, power.read()]", known: true},
}

const alice = `exports.main = async ({ power, next }) => {
  if (!next?.signedBy(%q)) throw new Error('for Bob alone')
  const row = power.counters
  return next.load()({
    read: () => row.get('bob') ?? 0,
    add: n => { const v = (row.get('bob') ?? 0) + n; row.set('bob', v); return v },
  })
}
`

const bob = `exports.main = async ({ power, next }) => {
  if (!next) return power.read()
  if (!next.signedBy(%q)) throw new Error('for Carol alone')
  return next.load()({ read: power.read, add: power.add })
}
`

// signer is a key pair that the tool makes from a name.
func signer(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("load test key of " + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

// prefix is the chain that all messages start with, and its programs.
func (v *vat) prefix() (chains.Chain, []chains.Program, error) {
	var c chains.Chain
	var programs []chains.Program
	for _, l := range []struct {
		text string
		key  ed25519.PrivateKey
	}{
		{fmt.Sprintf(alice, hex(signer("bob"))), v.root},
		{fmt.Sprintf(bob, hex(signer("carol"))), signer("bob")},
	} {
		p, err := addLink(&c, l.text, l.key)
		if err != nil {
			return c, nil, err
		}
		programs = append(programs, p)
	}
	return c, programs, nil
}

func hex(key ed25519.PrivateKey) string {
	return fmt.Sprintf("%x", key.Public().(ed25519.PublicKey))
}

func addLink(c *chains.Chain, text string, key ed25519.PrivateKey) (chains.Program, error) {
	p, err := chains.NewProgram([]byte(text), 0)
	if err != nil {
		return p, err
	}
	s, err := chains.Sign(key, chains.Plain, chains.PublicKey{}, nil, p.Hash())
	if err != nil {
		return p, err
	}
	c.Links = append(c.Links, chains.Link{Program: p.Hash(), Signatures: []chains.Signature{s}})
	return p, nil
}

// messages makes n encoded capsules, numbered from first.
func (v *vat) messages(k kind, first, n int) ([][]byte, error) {
	c, _, err := v.prefix()
	if err != nil {
		return nil, err
	}
	out := make([][]byte, n)
	for i := range out {
		full := chains.Chain{Links: append([]chains.Link(nil), c.Links...)}
		text := k.carol
		if strings.Contains(text, "%d") {
			text = fmt.Sprintf(text, first+i)
		}
		p, err := addLink(&full, text, signer("carol"))
		if err != nil {
			return nil, err
		}
		capsule := chains.Capsule{Chain: full, Programs: []chains.Program{p}}
		if k.known {
			capsule.Programs = nil
			capsule.Input = fmt.Append(nil, first+i)
		}
		if out[i], err = capsule.Encode(); err != nil {
			return nil, err
		}
	}
	return out, nil
}
