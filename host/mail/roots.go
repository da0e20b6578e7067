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
	{Prefix: rootMail, Owner: ownerByNumber, Tell: tellMail},
	{Prefix: rootWake, Owner: ownerByNumber, Tell: func(owner, _ string) string { return "agent " + owner + ": its mail wakes it" }},
	{Prefix: rootCall, Owner: ownerByKey, Tell: func(owner, _ string) string { return "agent " + owner + ": a call that waits to be run" }},
}

const (
	rootMail = "m"                      // m/agent number/letter's number
	rootWake = caps.HolderOwn + "/wake" // …/agent number
	rootCall = caps.HolderOwn + "/call" // …/key of the agent that called/call's id
)

// mailHolder is a letter in a mailbox as the holder of what it carries; key is its
// row's.
func mailHolder(key string) string { return caps.Below(rootMail, key) }

// wakeHolder is an agent as the holder of what its mail wakes.
func wakeHolder(a *caps.Agent) string { return caps.Below(rootWake, a.Number) }

// holder is the call as the holder of its chain and of what is in its data.
func (q queuedCall) holder() string {
	return caps.Below(rootCall, caps.Below(caps.Number(q.Agent.Number).String(), q.ID.String()))
}

func ownerByNumber(ctx context.Context, x *caps.Txn, rest string) (*caps.Agent, error) {
	return x.AgentByNumber(ctx, agentOf(rest))
}

func ownerByKey(ctx context.Context, x *caps.Txn, rest string) (*caps.Agent, error) {
	key, _, _ := strings.Cut(rest, "/")
	n, err := caps.ParseNumber(key)
	if err != nil {
		return nil, err
	}
	return x.AgentByKey(ctx, n)
}

func tellMail(owner, key string) string {
	n, err := numberOf(key)
	if err != nil {
		return "a message of " + owner + ", whose number is damaged"
	}
	return fmt.Sprintf("message %d of %s", n, owner)
}
