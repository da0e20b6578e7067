// Package caps is what can be held in a vat: identifiers, what each leads to, who
// holds it and why, what that costs whom, and what goes when nobody holds it any
// more. Package mail is above it: what agents do with what they hold.
//
// A kind of thing is one row of one table ([Kind]), in a file of its own; nothing
// else asks what kind a thing is.
//
// What it promises:
//
//   - An identifier whose number is random cannot be guessed, and who has it has
//     the thing.
//   - What an agent, or another root ([Root]), holds stays, with all that it holds
//     in turn; what nobody can reach any more is removed, circles too.
//   - All that a [Txn] does is rows of one transaction of the store: there together
//     when that commits, or not at all.
//
// Errors that a caller acts on are an [*Error] with a [Code]; their texts hold
// nothing of the host.
package caps

import "crypto/ed25519"

// Key is an Ed25519 public key: an agent's or a node's.
type Key [ed25519.PublicKeySize]byte

// ID is an identifier: what, and on which node it is. It is written as both
// halves in 64 hex digits with a colon between. The number of a handle is its
// agent's public key; every other number is random and cannot be guessed.
type ID struct {
	Number [32]byte
	Node   Key
}

// Type is the name of a kind: what an identifier leads to.
type Type string

const (
	TypeHandle     Type = "handle"     // an agent's public face
	TypeAgent      Type = "agent"      // an agent's own powers: held by nobody but its host
	TypeValue      Type = "value"      // JSON
	TypeDirectory  Type = "directory"  // names for identifiers
	TypeChain      Type = "chain"      // a published chain: calling it runs it
	TypePromise    Type = "promise"    // of a request
	TypeInvitation Type = "invitation" // to be accepted once
	TypeNode       Type = "node"       // a vat on the network
)

// Ref is an identifier with its type.
type Ref struct {
	ID   ID   `json:"id"`
	Type Type `json:"type"`
}

// Locator is an identifier with where to find it:
// qvat://NODE/?id=NUMBER&type=TYPE&at=ADDRESS.
type Locator struct {
	ID   ID
	Type Type
	At   []string
}
