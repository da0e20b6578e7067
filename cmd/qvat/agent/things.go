package agent

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"qvat/chains"
	"qvat/cmd/qvat/cli"
	"qvat/host/actions"
)

func newStore(t *talk) *cobra.Command {
	var value string
	cmd := &cobra.Command{
		Use:   "store NAME --json-value V",
		Short: "Keep a value under a name",
		Long: `Keeps a JSON value under a name, and prints its identifier. A value is never changed:
storing another under the same name makes another. Only hosts store values.`,
		Example: `  qvat agent store limits --json-value '{"n": 1}'
  qvat agent store photo --json-value @photo.json --as alice`,
		Args: cli.Args("NAME"),
	}
	cmd.Flags().StringVar(&value, "json-value", "", "the value: `JSON`, @FILE, or - for stdin")
	cmd.RunE = t.does(func(ctx context.Context, cmd *cobra.Command, args []string) error {
		if !cmd.Flags().Changed("json-value") {
			return cli.UsageError(cmd, "--json-value is missing")
		}
		v, err := t.ReadJSON(cmd, "--json-value", "--json-value", value, chains.DefaultInput)
		if err != nil {
			return err
		}
		return text(ctx, t, "id", actions.StoreValue{Name: args[0], Value: v})
	})
	return cmd
}

func newPublish(t *talk, capsules Capsules) *cobra.Command {
	var name string
	limits := chains.Limits{}
	cmd := &cobra.Command{
		Use:   "publish CAPSULE --name N",
		Short: "Make a capability that runs a chain",
		Long: `Keeps the chain of CAPSULE, a file or a saved name, as a capability under --name, and
prints its identifier. Who has it can call it, and needs nothing else: the chain's
first link is signed by the vat's root key, as for any message. Only hosts publish.`,
		Example: `  qvat agent publish counter.chain --name counter
  qvat agent send bob "count with @counter"`,
		Args:              cli.Args("CAPSULE"),
		ValidArgsFunction: cli.First(capsules.Complete),
	}
	cli.LimitFlag(cmd, &limits)
	cmd.Flags().StringVar(&name, "name", "", "the `NAME` to publish it under")
	cmd.RunE = t.does(func(ctx context.Context, cmd *cobra.Command, args []string) error {
		if name == "" {
			return cli.UsageError(cmd, "--name is missing")
		}
		capsule, err := capsules.Read(args[0], limits)
		if err != nil {
			return err
		}
		return text(ctx, t, "id", actions.Publish{Name: name, Capsule: capsule})
	})
	return cmd
}

func newCall(t *talk) *cobra.Command {
	var input string
	var slots []string
	cmd := &cobra.Command{
		Use:   "call NAME [--input JSON] [--slot N=PETNAME]...",
		Short: "Call a published chain",
		Long: `Calls the published chain that NAME leads to, and prints its result as JSON on one
line; a result that is undefined prints nothing. --input is what its last program
receives.

{"@": "N"} in the input stands for the capability that --slot N=PETNAME names: it
arrives in the program as something to call. In the result {"@": "IDENTIFIER"} stands
for each capability. A key of data that begins with @ has one more @ before it.`,
		Example: `  qvat agent call counter --input 5
  qvat agent call counter --input '{"n": 1}' --as bob`,
		Args:              cli.Args("NAME"),
		ValidArgsFunction: cli.First(t.completeNames),
	}
	f := cmd.Flags()
	f.StringVar(&input, "input", "", "the input: `JSON`, @FILE, or - for stdin")
	f.StringArrayVar(&slots, "slot", nil, "`N=PETNAME`: what stands at slot N of the input; may be given again")
	cmd.RunE = t.does(func(ctx context.Context, cmd *cobra.Command, args []string) error {
		q := actions.Call{Name: args[0], Slots: map[string]string{}}
		for _, s := range slots {
			n, name, ok := strings.Cut(s, "=")
			if _, again := q.Slots[n]; !ok || n == "" || name == "" || again {
				return cli.UsageError(cmd, "--slot %s: it should be N=PETNAME, once for each N", s)
			}
			q.Slots[n] = name
		}
		if cmd.Flags().Changed("input") {
			var err error
			if q.Input, err = t.ReadJSON(cmd, "--input", "--input", input, chains.DefaultInput); err != nil {
				return err
			}
		}
		called, err := ask(ctx, t, q)
		if err != nil {
			return err
		}
		return t.PrintResult(called.Result)
	})
	return cmd
}

func newWake(t *talk) *cobra.Command {
	var fuel int64
	var none bool
	cmd := &cobra.Command{
		Use:   "wake NAME [--fuel N] | wake --none",
		Short: "Choose the chain that runs on each delivery",
		Long: `From now on the published chain that NAME leads to runs for each message that the
agent gets, with {"message"} as its input, and at most --fuel of fuel. With --none,
nothing runs. What fails is in 'qvat agent log'.`,
		Example: `  qvat agent wake answer --as bob
  qvat agent wake --none --as bob`,
		Args:              cli.Args("[NAME]"),
		ValidArgsFunction: cli.First(t.completeNames),
	}
	f := cmd.Flags()
	f.Int64Var(&fuel, "fuel", 0, "at most `N` of fuel each time, and not the vat's own number")
	f.BoolVar(&none, "none", false, "let nothing run")
	cmd.RunE = t.tells(func(_ context.Context, cmd *cobra.Command, args []string) (actions.Order, error) {
		if (len(args) > 0) == none {
			return nil, cli.UsageError(cmd, "name a chain, or give --none")
		}
		if fuel < 0 {
			return nil, cli.UsageError(cmd, "--fuel must be above 0")
		}
		q := actions.SetWake{Fuel: fuel}
		if !none {
			q.Name = args[0]
		}
		return q, nil
	})
	return cmd
}

func newInvite(t *talk) *cobra.Command {
	var expires time.Duration
	cmd := &cobra.Command{
		Use:   "invite NAME [--expires D]",
		Short: "Make an invitation",
		Long: `Makes an invitation for another agent of this vat, and prints its locator. Whoever
accepts it first is NAME to you from then on, and you are what they choose. It can be
accepted once, before it expires: hand the locator to that agent alone.`,
		Example: `  qvat agent invite bob
  qvat agent invite bob --expires 1h`,
		Args: cli.Args("NAME"),
	}
	cmd.Flags().DurationVar(&expires, "expires", 0, "after `D`, such as 1h30m, it is too late; without it, the vat's own time")
	cmd.RunE = t.does(func(ctx context.Context, cmd *cobra.Command, args []string) error {
		if cmd.Flags().Changed("expires") && expires < time.Second {
			return cli.UsageError(cmd, "--expires: an invitation lasts for a second at least")
		}
		return text(ctx, t, "locator", actions.Invite{Name: args[0], Lasts: actions.Lifetime(expires)})
	})
	return cmd
}

func newAccept(t *talk) *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "accept LOCATOR --name N",
		Short: "Accept an invitation",
		Long: `Accepts the invitation LOCATOR of another agent of this vat. Who made it is N to you
from then on, and has the name for you that was chosen when it was made. A second time
is refused (used).`,
		Example: `  qvat agent accept "qvat://…" --name alice --as bob`,
		Args:    cli.Args("LOCATOR"),
	}
	cmd.Flags().StringVar(&name, "name", "", "call who made it `N`")
	cmd.RunE = t.tells(func(_ context.Context, cmd *cobra.Command, args []string) (actions.Order, error) {
		if name == "" {
			return nil, cli.UsageError(cmd, "--name is missing")
		}
		return actions.Accept{Locator: args[0], Name: name}, nil
	})
	return cmd
}
