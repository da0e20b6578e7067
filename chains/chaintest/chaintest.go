// Package chaintest builds signed chains for tests out of small diagrams:
//
//	chaintest.Parse("root -> bob -> carol")
//
// is a chain of three programs, root's, bob's and carol's, each signed by the
// key of its own name. The same diagram always gives the same bytes. The package
// is for tests alone: anybody can work out its private keys.
package chaintest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"strings"

	"qvat/chains"
)

// Root is the name of the key that stands for the vat's root key.
const Root = "root"

// Story is what a diagram says.
type Story struct {
	Chain chains.Chain
	// Programs are the chain's programs, each once, in the order of the links.
	Programs []chains.Program
}

// Parse builds the chain of a diagram. A diagram that it does not understand
// is the test's own mistake: Parse panics.
//
//	diagram = link { "->" link }
//	link    = program [ ":" [ signer { "+" signer } ] ]
//	signer  = name [ "!" ]
//
// A link is the program of that name, with a plain signature by each signer's
// key, or a bound one where the signer is marked with "!". Without a colon the
// program's name is also its one signer; with a colon and nothing after it, the
// link is not signed. So "alice:root -> bob:bob! -> eve:" is alice's program
// signed by root, bob's bound to come after it, and eve's with no signature. The
// text of a program is [Text] of its name.
func Parse(diagram string) Story { return ParseTexts(diagram, nil) }

// ParseTexts is [Parse] with texts for some of the programs, by name.
func ParseTexts(diagram string, texts map[string]string) Story {
	var s Story
	have := make(map[chains.Hash]bool)
	for _, link := range strings.Split(diagram, "->") {
		name, signers, given := strings.Cut(strings.TrimSpace(link), ":")
		if !given {
			signers = name
		}
		text, own := texts[name]
		if !own {
			text = Text(mustName(diagram, name))
		}
		p, err := chains.NewProgram([]byte(text), 0)
		if err != nil {
			panic(fmt.Sprintf("chaintest: text of %q: %v", name, err))
		}
		if !have[p.Hash()] {
			have[p.Hash()] = true
			s.Programs = append(s.Programs, p)
		}
		signed := chains.Link{Program: p.Hash()}
		if signers != "" {
			signed.Signatures = sign(diagram, signers, s.Chain, p.Hash())
		}
		s.Chain.Links = append(s.Chain.Links, signed)
	}
	return s
}

// sign makes the signatures of the link that comes after the chain so far.
func sign(diagram, signers string, before chains.Chain, program chains.Hash) []chains.Signature {
	var made []chains.Signature
	for _, signer := range strings.Split(signers, "+") {
		name, bound := strings.CutSuffix(strings.TrimSpace(signer), "!")
		kind := chains.Plain
		if bound {
			kind = chains.Bound
		}
		prefix := before.Prefix(len(before.Links))
		sig, err := chains.Sign(Key(mustName(diagram, name)), kind, Public(Root), prefix, program)
		if err != nil {
			panic(fmt.Sprintf("chaintest: %q signs in %q: %v", name, diagram, err))
		}
		made = append(made, sig)
	}
	return made
}

func mustName(diagram, name string) string {
	if name == "" || strings.ContainsAny(name, " \t\n!:+>") {
		panic(fmt.Sprintf("chaintest: %q is no name, in the diagram %q", name, diagram))
	}
	return name
}

// Capsule gives the chain with all its programs, and with the input, which is
// JSON or empty.
func (s Story) Capsule(input string) chains.Capsule {
	return chains.Capsule{Chain: s.Chain, Programs: s.Programs, Input: []byte(input)}
}

// Text gives the text of the program of that name in a diagram: it passes its
// power on to the next program, and as the last one gives its name.
func Text(name string) string {
	return fmt.Sprintf("// %s\nexports.main = async ({ power, next }) => next ? next.load()(power) : %q\n", name, name)
}

// Key gives the private key of that name.
func Key(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("qvat chaintest " + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

// Public gives the public key of that name.
func Public(name string) chains.PublicKey {
	k, err := chains.PublicKeyOf(Key(name))
	if err != nil {
		panic(fmt.Sprintf("chaintest: key of %q: %v", name, err))
	}
	return k
}
