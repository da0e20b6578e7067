package host

import (
	"context"
	"fmt"
	"time"

	"qvat/chains"
	"qvat/host/powers"
	"qvat/host/store"
	"qvat/runtime"
)

// Embed is what a Go program that embeds the vat adds to it: powers of its own,
// a look at each invocation, and for tests of programs another clock and a stand-in
// for the network.
type Embed struct {
	// Modules are host modules beside those that qvat.toml grants. Two of one
	// name are an error of Open.
	Modules []Module
	// Observe is told what became of each invocation, once that is decided: one
	// after another or several at once, before their senders know. It must be
	// quick. nil is told nothing.
	Observe func(Observed)
	// Now is the clock of the invocations: when they arrive, and what qvat:clock
	// tells. Limits of time go by the real one. nil is time.Now.
	Now func() time.Time
	// Exchange answers the requests of qvat:http in the network's place. What is
	// staged leaves then when SendOutbox is called, and not before. nil is the
	// network.
	Exchange powers.Exchange
	// Like is an open vat with the same settings, modules and root-power.js,
	// whose engine this one uses as well: it opens ten times as fast. It must be
	// closed after this one, and root-power.js is not watched for this one.
	Like *Vat
}

// Module is a host module of the embedding program's, which root-power.js
// requires by its Name.
type Module struct {
	runtime.Module
	// Open opens the module for one attempt at an invocation; one that loses a
	// conflict makes another. What it tells programs is not recorded, but for
	// what it draws of the scope's Recorder.
	Open func(powers.Scope) runtime.Power
}

// Observed is what became of an invocation.
type Observed struct {
	ID       chains.Hash
	Chain    chains.Chain  // as it came, whether or not it was evaluated
	Programs []chains.Hash // of its links
	// Outcome is "ok", "abandoned" where its sender left, or a code of
	// docs/ERRORS.md.
	Outcome string
	// Err is what Invoke returns. The cause of its *fault.Error may say what no
	// sender is told, such as how root-power.js fails.
	Err error
	// Fuel, Memory and Micros are what its last run used; 0 where it did not
	// run, or was answered from its record.
	Fuel, Memory, Micros int64
	// Console and Log are what its last run wrote to the console and to
	// qvat:log.
	Console []runtime.LogLine
	Log     []powers.Logged
}

// now is the time as invocations see it.
func (e *Embed) now() time.Time {
	if e.Now != nil {
		return e.Now()
	}
	return time.Now()
}

// names are those of the modules.
func (e *Embed) names() []string {
	names := make([]string, len(e.Modules))
	for i, m := range e.Modules {
		names[i] = m.Name
	}
	return names
}

// modules adds the embedder's modules to those that are granted.
func (e *Embed) modules(all []runtime.Module) ([]runtime.Module, error) {
	seen := map[string]bool{}
	for _, m := range all {
		seen[m.Name] = true
	}
	for _, m := range e.Modules {
		if m.Name == "" || seen[m.Name] || m.Open == nil {
			return nil, fmt.Errorf("the module %q has no name of its own, or nothing that opens it", m.Name)
		}
		seen[m.Name] = true
		all = append(all, m.Module)
	}
	return all, nil
}

// openPowers opens every module for one attempt.
func (v *Vat) openPowers(m powers.Scope) map[string]runtime.Power {
	granted := v.powers.Open(m)
	for _, own := range v.embed.Modules {
		granted[own.Name] = own.Open(m)
	}
	return granted
}

// Entries gives rows of a table of qvat:store as the owner sees them, all that
// is committed and nothing else; q is that of entries.
func (v *Vat) Entries(ctx context.Context, table string, q store.EntriesQuery) ([]store.Entry, error) {
	tx, err := v.store.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	return tx.Entries(ctx, table, q)
}

// SendOutbox sends what is staged, to Embed.Exchange, and runs the invocations that
// the answers are for; what those stage is sent as well. A request that had no answer
// stays, for another call at least a second later.
func (v *Vat) SendOutbox(ctx context.Context) error {
	_, err := v.outbox.SendAll(ctx)
	return err
}
