package mail

import "context"

// heldKey names an identifier in keys of tableHeld: by its number alone when it
// is of this node, which nearly all are.
func (p *Post) heldKey(id ID) string {
	if id.Node == p.node {
		return number(id.Number).String()
	}
	return id.String()
}

// hold notes that a holder keeps an identifier.
func (x *act) hold(ctx context.Context, id ID, holder string) error {
	return x.set(ctx, tableHeld, below(x.p.heldKey(id), holder), present)
}

// release notes that a holder keeps an identifier no longer. What lost a holder
// is looked at by the collector, after the commit.
func (x *act) release(ctx context.Context, id ID, holder string) error {
	there, err := x.drop(ctx, tableHeld, below(x.p.heldKey(id), holder))
	if err != nil || !there {
		return err
	}
	return x.suspect(ctx, id)
}

// suspect has the collector look at what may have lost its last holder.
func (x *act) suspect(ctx context.Context, id ID) error {
	if id.Node != x.p.node {
		return nil // what another node has, that node collects
	}
	x.touch = append(x.touch, hearSuspects)
	return x.set(ctx, tableSuspect, number(id.Number).String(), present)
}

// hearSuspects is what the collector listens to.
const hearSuspects = "suspects"

// formula gives what an identifier of this node is. It fails with NotFound where
// there is none, and with Elsewhere for another node's.
func (x *act) formula(ctx context.Context, id ID) (f formulaRow, err error) {
	if id.Node != x.p.node {
		return f, refusal(Elsewhere, "it lives on node %s…, which this vat cannot ask", id.Node.String()[:8])
	}
	there, err := x.find(ctx, tableFormula, number(id.Number).String(), &f)
	if err == nil && !there {
		err = refusal(NotFound, "nothing has the identifier %s… any more", number(id.Number).String()[:8])
	}
	return f, err
}

// newFormula makes something that nobody holds yet.
func (x *act) newFormula(ctx context.Context, f formulaRow) (ID, error) {
	id := ID{x.random(), x.p.node}
	if f.Payer = x.who.seat; f.Payer != "" {
		if err := x.charge(ctx, f.Payer, formulaCost); err != nil {
			return id, err
		}
	}
	return id, x.putFormula(ctx, id, f)
}

func (x *act) putFormula(ctx context.Context, id ID, f formulaRow) error {
	return x.put(ctx, tableFormula, number(id.Number).String(), f)
}

// keepFor has one formula hold something.
func (x *act) keepFor(ctx context.Context, holder, id ID) error {
	return x.hold(ctx, id, below(holderFormula, number(holder.Number).String()))
}
