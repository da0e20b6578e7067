package main

import (
	"context"

	"github.com/spf13/cobra"

	"qvat/host/control"
)

func newAgentAgents(t *talk) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "agents",
		Short: "List the vat's agents",
		Long: `Lists the agents of the vat by the names that --as takes: host or guest, how many new
messages, and who made it.

With --json: an array of {"name", "kind", "of", "key", "handle", "unread", "wakes"}.`,
		Example: `  qvat agent agents
  qvat agent agents --vat /srv/alice --json`,
		Args: args(),
	}
	cmd.RunE = t.does(func(ctx context.Context, _ []string) error {
		all, err := t.client.Agents(ctx)
		if err != nil {
			return err
		}
		if t.asJSON {
			return t.printJSON(all)
		}
		return t.table(func(w *table) {
			for _, one := range all {
				of, wakes := "", ""
				if one.Of != "" {
					of = "made by " + one.Of
				}
				if one.Wakes != "" {
					wakes = "wakes " + one.Wakes
				}
				w.row(one.Name, one.Kind, thousands(int64(one.Unread))+" new", of, wakes)
			}
		})
	})
	return cmd
}

// newAgentMake is mkhost or mkguest.
func newAgentMake(t *talk, kind string) *cobra.Command {
	can := "It can do what the agent that makes it can: make agents, values and capabilities."
	if kind == "guest" {
		can = "It has mail and names, and what it is given."
	}
	cmd := &cobra.Command{
		Use:   "mk" + kind + " NAME",
		Short: "Make a " + kind,
		Long: `Makes a ` + kind + `, and prints the identifier of its handle.
` + can + `
The two are introduced: NAME is the maker's name for it, and HOST is its name for the
maker. --as takes NAME too: it is the only agent of that name in the vat.

With --json: what 'qvat agent agents' shows of it.`,
		Example: "  qvat agent mk" + kind + " bob",
		Args:    args("NAME"),
	}
	cmd.RunE = t.does(func(ctx context.Context, args []string) error {
		made, err := askAs[control.Agent](ctx, t, "make"+kind, control.Named{Name: args[0]})
		switch {
		case err != nil:
			return err
		case t.asJSON:
			return t.printJSON(made)
		}
		return t.printLine(made.Handle)
	})
	return cmd
}
