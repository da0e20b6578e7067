package caps

import (
	"encoding/hex"
	"fmt"

	"qvat/host/store"
)

// The tables. Numbers in keys are hexadecimal digits of a fixed width, so that
// the order of bytes is that of numbers. An agent is named in keys by its number,
// which the vat counts up.
const (
	tableState     = store.OwnPrefix + "state"     // stateKey -> stateRow; statePeers -> how many rows tablePeer has
	tableAgent     = store.OwnPrefix + "agent"     // agent number -> agentRow
	tableAgentKey  = store.OwnPrefix + "agentkey"  // public key -> agent number
	tableAgentName = store.OwnPrefix + "agentname" // the owner's name -> agent number
	tableFormula   = store.OwnPrefix + "formula"   // number -> Formula: what an identifier of this node is
	tableValue     = store.OwnPrefix + "value"     // number -> the JSON of a value; a chain's capsule, as base64
	tableName      = store.OwnPrefix + "name"      // directory/name -> Ref: where a name leads
	tableNames     = store.OwnPrefix + "names"     // directory -> how many names it has
	tableHeld      = store.OwnPrefix + "held"      // identifier/holder -> 1
	tableSuspect   = store.OwnPrefix + "suspect"   // number -> how far it is from what lost a holder, from 1; see collector.judgeHolders
	tableExpiry    = store.OwnPrefix + "expiry"    // milliseconds/number -> 1: until then it is held by itself
	tablePeer      = store.OwnPrefix + "peer"      // node -> peerRow
)

// The holders of an identifier, as the rest of a key of tableHeld. Roots have
// others ([Root]).
const (
	HolderOwn     = "a" // an agent: its handle, its directory, what else is its own
	holderFormula = "f" // f/number
	holderName    = "n" // n/directory/name
)

// The keys of tableState.
const (
	stateKey   = "state"
	statePeers = "peers"
)

// schema is the version of the rows that are kept.
const schema = 1

// stateRow is the vat's own counters.
type stateRow struct {
	Version int `json:"version"`
	Node    Key `json:"node"`
	Agents  int `json:"agents"`
}

// agentRow is what an agent is. It never changes, so it can be kept in memory.
type agentRow struct {
	Name  string `json:"name"`
	Host  bool   `json:"host,omitempty"`
	Maker string `json:"of,omitempty"` // the number of the agent that made it
	Seed  []byte `json:"seed"`         // of its key pair: a secret
	Dir   Number `json:"dir"`          // its directory
	Self  Number `json:"self"`         // its own powers
	Inbox Number `json:"inbox"`
}

// Formula is what an identifier of this node is.
type Formula struct {
	Type Type `json:"type"`
	// Agent is the number of the agent of a handle, an agent, an inbox and an
	// invitation; of a chain, of the agent that published it.
	Agent string `json:"seat,omitempty"`
	// Payer is the number of the agent against which it counts; "" is none.
	Payer string `json:"payer,omitempty"`
	// Holds is what it keeps: the answer of a promise.
	Holds []Ref `json:"holds,omitempty"`
	// State and Why are those of a promise.
	State State  `json:"state,omitempty"`
	Why   string `json:"why,omitempty"`
	// Dir is the directory in which a thing that remembers it got its name.
	Dir *Number `json:"dir,omitempty"`
	// Expires and Used are those of an invitation; milliseconds since 1970.
	Expires int64 `json:"expires,omitempty"`
	Used    bool  `json:"used,omitempty"`
	// Inbox tells that it is the directory of an agent's messages.
	Inbox bool `json:"inbox,omitempty"`
}

// peerRow is another node.
type peerRow struct {
	At    []string `json:"at,omitempty"`
	Since int64    `json:"since"`
}

// Number is 32 bytes that are written as hexadecimal digits.
type Number [32]byte

func (n Number) String() string { return hex.EncodeToString(n[:]) }

// MarshalText is String.
func (n Number) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (n *Number) UnmarshalText(text []byte) error {
	parsed, err := ParseNumber(string(text))
	*n = parsed
	return err
}

// key is an identifier's number, as keys have it.
func (id ID) key() string { return hex.EncodeToString(id.Number[:]) }

// AgentNumber is the number of the nth agent, as keys have it.
func AgentNumber(n int) string { return fmt.Sprintf("%08x", n) }

// CountKey is a counter's value, as keys have it.
func CountKey(n uint64) string { return fmt.Sprintf("%016x", n) }

// Below joins two parts of a key.
func Below(a, b string) string { return a + "/" + b }
