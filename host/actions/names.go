package actions

import (
	"context"

	"qvat/host/caps"
	"qvat/host/mail"
)

// List lists a directory, by its path; "" is the agent's own.
type List struct {
	Path string `json:"name" program:"the path,thing"`
}

func (q List) Do(ctx context.Context, a *mail.Agent) ([]Entry, error) {
	all, err := a.List(ctx, q.Path)
	return each(all, entryOf), err
}

// Lookup gives what a name leads to.
type Lookup leading

func (q Lookup) Do(ctx context.Context, a *mail.Agent) (Thing, error) {
	t, err := a.Lookup(ctx, q.Name)
	return thingOf(t), err
}

// Locate gives the locator of what a name leads to.
type Locate leading

func (q Locate) Do(ctx context.Context, a *mail.Agent) (caps.Locator, error) {
	return a.Locate(ctx, q.Name)
}

// Identify gives the identifier of what a name leads to.
type Identify leading

func (q Identify) Do(ctx context.Context, a *mail.Agent) (caps.ID, error) {
	return a.Identify(ctx, q.Name)
}

// ReverseIdentify gives the agent's names for an identifier, or for what a locator
// leads to: that is what stands for a capability of another node's.
type ReverseIdentify struct {
	ID string `json:"id" program:"the identifier,thing"`
}

func (q ReverseIdentify) Do(ctx context.Context, a *mail.Agent) ([]string, error) {
	id, err := caps.ParseID(q.ID)
	if err != nil {
		l, bad := caps.ParseLocator(q.ID)
		if bad != nil {
			return nil, err
		}
		id = l.ID
	}
	names, err := a.ReverseIdentify(ctx, id)
	return list(names), err
}

// ReverseLocate gives the agent's names for what a locator leads to.
type ReverseLocate struct {
	Locator string `json:"locator"`
}

func (q ReverseLocate) Do(ctx context.Context, a *mail.Agent) ([]string, error) {
	l, err := caps.ParseLocator(q.Locator)
	if err != nil {
		return nil, err
	}
	names, err := a.ReverseLocate(ctx, l)
	return list(names), err
}

// Move gives something another name.
type Move struct {
	From string `json:"from" program:"the first argument"`
	To   string `json:"to" program:"the second argument"`
}

func (q Move) Do(ctx context.Context, a *mail.Agent) (Done, error) {
	return Done{}, a.Move(ctx, q.From, q.To)
}

// Copy gives something one more name.
type Copy struct {
	From string `json:"from" program:"the first argument,thing"`
	To   string `json:"to" program:"the second argument"`
}

func (q Copy) Do(ctx context.Context, a *mail.Agent) (Done, error) {
	return Done{}, a.Copy(ctx, q.From, q.To)
}

// Remove forgets a name.
type Remove named

func (q Remove) Do(ctx context.Context, a *mail.Agent) (Done, error) {
	return Done{}, a.Remove(ctx, q.Name)
}

// MakeDirectory makes a directory under a name.
type MakeDirectory named

func (q MakeDirectory) Do(ctx context.Context, a *mail.Agent) (Done, error) {
	return Done{}, a.MakeDirectory(ctx, q.Name)
}

// Why tells what holds the thing of an identifier, a line for each step.
type Why struct {
	ID string `json:"id"`
}

func (q Why) Do(ctx context.Context, a *mail.Agent) ([]string, error) {
	id, err := caps.ParseID(q.ID)
	if err != nil {
		return nil, err
	}
	way, err := a.Why(ctx, id)
	return list(way), err
}
