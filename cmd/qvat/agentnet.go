package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"qvat/host/control"
)

func newAgentOutbox(t *talk) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "outbox",
		Short: "List the messages that are on their way to other nodes",
		Long: `Lists the messages that have not been acknowledged by the node they are for: number,
recipient, since when, how often it was tried, and why the last time failed. They are
tried again until they arrive, or 'qvat agent cancel' takes them back.

With --json: an array of {"id", "number", "to", "toName", "since", "tries", "next",
"error"}.`,
		Example: `  qvat agent outbox --as bob`,
		Args:    args(),
	}
	cmd.RunE = t.does(func(ctx context.Context, _ []string) error {
		all, err := askAs[[]control.Queued](ctx, t, "outbox", control.Nothing{})
		if err != nil {
			return err
		}
		if t.asJSON {
			return t.printJSON(all)
		}
		return t.table(func(w *table) {
			for _, q := range all {
				w.row(strconv.FormatUint(q.Number, 10), "to "+q.ToName, "since "+shownTime(q.Since), "tried "+count(q.Tries, "time"), q.Error)
			}
		})
	})
	return cmd
}

func newAgentCancel(t *talk) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cancel NUMBER|ID",
		Short: "Take back a message that has not arrived",
		Long: `Takes a message that is in the outbox back, by its number in your mailbox or by its
id. One that may have arrived already is refused.`,
		Example: `  qvat agent cancel 7`,
		Args:    args("NUMBER|ID"),
	}
	cmd.RunE = t.does(func(ctx context.Context, args []string) error {
		id := args[0]
		if len(id) != 64 {
			n, err := number(cmd, id)
			if err != nil {
				return err
			}
			m, err := askAs[control.Message](ctx, t, "message", control.Numbered{Number: n})
			if err != nil {
				return err
			}
			id = m.ID
		}
		return t.tell(ctx, "cancel", control.Identified{ID: id})
	})
	return cmd
}

func newAgentPeers(t *talk) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "peers",
		Short: "List the other nodes that the vat has heard of",
		Long: `Lists other nodes: key, since when, and where they can be reached.

With --json: an array of {"node", "at", "since"}.`,
		Example: `  qvat agent peers`,
		Args:    args(),
	}
	cmd.RunE = t.does(func(ctx context.Context, _ []string) error {
		all, err := askAs[[]control.Peer](ctx, t, "peers", control.Nothing{})
		if err != nil {
			return err
		}
		if t.asJSON {
			return t.printJSON(all)
		}
		return t.table(func(w *table) {
			for _, p := range all {
				w.row(p.Node, "since "+shownTime(p.Since), strings.Join(p.At, " "))
			}
		})
	})
	return cmd
}

func newAgentLog(t *talk) *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "log [--limit N]",
		Short: "Show what the agent has done",
		Long: `Shows the newest actions of the agent, and what happened to it: number, time, action,
and what there is to say of it as JSON. The newest is last.

With --json: an array of {"number", "at", "action", "detail", "error"}.`,
		Example: `  qvat agent log --as bob --limit 20`,
		Args:    args(),
	}
	cmd.Flags().IntVar(&limit, "limit", 100, "the newest `N`, from 1 to 1000")
	cmd.RunE = t.does(func(ctx context.Context, _ []string) error {
		if limit < 1 || limit > maxRows {
			return usageError(cmd, "--limit goes from 1 to %d", maxRows)
		}
		all, err := askAs[[]control.LogEntry](ctx, t, "log", control.Reading{Limit: limit})
		if err != nil {
			return err
		}
		if t.asJSON {
			return t.printJSON(all)
		}
		return t.table(func(w *table) {
			for _, e := range all {
				row := []string{strconv.FormatUint(e.Number, 10), shownTime(e.At), e.Action, string(e.Detail)}
				if e.Error != "" {
					row = append(row, fmt.Sprintf("failed: %s", e.Error))
				}
				w.row(row...)
			}
		})
	})
	return cmd
}
