package agent

import (
	"context"

	"github.com/spf13/cobra"

	"qvat/cmd/qvat/cli"
	"qvat/host/actions"
)

func newAgents(t *talk) *cobra.Command {
	return &cobra.Command{
		Use:   "agents",
		Short: "List the vat's agents",
		Long: `Lists the agents of the vat by the names that --as takes: host or guest, how many new
messages, and who made it.

With --json: an array of {"name", "kind", "of", "key", "handle", "unread", "wakes"}.`,
		Example: `  qvat agent agents
  qvat agent agents --vat /srv/alice --json`,
		Args: cli.Args(),
		RunE: t.does(func(ctx context.Context, _ *cobra.Command, _ []string) error {
			all, err := t.client.Agents(ctx)
			if err != nil {
				return err
			}
			return rows(t, all, func(one actions.Agent) []string {
				of, wakes := "", ""
				if one.Of != "" {
					of = "made by " + one.Of
				}
				if one.Wakes != "" {
					wakes = "wakes " + one.Wakes
				}
				return []string{one.Name, one.Kind, cli.Thousands(int64(one.Unread)) + " new", of, wakes}
			})
		}),
	}
}

// newMake is mkhost or mkguest.
func newMake(t *talk, kind string) *cobra.Command {
	can := "It can do what the agent that makes it can: make agents, values and capabilities."
	if kind == "guest" {
		can = "It has mail and names, and what it is given."
	}
	return &cobra.Command{
		Use:   "mk" + kind + " NAME",
		Short: "Make a " + kind,
		Long: `Makes a ` + kind + `, and prints the identifier of its handle.
` + can + `
The two are introduced: NAME is the maker's name for it, and HOST is its name for the
maker. --as takes NAME too: it is the only agent of that name in the vat.

With --json: what 'qvat agent agents' shows of it.`,
		Example: "  qvat agent mk" + kind + " bob",
		Args:    cli.Args("NAME"),
		RunE: t.does(func(ctx context.Context, _ *cobra.Command, args []string) error {
			make := actions.Request[actions.Agent](actions.MakeHost{Name: args[0]})
			if kind == "guest" {
				make = actions.MakeGuest{Name: args[0]}
			}
			made, err := ask(ctx, t, make)
			switch {
			case err != nil:
				return err
			case t.asJSON:
				return t.PrintJSON(made)
			}
			return t.PrintLine(made.Handle.String())
		}),
	}
}
