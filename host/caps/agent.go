package caps

import (
	"context"
	"crypto/ed25519"
	"strings"

	"qvat/host/store"
)

// Agent is an agent: it holds things, and pays for them. It never changes.
type Agent struct {
	Number string // as keys have it
	Name   string // the owner's, unique in the vat
	Host   bool
	Maker  string // the number of the agent that made it; "" for the first
	Key    Key
	Handle ID

	Dir, Self, Inbox Number // its directory, its own powers, its mailbox

	secret ed25519.PrivateKey
}

// Sign signs with the agent's key.
func (a *Agent) Sign(statement []byte) []byte { return ed25519.Sign(a.secret, statement) }

// atHand makes an agent of its row.
func (k *Keeper) atHand(number string, row agentRow) *Agent {
	secret := ed25519.NewKeyFromSeed(row.Seed)
	key := Key(secret.Public().(ed25519.PublicKey))
	return &Agent{
		Number: number, Name: row.Name, Host: row.Host, Maker: row.Maker, Key: key, secret: secret,
		Handle: ID{Number: key, Node: k.o.Node}, Dir: row.Dir, Self: row.Self, Inbox: row.Inbox,
	}
}

// remember keeps agents at hand that are on the disk.
func (k *Keeper) remember(agents map[string]*Agent) {
	if len(agents) == 0 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	// order: into maps
	for number, a := range agents {
		k.byNumber[number], k.byKey[a.Key] = a, a
	}
}

// AgentByNumber gives the agent with a number. It fails with NotFound.
func (x *Txn) AgentByNumber(ctx context.Context, number string) (*Agent, error) {
	if a := x.agents[number]; a != nil {
		return a, nil
	}
	x.k.mu.Lock()
	a := x.k.byNumber[number]
	x.k.mu.Unlock()
	if a != nil {
		return a, nil
	}
	var row agentRow
	there, err := x.Find(ctx, tableAgent, number, &row)
	if err != nil {
		return nil, err
	}
	if !there || len(row.Seed) != ed25519.SeedSize {
		return nil, Refuse(NotFound, "there is no such agent in this vat")
	}
	a = x.k.atHand(number, row)
	x.agents[number] = a
	return a, nil
}

// AgentByKey gives the agent with a public key. It fails with NotFound.
func (x *Txn) AgentByKey(ctx context.Context, key Key) (*Agent, error) {
	x.k.mu.Lock()
	a := x.k.byKey[key]
	x.k.mu.Unlock()
	if a != nil {
		return a, nil
	}
	var number string
	there, err := x.Find(ctx, tableAgentKey, key.String(), &number)
	if err != nil {
		return nil, err
	}
	if !there {
		return nil, Refuse(NotFound, "no agent of this vat has the handle %s…", key.String()[:8])
	}
	return x.AgentByNumber(ctx, number)
}

// AgentByName gives an agent by the owner's name for it (bob), by names from maker
// to made (self.bob), or by the identifier of its handle. It fails with NotFound,
// and with BadName for an identifier that is none.
func (x *Txn) AgentByName(ctx context.Context, name string) (*Agent, error) {
	if LooksLikeID(name) {
		id, err := ParseID(name)
		if err != nil {
			return nil, err
		}
		if id.Node != x.k.o.Node {
			return nil, Refuse(NotFound, "the agent lives on another node")
		}
		return x.AgentByKey(ctx, id.Number)
	}
	var found *Agent
	for part := range strings.SplitSeq(name, ".") {
		number := ""
		if petName.MatchString(part) {
			if _, err := x.Find(ctx, tableAgentName, part, &number); err != nil {
				return nil, err
			}
		}
		if number == "" {
			return nil, noAgent(name)
		}
		a, err := x.AgentByNumber(ctx, number)
		if err != nil {
			return nil, err
		}
		if found != nil && a.Maker != found.Number {
			return nil, noAgent(name)
		}
		found = a
	}
	return found, nil
}

func noAgent(name string) *Error {
	return Refuse(NotFound, "there is no agent %.140q in this vat", name).WithHint("`qvat agent agents` lists them")
}

// EachAgent gives all agents, in the order in which they were made, until give has
// enough or fails.
func (x *Txn) EachAgent(ctx context.Context, give func(a *Agent) (more bool, err error)) error {
	return x.Each(ctx, tableAgent, store.EntriesQuery{}, func(number string, _ []byte) (bool, error) {
		a, err := x.AgentByNumber(ctx, number)
		if err != nil {
			return false, err
		}
		return give(a)
	})
}

// MakeAgent makes an agent with all that is its own; maker is the number of the
// agent that makes it, "" for the first. It fails with Full where there are as many
// as may be, and with BadName where the name is taken.
func (x *Txn) MakeAgent(ctx context.Context, name string, host bool, maker string) (*Agent, error) {
	var s stateRow
	if _, err := x.Find(ctx, tableState, stateKey, &s); err != nil {
		return nil, err
	}
	if s.Agents >= x.k.o.MaxAgents {
		return nil, Refuse(Full, "the vat has %d agents, which is its limit", s.Agents)
	}
	var taken string
	if there, err := x.Find(ctx, tableAgentName, name, &taken); err != nil {
		return nil, err
	} else if there {
		return nil, Refuse(BadName, "an agent of this vat is called %s already: the name is taken", name)
	}
	s.Agents++
	number := AgentNumber(s.Agents)
	var drawn [4]Number
	for i := range drawn {
		var err error
		if drawn[i], err = x.Random(); err != nil {
			return nil, err
		}
	}
	row := agentRow{Name: name, Host: host, Maker: maker, Seed: drawn[0][:], Dir: drawn[1], Self: drawn[2], Inbox: drawn[3]}
	a := x.k.atHand(number, row)
	for _, r := range []struct {
		table, key string
		value      any
	}{
		{tableState, stateKey, s},
		{tableAgent, number, row},
		{tableAgentKey, a.Key.String(), number},
		{tableAgentName, name, number},
	} {
		if err := x.Put(ctx, r.table, r.key, r.value); err != nil {
			return nil, err
		}
	}
	for _, own := range []struct {
		number Number
		f      Formula
	}{
		{Number(a.Key), Formula{Type: TypeHandle, Agent: number}},
		{a.Dir, Formula{Type: TypeDirectory, Payer: number}},
		{a.Self, Formula{Type: TypeAgent, Agent: number}},
		{a.Inbox, Formula{Type: TypeDirectory, Agent: number, Inbox: true}},
	} {
		id := ID{own.number, x.k.o.Node}
		if err := x.putFormula(ctx, id, own.f); err != nil {
			return nil, err
		}
		if err := x.Hold(ctx, id, HolderOwn); err != nil {
			return nil, err
		}
	}
	x.agents[number] = a
	return a, nil
}

// madeBy tells whether an agent is another one, or was made by it, or by one that
// it made.
func (x *Txn) madeBy(ctx context.Context, a, maker *Agent) (bool, error) {
	for a.Number != maker.Number && a.Maker != "" {
		var err error
		if a, err = x.AgentByNumber(ctx, a.Maker); err != nil {
			return false, err
		}
	}
	return a.Number == maker.Number, nil
}
