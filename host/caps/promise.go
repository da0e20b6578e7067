package caps

import "context"

// promiseKind is what a request will come to. Its formula holds the answer.
var promiseKind = Kind{Type: TypePromise, Look: lookPromise, Holding: "the answer of a promise, or a chain that may use it", Placed: true}

// State is what has become of something that waits.
type State string

const (
	StateNew      State = "new"
	StateResolved State = "resolved" // it was granted
	StateRejected State = "rejected" // it was refused
)

func lookPromise(_ context.Context, _ *Txn, _ ID, f Formula, t *Thing) error {
	t.Promise = &PromiseInfo{State: f.State, Why: f.Why}
	if len(f.Holds) == 1 {
		t.Promise.ID, t.Promise.Type = f.Holds[0].ID, f.Holds[0].Type
	}
	return nil
}

// Resolved gives what a promise of this node has been resolved to, and all else as
// it is.
func (x *Txn) Resolved(ctx context.Context, r Ref) (Ref, error) {
	if r.Type != TypePromise || r.ID.Node != x.k.o.Node {
		return r, nil
	}
	f, err := x.Formula(ctx, r.ID)
	if err == nil && f.State == StateResolved && len(f.Holds) == 1 {
		return f.Holds[0], nil
	}
	return r, err
}

// maxFollow is how many names of a promise follow it to what it was resolved to.
// The others go on leading to the promise, which tells.
const maxFollow = 100

// Settle has a promise be what it was resolved to, and its names lead there; or, with
// no answer, be rejected, and its first name go. It may be gone: nobody held it any
// more. What is settled stays as it is.
func (x *Txn) Settle(ctx context.Context, promise ID, state State, answer *Ref, why string) error {
	var f Formula
	there, err := x.Find(ctx, tableFormula, promise.key(), &f)
	if err != nil || !there || f.State != StateNew {
		return err
	}
	f.State, f.Why = state, why
	if answer != nil {
		f.Holds = []Ref{*answer}
		if err := x.holdFor(ctx, promise, answer.ID); err != nil {
			return err
		}
	}
	if err := x.putFormula(ctx, promise, f); err != nil {
		return err
	}
	places, err := x.placesOf(ctx, promise)
	if err != nil {
		return err
	}
	for _, at := range places {
		switch {
		case answer != nil:
			err = x.Rebind(ctx, at, *answer)
		case f.Dir != nil && at.Dir == *f.Dir:
			_, err = x.Unbind(ctx, at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
