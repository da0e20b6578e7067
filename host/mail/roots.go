package mail

import (
	"context"
	"fmt"
	"strings"

	"qvat/host/caps"
)

// roots are what keeps what it holds, beside agents: letters that have not been
// dismissed, what an agent's mail wakes, and calls that wait to be run.
var roots = []caps.Root{
	{Prefix: rootMail, Tell: tellMail},
	{Prefix: rootCall, Tell: tellCall},
	{Prefix: rootWake, Tell: tellWake},
}

const (
	rootMail = "m"                      // m/agent number/letter's number
	rootCall = caps.HolderOwn + "/call" // …/key of the agent that called/call's id
	rootWake = caps.HolderOwn + "/wake" // …/agent number
)

// mailHolder is a letter in a mailbox as the holder of what it carries; key is its
// row's.
func mailHolder(key string) string { return caps.Below(rootMail, key) }

func tellMail(ctx context.Context, x *caps.Txn, key string) (string, *caps.Agent, error) {
	n, err := numberOf(key)
	if err != nil {
		return "", nil, err
	}
	owner, err := x.AgentByNumber(ctx, agentOf(key))
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("message %d of %s", n, owner.Name), owner, nil
}

// wakeHolder is an agent as the holder of what its mail wakes.
func wakeHolder(a *caps.Agent) string { return caps.Below(rootWake, a.Number) }

func tellWake(ctx context.Context, x *caps.Txn, number string) (string, *caps.Agent, error) {
	owner, err := x.AgentByNumber(ctx, number)
	if err != nil {
		return "", nil, err
	}
	return "agent " + owner.Name + ": its mail wakes it", owner, nil
}

// holder is the call as the holder of its chain and of what is in its data.
func (q queuedCall) holder() string {
	return caps.Below(rootCall, caps.Number(q.Agent.Number).String()+"/"+q.ID.String())
}

func tellCall(ctx context.Context, x *caps.Txn, rest string) (string, *caps.Agent, error) {
	key, _, _ := strings.Cut(rest, "/")
	n, err := caps.ParseNumber(key)
	if err != nil {
		return "", nil, err
	}
	owner, err := x.AgentByKey(ctx, n)
	if err != nil {
		return "", nil, err
	}
	return "agent " + owner.Name + ": a call that waits to be run", owner, nil
}
