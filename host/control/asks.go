package control

import "encoding/json"

// What the actions are asked with. Names are pet names, paths of them,
// identifiers, or locators, as the method of mail.Agent of that action takes;
// numbers are those of messages in the agent's mailbox.

// Nothing is asked by actions that need no more than the agent.
type Nothing struct{}

// Named asks makehost, makeguest, lookup, locate, identify, list (a path),
// remove, makedirectory.
type Named struct {
	Name string `json:"name"`
}

// Identified asks reverseidentify and why: an identifier. It asks wait and
// cancel too: a message's id.
type Identified struct {
	ID string `json:"id"`
}

// Located asks reverselocate.
type Located struct {
	Locator string `json:"locator"`
}

// Sending asks send. Names has what each edge carries.
type Sending struct {
	To      string   `json:"to"`
	Strings []string `json:"strings"`
	Edges   []string `json:"edges"`
	Names   []string `json:"names"`
}

// Requesting asks request. Name is what the answer gets, or "".
type Requesting struct {
	To   string `json:"to"`
	What string `json:"what"`
	Name string `json:"name,omitempty"`
}

// Numbered asks message and dismiss.
type Numbered struct {
	Number uint64 `json:"number"`
}

// Resolving asks resolve.
type Resolving struct {
	Number uint64 `json:"number"`
	Name   string `json:"name"`
}

// Rejecting asks reject.
type Rejecting struct {
	Number uint64 `json:"number"`
	Why    string `json:"why,omitempty"`
}

// Replying asks reply; see Sending.
type Replying struct {
	Number  uint64   `json:"number"`
	Strings []string `json:"strings"`
	Edges   []string `json:"edges"`
	Names   []string `json:"names"`
}

// Adopting asks adopt. Name is "" for the edge's own.
type Adopting struct {
	Number uint64 `json:"number"`
	Edge   string `json:"edge"`
	Name   string `json:"name,omitempty"`
}

// Querying asks messages, as mail.MessageQuery does.
type Querying struct {
	After  uint64 `json:"after,omitempty"`
	Before uint64 `json:"before,omitempty"`
	Limit  int    `json:"limit,omitempty"`
	Newest bool   `json:"newest,omitempty"`
	State  string `json:"state,omitempty"`
	Thread string `json:"thread,omitempty"` // 64 hex digits
}

// Moving asks move and copy.
type Moving struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Storing asks storevalue.
type Storing struct {
	Name  string          `json:"name"`
	Value json.RawMessage `json:"value"`
}

// Publishing asks publish. Capsule is base64 in JSON.
type Publishing struct {
	Name    string `json:"name"`
	Capsule []byte `json:"capsule"`
}

// Calling asks call. Input is absent for undefined; Slots has, by its label, the
// name of what stands at each slot's place in it.
type Calling struct {
	Name  string            `json:"name"`
	Input json.RawMessage   `json:"input,omitempty"`
	Slots map[string]string `json:"slots,omitempty"`
}

// Waking asks setwake. Name is that of a published chain, or "" for none.
type Waking struct {
	Name string `json:"name"`
	Fuel int64  `json:"fuel,omitempty"`
}

// Inviting asks invite.
type Inviting struct {
	Name string `json:"name"`
	// Seconds is how long the invitation lasts; 0 is package mail's default.
	Seconds int64 `json:"seconds,omitempty"`
}

// Accepting asks accept.
type Accepting struct {
	Locator string `json:"locator"`
	Name    string `json:"name"`
}

// Reading asks log, as mail.LogQuery does.
type Reading struct {
	After  uint64 `json:"after,omitempty"`
	Before uint64 `json:"before,omitempty"`
	Limit  int    `json:"limit,omitempty"`
}
