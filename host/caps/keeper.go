package caps

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
)

// Options say what a keeper is made of. Node, MaxNames and MaxAgents must be set.
type Options struct {
	// Node is the vat's own key on the network.
	Node Key
	// Kinds are what can be held; nil: [Kinds].
	Kinds []Kind
	// Roots keep what they hold, beside agents.
	Roots []Root
	// MaxNames is how many names a directory has at most, MaxAgents how many agents
	// the vat has.
	MaxNames, MaxAgents int
	// MaxSearch is how many holders one search for a root looks at; 0 is 1,024. What
	// has more above it is left, and those that hold it are looked at instead.
	MaxSearch int
	// Logger gets what the vat's owner should know; nil discards it.
	Logger *slog.Logger
}

// Keeper is what is held in one vat. Its methods may be called from any goroutine.
type Keeper struct {
	Subscribers
	o        Options
	kinds    map[Type]Kind
	prefixes []string // of all roots, in keys of tableHeld

	mu       sync.Mutex // guards the maps
	byNumber map[string]*Agent
	byKey    map[Key]*Agent
}

// New makes a keeper. It fails when two kinds have one name.
func New(o Options) (*Keeper, error) {
	if o.Kinds == nil {
		o.Kinds = Kinds()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.MaxSearch = cmp.Or(o.MaxSearch, 1024)
	k := &Keeper{o: o, kinds: map[Type]Kind{}, byNumber: map[string]*Agent{}, byKey: map[Key]*Agent{}, prefixes: []string{HolderOwn}}
	for _, kind := range o.Kinds {
		if _, twice := k.kinds[kind.Type]; twice {
			return nil, fmt.Errorf("there are two kinds of thing called %s", kind.Type)
		}
		k.kinds[kind.Type] = kind
	}
	for _, r := range o.Roots {
		if !strings.HasPrefix(r.Prefix, HolderOwn+"/") {
			k.prefixes = append(k.prefixes, r.Prefix+"/")
		}
	}
	return k, nil
}

// Kind gives the row of a type; ok is false where there is none.
func (k *Keeper) Kind(t Type) (kind Kind, ok bool) {
	kind, ok = k.kinds[t]
	return kind, ok
}

// Committed is for when a transaction has committed: who wants to hear of what it
// changed is woken.
func (k *Keeper) Committed(x *Txn) {
	k.remember(x.agents)
	for _, topic := range x.topics {
		k.Notify(topic)
	}
}

// Begin makes the rows of an empty store, and tells whether it was empty. It fails
// when the store is another node's, or a newer version's.
func (x *Txn) Begin(ctx context.Context) (fresh bool, err error) {
	var s stateRow
	there, err := x.Find(ctx, tableState, stateKey, &s)
	switch {
	case err != nil:
		return false, err
	case there && s.Version > schema:
		return false, fmt.Errorf("its rows are version %d, this program knows %d", s.Version, schema)
	case there && s.Node != x.k.o.Node:
		return false, fmt.Errorf("it belongs to node %s, but the vat's key is that of %s: identifiers would lead elsewhere", s.Node, x.k.o.Node)
	case there:
		return false, nil
	}
	return true, x.Put(ctx, tableState, stateKey, stateRow{Version: schema, Node: x.k.o.Node})
}
