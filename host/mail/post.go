package mail

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"qvat/chains"
	"qvat/host/caps"
	"qvat/host/mail/letter"
)

// FirstHost is the name of the agent that every vat begins with.
const FirstHost = "self"

// Post is the post office of a vat: its agents, and what goes between them. Its
// methods may be called from any goroutine.
type Post struct {
	o      Options
	limits Limits
	node   caps.Key
	log    *slog.Logger
	caps   *caps.Keeper
	form   letter.Form // of the bodies of letters
	rates  wakeRates
	queue  Queue

	mu       sync.Mutex // guards refusals
	refusals map[caps.Code]int64
}

// Open opens the post in a store, and makes the first host, [FirstHost], where
// there is none. It fails when the store holds the post of another node, or one
// of a newer version.
func Open(ctx context.Context, o Options) (*Post, error) {
	if o.Store == nil || len(o.Node) != ed25519.PrivateKeySize {
		return nil, errors.New("open the post: it needs a store and the node's key")
	}
	node, err := chains.PublicKeyOf(o.Node)
	if err != nil {
		return nil, fmt.Errorf("open the post: the node's key: %w", err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	p := &Post{o: o, limits: o.Limits.withDefaults(), node: caps.Key(node.Bytes()), log: o.Logger, refusals: map[caps.Code]int64{}}
	p.queue = Queue{p: p, tries: map[string]Try{}, atWork: map[string]bool{}}
	p.caps, err = caps.New(caps.Options{
		Node: p.node, Roots: roots, MaxNames: p.limits.Names, MaxAgents: p.limits.Agents, Logger: o.Logger,
	})
	if err != nil {
		return nil, fmt.Errorf("open the post: %w", err)
	}
	p.form = letter.Form{Bytes: p.limits.MessageBytes, Edges: p.limits.Edges, Kind: p.caps.Kind}
	err = p.act(ctx, func(x *txn) error {
		fresh, err := x.Begin(ctx)
		if err != nil || !fresh {
			return err
		}
		self, err := x.MakeAgent(ctx, FirstHost, true, "")
		if err != nil {
			return err
		}
		return x.journal(ctx, self, "mkhost", 0, map[string]string{"name": FirstHost})
	})
	if err != nil {
		return nil, fmt.Errorf("open the post: %w", err)
	}
	return p, nil
}

// Read reads the body of a letter from another node. It fails with BadSeal.
func (p *Post) Read(text []byte) (letter.Body, error) { return p.form.Decode(text) }

// Close ends the post. Serve must have ended; the store stays open.
func (p *Post) Close() error { return nil }

// Node is the vat's own key on the network.
func (p *Post) Node() caps.Key { return p.node }

// id is the identifier of a thing of this node.
func (p *Post) id(n caps.Number) caps.ID { return caps.ID{Number: n, Node: p.node} }

// Serve does what happens by itself within the vat, until ctx ends: it runs what
// letters wake, and removes what nobody holds. It returns nil.
func (p *Post) Serve(ctx context.Context) error {
	var group sync.WaitGroup
	group.Go(func() { p.runJobs(ctx) })
	group.Go(func() { p.caps.CollectAlways(ctx, p.capsUpdate) })
	group.Wait()
	return nil
}

// Collect removes what nobody holds any more. Serve does it by itself, soon
// after something has lost a holder. What fails does not keep it from the rest:
// the errors come together.
func (p *Post) Collect(ctx context.Context) error { return p.caps.Collect(ctx, p.capsUpdate) }

// capsUpdate is update for package caps.
func (p *Post) capsUpdate(ctx context.Context, work func(x *caps.Txn) error) error {
	return p.act(ctx, func(x *txn) error { return work(x.Txn) })
}

// CountRefusal counts an error that refuses what came from another node, and gives
// it back.
func (p *Post) CountRefusal(err error) error {
	if code := caps.CodeOf(err); code != "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.refusals[code]++
	}
	return err
}

// Refusals counts what came from other nodes and was refused, since the post was
// opened.
func (p *Post) Refusals() map[caps.Code]int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.refusals)
}

// Agents lists all agents, in the order in which they were made.
func (p *Post) Agents(ctx context.Context) ([]AgentInfo, error) {
	return ask(ctx, p.act, func(x *txn) (list []AgentInfo, err error) {
		err = x.EachAgent(ctx, func(a *caps.Agent) (bool, error) {
			info, err := x.info(ctx, a)
			list = append(list, info)
			return true, err
		})
		return list, err
	})
}

// Agent gives an agent by the owner's name for it (bob), by names from maker to
// made (self.bob), or by the identifier of its handle.
func (p *Post) Agent(ctx context.Context, name string) (*Agent, error) {
	found, err := ask(ctx, p.act, func(x *txn) (*caps.Agent, error) { return x.AgentByName(ctx, name) })
	if err != nil {
		return nil, err
	}
	return &Agent{p: p, who: found}, nil
}
