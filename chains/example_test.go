package chains_test

import (
	"fmt"
	"log"

	"qvat/chains"
	"qvat/chains/chaintest"
)

// Alice's vat lets Bob's program follow hers. Bob's signature is bound: his link
// is worth nothing on another vat, or after another program.
func Example() {
	alice, bob := chaintest.Key("root"), chaintest.Key("bob")
	root, err := chains.PublicKeyOf(alice)
	if err != nil {
		log.Fatal(err)
	}
	var c chains.Capsule
	extend := func(key []byte, kind chains.Kind, text string) {
		p, err := chains.NewProgram([]byte(text), 0)
		if err != nil {
			log.Fatal(err)
		}
		s, err := chains.Sign(key, kind, root, c.Chain.Prefix(len(c.Chain.Links)), p.Hash())
		if err != nil {
			log.Fatal(err)
		}
		c.Programs = append(c.Programs, p)
		c.Chain.Links = append(c.Chain.Links, chains.Link{Program: p.Hash(), Signatures: []chains.Signature{s}})
	}
	extend(alice, chains.Plain, "exports.main = ({ power, next }) => next.load()(power)")
	extend(bob, chains.Bound, "exports.main = ({ power }) => 'hello'")
	sent, err := c.Encode()
	if err != nil {
		log.Fatal(err)
	}

	received, err := chains.DecodeCapsule(sent, chains.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	verified, err := chains.NewVerifier(root, chains.VerifierOptions{}).Verify(received.Chain)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(verified.Len(), "links")
	fmt.Println("the second is bound by bob:", verified.BoundBy(1, chaintest.Public("bob")))
	fmt.Println("the second is signed by carol:", verified.SignedBy(1, chaintest.Public("carol")))
	// Output:
	// 2 links
	// the second is bound by bob: true
	// the second is signed by carol: false
}
