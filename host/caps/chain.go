package caps

import "context"

// chainKind is a published chain: its content is the capsule, as base64.
var chainKind = Kind{Type: TypeChain, Look: lookChain, Extra: contentBytes, Clear: clearContent}

func lookChain(ctx context.Context, x *Txn, id ID, _ Formula, t *Thing) (err error) {
	t.Chain = &ChainInfo{}
	t.Chain.Capsule, _, err = x.Capsule(ctx, id)
	return err
}

// Chain gives what a published chain of this node is. It fails with Wrong where it
// is something else.
func (x *Txn) Chain(ctx context.Context, id ID) (Formula, error) {
	f, err := x.Formula(ctx, id)
	if err == nil && f.Type != TypeChain {
		err = Refuse(Wrong, "it is a %s, and no published chain", f.Type)
	}
	return f, err
}

// Capsule gives the capsule of a published chain, and what the chain is.
func (x *Txn) Capsule(ctx context.Context, id ID) (capsule []byte, f Formula, err error) {
	if f, err = x.Chain(ctx, id); err != nil {
		return nil, f, err
	}
	there, err := x.Find(ctx, tableValue, id.key(), &capsule)
	if err == nil && !there {
		err = Refuse(NotFound, "the published chain is not there any more")
	}
	return capsule, f, err
}
