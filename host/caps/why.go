package caps

import (
	"context"
	"fmt"
	"strings"
)

// Root is a kind of holder that keeps what it holds, by itself.
type Root struct {
	// Prefix begins its holders, as [Txn.Hold] is given them, before a slash. It is
	// none of a name or a thing (n, f); one below HolderOwn is found as an agent is.
	Prefix string
	// Owner gives the agent to which one belongs; rest is what follows the slash.
	Owner func(ctx context.Context, x *Txn, rest string) (*Agent, error)
	// Tell says in words what holds, of an agent of that name.
	Tell func(owner, rest string) string
}

// Why tells what holds something: the way from a root to it, a line for each step.
// What is held for an agent that who did not make, is not told in detail. It is
// empty when nothing holds it. It fails with NotFound when it is gone, and with Full
// when so many hold it that no way was found.
func (x *Txn) Why(ctx context.Context, who *Agent, id ID) (lines []string, err error) {
	if _, err := x.Formula(ctx, id); err != nil {
		return nil, err
	}
	way, err := x.wayTo(ctx, id)
	if err != nil || len(way) == 0 {
		return nil, err
	}
	line, owner, err := x.tellRoot(ctx, way[0])
	if err != nil {
		return nil, err
	}
	if ours, err := x.madeBy(ctx, owner, who); err != nil {
		return nil, err
	} else if !ours {
		return []string{"an agent that is not yours holds it"}, nil
	}
	lines = []string{line}
	for _, s := range way[1:] {
		if line, err = x.tellHolder(ctx, s); err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// tellRoot says in words which root holds something, and for which agent.
func (x *Txn) tellRoot(ctx context.Context, s step) (line string, owner *Agent, err error) {
	for _, r := range x.k.o.Roots {
		if rest, ok := strings.CutPrefix(s.holder, r.Prefix+"/"); ok {
			if owner, err = r.Owner(ctx, x, rest); err != nil {
				return "", nil, err
			}
			return r.Tell(owner.Name, rest), owner, nil
		}
	}
	f, err := x.Formula(ctx, s.id)
	if err != nil {
		return "", nil, err
	}
	what := string(f.Type)
	if own := x.k.kinds[f.Type].Own; own != nil {
		what = own(f)
	}
	if f.Agent != "" {
		owner, err = x.AgentByNumber(ctx, f.Agent)
	} else {
		owner, err = x.ownerOf(ctx, s.id)
	}
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("agent %s: its %s", owner.Name, what), owner, nil
}

// tellHolder says in words which name or thing holds something.
func (x *Txn) tellHolder(ctx context.Context, s step) (string, error) {
	parts := strings.SplitN(s.holder, "/", 3)
	if parts[0] == holderName {
		return "name " + parts[2], nil
	}
	held, err := x.TypeOf(ctx, s.id)
	if err != nil && CodeOf(err) == "" { // of another node's, no more is known
		return "", err
	}
	n, err := ParseNumber(parts[1])
	if err != nil {
		return "", err
	}
	f, err := x.Formula(ctx, ID{n, x.k.o.Node})
	return fmt.Sprintf("%s: a %s", x.k.kinds[f.Type].Holding, held), err
}

// ownerOf gives the agent whose own directory something is: it does not say so
// itself.
func (x *Txn) ownerOf(ctx context.Context, id ID) (owner *Agent, err error) {
	err = x.EachAgent(ctx, func(a *Agent) (bool, error) {
		if a.Dir == id.Number {
			owner = a
		}
		return owner == nil, nil
	})
	if err == nil && owner == nil {
		err = Refuse(NotFound, "nobody owns the directory any more")
	}
	return owner, err
}
