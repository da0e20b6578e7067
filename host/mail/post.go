package mail

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"qvat/chains"
	"qvat/host/retry"
	"qvat/host/store"
)

// FirstHost is the name of the agent that every vat begins with.
const FirstHost = "self"

// schema is the version of the rows that the post keeps.
const schema = 1

// keysKnown is how many checked keys of other agents are kept at hand.
const keysKnown = 4096

// Post is the post office of a vat: its agents, and what goes between them. Its
// methods may be called from any goroutine.
type Post struct {
	o      Options
	limits Limits
	node   Key
	log    *slog.Logger
	hub    hub
	queued chan struct{} // receives something when the queue is to be looked at
	woken  chan struct{} // receives something when a row of the outbox was staged
	keys   *lru.Cache[Key, chains.PublicKey]
	rates  wakeRates
	claims claims // messages that are being delivered to other nodes
	// tries are those of queued messages, by their keys, and of nodes.
	tries retry.Tries[string]

	mu       sync.Mutex
	bySeat   map[string]*agent
	byKey    map[Key]*agent
	refusals map[Code]int64
}

// agent is an agent at hand. It never changes.
type agent struct {
	seat   string
	name   string
	host   bool
	of     string // the seat of the agent that made it
	key    Key
	handle ID
	secret ed25519.PrivateKey

	dir, self, inbox number
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
	keys, err := lru.New[Key, chains.PublicKey](keysKnown)
	if err != nil {
		return nil, err
	}
	p := &Post{
		o: o, limits: o.Limits.withDefaults(), node: Key(node.Bytes()), log: o.Logger, keys: keys,
		queued: make(chan struct{}, 1), woken: make(chan struct{}, 1),
		bySeat: map[string]*agent{}, byKey: map[Key]*agent{},
		refusals: map[Code]int64{}, tries: retry.Tries[string]{First: firstRetry, Last: lastRetry},
	}
	if err := p.run(ctx, nil, func(x *act) error { return x.begin(ctx) }); err != nil {
		return nil, fmt.Errorf("open the post: %w", err)
	}
	return p, nil
}

// begin makes the first host in an empty store.
func (x *act) begin(ctx context.Context) error {
	var s stateRow
	there, err := x.find(ctx, tableState, "state", &s)
	switch {
	case err != nil:
		return err
	case there && s.Version > schema:
		return fmt.Errorf("its rows are version %d, this program knows %d", s.Version, schema)
	case there && s.Node != x.p.node:
		return fmt.Errorf("it belongs to node %s, but the vat's key is that of %s: identifiers would lead elsewhere", s.Node, x.p.node)
	case there:
		return nil
	}
	if err := x.put(ctx, tableState, "state", stateRow{Version: schema, Node: x.p.node}); err != nil {
		return err
	}
	self, err := x.makeAgent(ctx, FirstHost, true, "")
	if err != nil {
		return err
	}
	return x.log(ctx, self, "mkhost", 0, map[string]string{"name": FirstHost})
}

// Close ends the post. Serve must have ended; the store stays open.
func (p *Post) Close() error { return nil }

// Node is the vat's own key on the network.
func (p *Post) Node() Key { return p.node }

// Serve does what happens by itself, until ctx ends: it delivers to other
// nodes, runs what messages wake, and removes what nobody holds. It returns nil.
func (p *Post) Serve(ctx context.Context) error {
	var group sync.WaitGroup
	group.Go(func() { p.deliverQueue(ctx) })
	group.Go(func() { p.runWakes(ctx) })
	group.Go(func() { p.collectAlways(ctx) })
	group.Wait()
	return nil
}

// count counts a refusal.
func (p *Post) count(err error) error {
	var e *Error
	if errors.As(err, &e) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.refusals[e.Code]++
	}
	return err
}

// Refusals counts what came from other nodes, or was shown to OpenSealed, and
// was refused, since the post was opened.
func (p *Post) Refusals() map[Code]int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	counts := make(map[Code]int64, len(p.refusals))
	for code, n := range p.refusals {
		counts[code] = n
	}
	return counts
}

// Agents lists all agents, in the order in which they were made.
func (p *Post) Agents(ctx context.Context) ([]AgentInfo, error) {
	var list []AgentInfo
	err := p.run(ctx, nil, func(x *act) error {
		list = nil
		for after := ""; ; {
			entries, err := x.tx.Entries(ctx, tableAgent, store.EntriesQuery{After: after, Limit: pageRows})
			if err != nil {
				return err
			}
			for _, e := range entries {
				a, err := x.agentBySeat(ctx, e.Key)
				if err != nil {
					return err
				}
				info, err := x.info(ctx, a)
				if err != nil {
					return err
				}
				list = append(list, info)
			}
			if len(entries) < pageRows {
				return nil
			}
			after = entries[len(entries)-1].Key
		}
	})
	return list, err
}

// pageRows is how many rows are read at a time.
const pageRows = 64

// Agent gives an agent by the owner's name for it (bob), by names from maker to
// made (self.bob), or by the identifier of its handle.
func (p *Post) Agent(ctx context.Context, name string) (*Agent, error) {
	var found *agent
	err := p.run(ctx, nil, func(x *act) (err error) {
		found, err = x.agentByName(ctx, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &Agent{p: p, who: found}, nil
}

// agentByName is [Post.Agent] within an action.
func (x *act) agentByName(ctx context.Context, name string) (*agent, error) {
	if looksLikeID(name) {
		id, err := ParseID(name)
		if err != nil {
			return nil, err
		}
		if id.Node != x.p.node {
			return nil, refusal(NotFound, "the agent lives on another node")
		}
		return x.agentByKey(ctx, id.Number)
	}
	var maker string
	var found *agent
	for part := range strings.SplitSeq(name, ".") {
		seat := ""
		if petName.MatchString(part) {
			if _, err := x.find(ctx, tableAgentName, part, &seat); err != nil {
				return nil, err
			}
		}
		if seat == "" {
			return nil, noAgent(name)
		}
		a, err := x.agentBySeat(ctx, seat)
		if err != nil {
			return nil, err
		}
		if found != nil && a.of != maker {
			return nil, noAgent(name)
		}
		found, maker = a, a.seat
	}
	return found, nil
}

func noAgent(name string) *Error {
	return refusal(NotFound, "there is no agent %.140q in this vat", name).hint("`qvat agent agents` lists them")
}

// agentBySeat gives the agent at a seat.
func (x *act) agentBySeat(ctx context.Context, seat string) (*agent, error) {
	if a := x.made[seat]; a != nil {
		return a, nil
	}
	x.p.mu.Lock()
	a := x.p.bySeat[seat]
	x.p.mu.Unlock()
	if a != nil {
		return a, nil
	}
	var row agentRow
	there, err := x.find(ctx, tableAgent, seat, &row)
	if err != nil {
		return nil, err
	}
	if !there || len(row.Seed) != ed25519.SeedSize {
		return nil, refusal(NotFound, "there is no such agent in this vat")
	}
	a = x.p.atHand(seat, row)
	x.made[seat] = a
	return a, nil
}

// atHand makes an agent of its row.
func (p *Post) atHand(seat string, row agentRow) *agent {
	secret := ed25519.NewKeyFromSeed(row.Seed)
	key := Key(secret.Public().(ed25519.PublicKey))
	return &agent{
		seat: seat, name: row.Name, host: row.Host, of: row.Of, key: key, secret: secret,
		handle: ID{Number: key, Node: p.node}, dir: row.Dir, self: row.Self, inbox: row.Inbox,
	}
}

// agentByKey gives the agent with a public key.
func (x *act) agentByKey(ctx context.Context, key Key) (*agent, error) {
	x.p.mu.Lock()
	a := x.p.byKey[key]
	x.p.mu.Unlock()
	if a != nil {
		return a, nil
	}
	var seat string
	there, err := x.find(ctx, tableAgentKey, key.String(), &seat)
	if err != nil {
		return nil, err
	}
	if !there {
		return nil, refusal(NotFound, "no agent of this vat has the handle %s…", key.String()[:8])
	}
	return x.agentBySeat(ctx, seat)
}

// remember keeps agents at hand that are on the disk.
func (p *Post) remember(made map[string]*agent) {
	if len(made) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for seat, a := range made {
		p.bySeat[seat], p.byKey[a.key] = a, a
	}
}

// random gives 32 bytes that nobody can guess.
func random() (n number) {
	rand.Read(n[:]) //nolint:errcheck // it never fails
	return n
}

// draws gives numbers that come of a seed. It is for one goroutine.
type draws struct {
	seed  [32]byte
	count uint64
}

func (d *draws) next() (n number) {
	d.count++
	h := hmac.New(sha256.New, d.seed[:])
	h.Write(binary.BigEndian.AppendUint64([]byte("qvat mail draw v1\n"), d.count)) //nolint:errcheck // it never fails
	h.Sum(n[:0])
	return n
}

// random gives what [random] does; within a transaction of somebody else's, what
// comes of its seed.
func (x *act) random() number {
	if x.draws == nil {
		return random()
	}
	return x.draws.next()
}

// messageID gives the id of a new message: eight bytes of the time, so that ids
// grow, and 24 that nobody can guess.
func (x *act) messageID() number {
	n := x.random()
	binary.BigEndian.PutUint64(n[:], uint64(x.at.UnixNano()))
	return n
}

// OpenSealed is a handle's `open`: it tells whether a message is from whom it
// says, to whom it says, and whole. It asks nobody. It fails with code BadSeal,
// or with NotFound where the message says that it is from an agent of this vat
// that there is not.
func (p *Post) OpenSealed(m Sealed) error {
	_, err := p.open(m)
	if err == nil && m.From.Node == p.node {
		err = p.run(context.Background(), nil, func(x *act) error {
			_, err := x.agentByKey(context.Background(), m.From.Number)
			return err
		})
	}
	return p.count(err)
}

// open checks a message's seal and gives what is in it.
func (p *Post) open(m Sealed) (body, error) {
	if len(m.Body) > p.limits.MessageBytes {
		return body{}, refusal(BadSeal, "a message's body has %d bytes at most", p.limits.MessageBytes)
	}
	key, err := p.checkedKey(m.From.Number)
	if err != nil {
		return body{}, err
	}
	if !key.Verify(m.statement(), m.Signature[:]) {
		return body{}, refusal(BadSeal, "the message's seal does not hold: it was forged, re-addressed or changed")
	}
	return p.decodeBody(m.Body)
}

// checkedKey gives an agent's key, checked to be one that only its owner signs
// with.
func (p *Post) checkedKey(k Key) (chains.PublicKey, error) {
	if key, ok := p.keys.Get(k); ok {
		return key, nil
	}
	key, err := chains.ParsePublicKey(slices.Clone(k[:]))
	if err != nil {
		return key, refusal(BadSeal, "the sender's key is no key: %v", err)
	}
	p.keys.Add(k, key)
	return key, nil
}
