package actions

import (
	"context"
	"encoding/json"
	"time"

	"qvat/host/caps"
	"qvat/host/fault"
	"qvat/host/mail"
)

// Agents lists the agents of a vat, as their owner sees them.
func Agents(ctx context.Context, p *mail.Post) ([]Agent, error) {
	all, err := p.Agents(ctx)
	return each(all, agentOf), err
}

// Info tells of the agent itself.
type Info struct{}

func (q Info) Do(ctx context.Context, a *mail.Agent) (Agent, error) { return agentOr(a.Info(ctx)) }

// MakeHost makes a host.
type MakeHost named

func (q MakeHost) Do(ctx context.Context, a *mail.Agent) (Agent, error) {
	return agentOr(a.MakeHost(ctx, q.Name))
}

// MakeGuest makes a guest.
type MakeGuest named

func (q MakeGuest) Do(ctx context.Context, a *mail.Agent) (Agent, error) {
	return agentOr(a.MakeGuest(ctx, q.Name))
}

// SetWake chooses the chain that runs on each delivery, by the name of a published
// one, "" for none, and what it may burn at most; 0 is the vat's own number.
type SetWake struct {
	Name string `json:"name" program:"the chain's name,thing"`
	Fuel int64  `json:"fuel,omitempty" program:"the fuel"`
}

func (q SetWake) Do(ctx context.Context, a *mail.Agent) (Done, error) {
	return Done{}, a.SetWake(ctx, q.Name, q.Fuel)
}

// StoreValue keeps a value under a name.
type StoreValue struct {
	Name  string          `json:"name" program:"the name"`
	Value json.RawMessage `json:"value" program:"the value"`
}

func (q StoreValue) Do(ctx context.Context, a *mail.Agent) (caps.ID, error) {
	return a.StoreValue(ctx, q.Name, q.Value)
}

// Publish publishes a chain under a name. Capsule is base64 in JSON.
type Publish struct {
	Name    string `json:"name" program:"the name"`
	Capsule []byte `json:"capsule" program:"the capsule"`
}

func (q Publish) Do(ctx context.Context, a *mail.Agent) (caps.ID, error) {
	return a.Publish(ctx, q.Name, q.Capsule)
}

// Call calls a published chain. Input is absent for undefined; Slots has, by its
// label, the name of what stands at each slot's place in it.
type Call struct {
	Name  string            `json:"name"`
	Input json.RawMessage   `json:"input,omitempty"`
	Slots map[string]string `json:"slots,omitempty"`
}

func (q Call) Do(ctx context.Context, a *mail.Agent) (Called, error) {
	result, err := a.Call(ctx, q.Name, q.Input, q.Slots)
	return Called{result}, err
}

// Invite makes an invitation, and gives its locator.
type Invite struct {
	Name  string   `json:"name" program:"the name"`
	Lasts Lifetime `json:"seconds,omitempty" program:"the time"`
}

func (q Invite) Do(ctx context.Context, a *mail.Agent) (caps.Locator, error) {
	return a.Invite(ctx, q.Name, time.Duration(q.Lasts))
}

// Lifetime is how long an invitation lasts; 0 is package mail's default. In JSON
// it is whole seconds.
type Lifetime time.Duration

// MaxLifetime is a hundred years: what a time.Duration holds, and then some less.
const MaxLifetime = Lifetime(100 * 365 * 24 * time.Hour)

// MarshalJSON writes seconds, and drops what is less than one.
func (l Lifetime) MarshalJSON() ([]byte, error) {
	return json.Marshal(int64(time.Duration(l) / time.Second))
}

// UnmarshalJSON reads seconds. It fails with a *fault.Error where there are too many.
func (l *Lifetime) UnmarshalJSON(b []byte) error {
	const most = int64(time.Duration(MaxLifetime) / time.Second)
	var seconds int64
	if err := json.Unmarshal(b, &seconds); err != nil {
		return err
	}
	if seconds < 0 || seconds > most {
		return fault.New(fault.Malformed, "an invitation lasts from 1 to %d seconds", most)
	}
	*l = Lifetime(time.Duration(seconds) * time.Second)
	return nil
}

// Accept accepts an invitation; who made it gets the name.
type Accept struct {
	Locator string `json:"locator" program:"the first argument,thing"`
	Name    string `json:"name" program:"the second argument"`
}

func (q Accept) Do(ctx context.Context, a *mail.Agent) (Done, error) {
	return Done{}, a.Accept(ctx, q.Locator, q.Name)
}

// Peers lists the other nodes that the vat has heard of.
type Peers struct{}

func (q Peers) Do(ctx context.Context, a *mail.Agent) ([]Peer, error) {
	all, err := a.Peers(ctx)
	return each(all, peerOf), err
}

// Log gives entries of the agent's journal, as mail.LogQuery says.
type Log struct {
	After  uint64 `json:"after,omitempty"`
	Before uint64 `json:"before,omitempty"`
	Limit  int    `json:"limit,omitempty"`
}

func (q Log) Do(ctx context.Context, a *mail.Agent) ([]LogEntry, error) {
	all, err := a.Log(ctx, mail.LogQuery(q))
	return each(all, logEntryOf), err
}
