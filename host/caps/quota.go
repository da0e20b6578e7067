package caps

import "context"

// Accounts counts what agents have kept. An agent is given by its number.
type Accounts interface {
	// Charge counts what an agent is to have kept, about as many bytes as it takes on
	// the disk. It fails with Full, and counts nothing, where there is no room.
	Charge(ctx context.Context, agent string, bytes int64) error
	// Refund counts what an agent has kept no longer.
	Refund(ctx context.Context, agent string, bytes int64) error
}

// What things cost, beside what kinds say.
const (
	formulaCost = 512 // what an identifier is
	nameCost    = 512 // a name in a directory
)

// charge charges who pays; "" is nobody.
func (x *Txn) charge(ctx context.Context, payer string, bytes int64) error {
	if payer == "" || x.o.Accounts == nil {
		return nil
	}
	return x.o.Accounts.Charge(ctx, payer, bytes)
}

// refund gives back to who paid; "" is nobody.
func (x *Txn) refund(ctx context.Context, payer string, bytes int64) error {
	if payer == "" || x.o.Accounts == nil {
		return nil
	}
	return x.o.Accounts.Refund(ctx, payer, bytes)
}

// refundAll gives back all that something has cost. It comes before its removal.
func (x *Txn) refundAll(ctx context.Context, id ID, f Formula) error {
	bytes := int64(formulaCost)
	if extra := x.k.kinds[f.Type].Extra; extra != nil && f.Payer != "" {
		more, err := extra(ctx, x, id)
		if err != nil {
			return err
		}
		bytes += more
	}
	return x.refund(ctx, f.Payer, bytes)
}
