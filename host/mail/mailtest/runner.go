package mailtest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"qvat/chains/chaintest"
	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/host/store"
)

// Fuel is what each run of a Runner burns.
const Fuel = 7

// Runner runs calls as a vat does, in transactions of their own, with a function in
// the place of programs.
type Runner struct {
	V    *Vat
	Runs func(ctx context.Context, c mail.Call, in *mail.Inside) error

	mu   sync.Mutex
	once map[[32]byte]bool
}

// Run is mail.Runner's.
func (r *Runner) Run(ctx context.Context, c mail.Call) (mail.Ran, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ran := mail.Ran{Fuel: Fuel}
	if c.Once && r.once[c.ID] {
		return ran, nil
	}
	for {
		err := r.attempt(ctx, c, ran)
		if errors.Is(err, store.ErrConflict) {
			continue
		}
		if err == nil {
			if r.once == nil {
				r.once = map[[32]byte]bool{}
			}
			r.once[c.ID] = true
		}
		return ran, err
	}
}

func (r *Runner) attempt(ctx context.Context, c mail.Call, ran mail.Ran) error {
	tx, err := r.V.O.Store.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	in := r.V.In(tx).During(r.V.Clock.Now(), &c.Cause)
	if err := r.Runs(ctx, c, in); err != nil {
		return err
	}
	if c.Commit != nil {
		if err := c.Commit(ctx, in, ran); err != nil {
			return err
		}
	}
	if err := tx.Commit(ctx, nil); err != nil {
		return err
	}
	in.Committed()
	return nil
}

// Wakes publishes a chain and has an agent's mail wake it.
func (v *Vat) Wakes(a *mail.Agent) caps.ID {
	v.Helper()
	capsule, err := chaintest.ParseTexts("root", map[string]string{"root": "exports.main = () => 1"}).Capsule("").Encode()
	v.OK(err)
	self := v.Named(mail.FirstHost)
	id := Must(self.Publish(v.Context(), fmt.Sprintf("chain-%d", len(v.Names(self, ""))), capsule))(v)
	v.OK(a.SetWake(v.Context(), id.String(), 0))
	return id
}
