package caps

import (
	"context"
	"encoding/json"
	"slices"
	"time"
)

// Kind is a kind of thing: all that is particular to it. What is nil or empty in
// its row, it does not have. To add one, write its row in a file of its own and put
// it into builtin.
type Kind struct {
	Type Type
	// Look adds to t what is shown of one of this vat.
	Look func(ctx context.Context, x *Txn, id ID, f Formula, t *Thing) error
	// Extra is how many bytes one has been charged for beside its formula, to be
	// given back to its payer when it goes.
	Extra func(ctx context.Context, x *Txn, id ID) (int64, error)
	// Clear removes what one has beside its formula, once nobody holds it. What its
	// formula holds is released without it.
	Clear func(ctx context.Context, x *Txn, id ID) error
	// Own is what an agent's own one is called by Why; nil: by its type.
	Own func(f Formula) string
	// Holding says for Why how one holds what its formula holds.
	Holding string
	// Stays: only an agent itself has it, and cannot give it to others.
	Stays bool
	// Secret: who reads its identifier could use it up, so journals leave it out.
	Secret bool
	// Placed: its formula remembers in which directory it got its name.
	Placed bool
}

// builtin are the kinds of every vat.
var builtin = []Kind{
	handleKind, agentKind, valueKind, directoryKind, chainKind, promiseKind, invitationKind, nodeKind,
}

// Kinds gives the kinds of every vat, to which others can be added.
func Kinds() []Kind { return slices.Clone(builtin) }

// Thing is what a name or an identifier leads to.
type Thing struct {
	ID   ID
	Type Type
	// Local tells that it lives in this vat. Of what does not, only ID and Type
	// are known.
	Local bool
	// Value is that of a value.
	Value json.RawMessage
	// Names counts the names of a directory.
	Names      int
	Chain      *ChainInfo
	Promise    *PromiseInfo
	Invitation *InvitationInfo
}

// ChainInfo is what is known of a published chain.
type ChainInfo struct {
	Capsule []byte // as it was published
}

// PromiseInfo is what has become of a promise.
type PromiseInfo struct {
	State State // new, resolved or rejected
	ID    ID    // what it was resolved to
	Type  Type
	Why   string // it was rejected
}

// InvitationInfo is what is known of an invitation.
type InvitationInfo struct {
	From    ID // the handle of who invites
	Expires time.Time
	Used    bool
}

// Look tells all of something. It fails with NotFound where it is gone.
func (x *Txn) Look(ctx context.Context, r Ref) (Thing, error) {
	t := Thing{ID: r.ID, Type: r.Type, Local: r.ID.Node == x.k.o.Node}
	if !t.Local || r.Type == TypeNode {
		return t, nil
	}
	f, err := x.Formula(ctx, r.ID)
	if err != nil {
		return t, err
	}
	if look := x.k.kinds[f.Type].Look; look != nil {
		err = look(ctx, x, r.ID, f, &t)
	}
	return t, err
}

// TypeOf gives the type of something of this node, the node itself among them. It
// fails with NotFound where it is gone, and with Elsewhere for another node's.
func (x *Txn) TypeOf(ctx context.Context, id ID) (Type, error) {
	if id.Node == x.k.o.Node && id.Number == id.Node {
		return TypeNode, nil
	}
	f, err := x.Formula(ctx, id)
	return f.Type, err
}

// FromMillis is a time that was kept as milliseconds since 1970.
func FromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
