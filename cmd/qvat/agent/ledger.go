package agent

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"qvat/cmd/qvat/cli"
	"qvat/host/actions"
)

// newOutbox, newCancel and newPeers are hidden: nothing connects a vat to other
// nodes yet.
func newOutbox(t *talk) *cobra.Command {
	return &cobra.Command{
		Hidden: true,
		Use:    "outbox",
		Short:  "List the messages that are on their way to other nodes",
		Long: `Lists the messages that have not been acknowledged by the node they are for: number,
recipient, since when, how often it was tried, and why the last time failed. They are
tried again until they arrive, or 'qvat agent cancel' takes them back.

With --json: an array of {"id", "number", "to", "toName", "since", "tries", "next",
"error"}.`,
		Example: `  qvat agent outbox --as bob`,
		Args:    cli.Args(),
		RunE: t.does(func(ctx context.Context, _ *cobra.Command, _ []string) error {
			return list(ctx, t, actions.Outbox{}, func(q actions.Queued) []string {
				return []string{
					strconv.FormatUint(q.Number, 10), "to " + q.ToName, "since " + shownTime(q.Since), "tried " + cli.Count(q.Tries, "time"), q.Error,
				}
			})
		}),
	}
}

func newCancel(t *talk) *cobra.Command {
	return &cobra.Command{
		Hidden: true,
		Use:    "cancel NUMBER|ID",
		Short:  "Take back a message that has not arrived",
		Long: `Takes a message that is in the outbox back, by its number in your mailbox or by its
id. One that may have arrived already is refused.`,
		Example: `  qvat agent cancel 7`,
		Args:    cli.Args("NUMBER|ID"),
		RunE: t.tells(func(ctx context.Context, cmd *cobra.Command, args []string) (actions.Order, error) {
			if len(args[0]) == 64 {
				return actions.Cancel{ID: actions.MessageID(args[0])}, nil
			}
			n, err := number(cmd, args[0])
			if err != nil {
				return nil, err
			}
			l, err := ask(ctx, t, actions.OneLetter{Number: n})
			return actions.Cancel{ID: l.ID}, err
		}),
	}
}

func newPeers(t *talk) *cobra.Command {
	return &cobra.Command{
		Hidden: true,
		Use:    "peers",
		Short:  "List the other nodes that the vat has heard of",
		Long: `Lists other nodes: key, since when, and where they can be reached.

With --json: an array of {"node", "at", "since"}.`,
		Example: `  qvat agent peers`,
		Args:    cli.Args(),
		RunE: t.does(func(ctx context.Context, _ *cobra.Command, _ []string) error {
			return list(ctx, t, actions.Peers{}, func(p actions.Peer) []string {
				return []string{p.Node.String(), "since " + shownTime(p.Since), strings.Join(p.At, " ")}
			})
		}),
	}
}

func newLog(t *talk) *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "log [--limit N]",
		Short: "Show what the agent has done",
		Long: `Shows the newest actions of the agent, and what happened to it: number, time, action,
and what there is to say of it as JSON. The newest is last.

With --json: an array of {"number", "at", "action", "detail", "error"}.`,
		Example: `  qvat agent log --as bob --limit 20`,
		Args:    cli.Args(),
	}
	cmd.Flags().IntVar(&limit, "limit", 100, "the newest `N`, from 1 to 1000")
	cmd.RunE = t.does(func(ctx context.Context, cmd *cobra.Command, _ []string) error {
		if limit < 1 || limit > maxRows {
			return cli.UsageError(cmd, "--limit goes from 1 to %d", maxRows)
		}
		return list(ctx, t, actions.Log{Limit: limit}, func(e actions.LogEntry) []string {
			row := []string{strconv.FormatUint(e.Number, 10), shownTime(e.At), e.Action, string(e.Detail)}
			if e.Error != "" {
				row = append(row, "failed: "+e.Error)
			}
			return row
		})
	})
	return cmd
}
