package main

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"qvat/chains"
	"qvat/host/control"
)

// givenJSON reads a JSON text of the command line: the text itself, @FILE, or -
// for stdin. flag is where it stands.
func (t *talk) givenJSON(cmd *cobra.Command, flag, given string) (json.RawMessage, error) {
	text := []byte(given)
	if path, ok := strings.CutPrefix(given, "@"); ok || given == "-" {
		if !ok {
			path = "-"
		}
		var err error
		if text, err = t.readInput(path, chains.InputBytes, chains.DefaultInput); err != nil {
			return nil, err
		}
	}
	if !json.Valid(text) {
		return nil, usageError(cmd, "%s is not JSON: %w", flag, jsonError(text))
	}
	return text, nil
}

func newAgentStore(t *talk) *cobra.Command {
	var value string
	cmd := &cobra.Command{
		Use:   "store NAME --json-value V",
		Short: "Keep a value under a name",
		Long: `Keeps a JSON value under a name, and prints its identifier. A value is never changed:
storing another under the same name makes another. Only hosts store values.`,
		Example: `  qvat agent store limits --json-value '{"n": 1}'
  qvat agent store photo --json-value @photo.json --as alice`,
		Args: args("NAME"),
	}
	cmd.Flags().StringVar(&value, "json-value", "", "the value: `JSON`, @FILE, or - for stdin")
	cmd.RunE = t.does(func(ctx context.Context, args []string) error {
		if !cmd.Flags().Changed("json-value") {
			return usageError(cmd, "--json-value is missing")
		}
		v, err := t.givenJSON(cmd, "--json-value", value)
		if err != nil {
			return err
		}
		id, err := askAs[string](ctx, t, "storevalue", control.Storing{Name: args[0], Value: v})
		return t.printField("id", id, err)
	})
	return cmd
}

func newAgentPublish(t *talk) *cobra.Command {
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
		Args:              args("CAPSULE"),
		ValidArgsFunction: first(t.completeCapsules),
	}
	limitFlag(cmd, &limits)
	cmd.Flags().StringVar(&name, "name", "", "the `NAME` to publish it under")
	cmd.RunE = t.does(func(ctx context.Context, args []string) error {
		if name == "" {
			return usageError(cmd, "--name is missing")
		}
		c, err := t.readCapsule(args[0], limits)
		if err != nil {
			return err
		}
		id, err := askAs[string](ctx, t, "publish", control.Publishing{Name: name, Capsule: c.bytes})
		return t.printField("id", id, err)
	})
	return cmd
}

func newAgentCall(t *talk) *cobra.Command {
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
		Args:              args("NAME"),
		ValidArgsFunction: first(t.completeNames),
	}
	f := cmd.Flags()
	f.StringVar(&input, "input", "", "the input: `JSON`, @FILE, or - for stdin")
	f.StringArrayVar(&slots, "slot", nil, "`N=PETNAME`: what stands at slot N of the input; may be given again")
	cmd.RunE = t.does(func(ctx context.Context, args []string) error {
		q := control.Calling{Name: args[0], Slots: map[string]string{}}
		for _, s := range slots {
			n, name, ok := strings.Cut(s, "=")
			if _, again := q.Slots[n]; !ok || n == "" || name == "" || again {
				return usageError(cmd, "--slot %s: it should be N=PETNAME, once for each N", s)
			}
			q.Slots[n] = name
		}
		if cmd.Flags().Changed("input") {
			var err error
			if q.Input, err = t.givenJSON(cmd, "--input", input); err != nil {
				return err
			}
		}
		called, err := askAs[control.Called](ctx, t, "call", q)
		if err != nil || called.Result == nil {
			return err
		}
		one, err := oneLine(called.Result)
		if err != nil {
			return err
		}
		return t.printLine(one)
	})
	return cmd
}

func newAgentWake(t *talk) *cobra.Command {
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
		Args:              args("[NAME]"),
		ValidArgsFunction: first(t.completeNames),
	}
	f := cmd.Flags()
	f.Int64Var(&fuel, "fuel", 0, "at most `N` of fuel each time, and not the vat's own number")
	f.BoolVar(&none, "none", false, "let nothing run")
	cmd.RunE = t.does(func(ctx context.Context, args []string) error {
		if (len(args) > 0) == none {
			return usageError(cmd, "name a chain, or give --none")
		}
		if fuel < 0 {
			return usageError(cmd, "--fuel must be above 0")
		}
		q := control.Waking{Fuel: fuel}
		if !none {
			q.Name = args[0]
		}
		return t.tell(ctx, "setwake", q)
	})
	return cmd
}

func newAgentInvite(t *talk) *cobra.Command {
	var expires time.Duration
	cmd := &cobra.Command{
		Use:   "invite NAME [--expires D]",
		Short: "Make an invitation",
		Long: `Makes an invitation, and prints its locator. Whoever accepts it first is NAME to you
from then on, and you are what they choose. It can be accepted once, before it
expires: hand the locator to that person alone.`,
		Example: `  qvat agent invite bob
  qvat agent invite bob --expires 1h`,
		Args: args("NAME"),
	}
	cmd.Flags().DurationVar(&expires, "expires", 0, "after `D`, such as 1h30m, it is too late; without it, the vat's own time")
	cmd.RunE = t.does(func(ctx context.Context, args []string) error {
		if cmd.Flags().Changed("expires") && expires < time.Second {
			return usageError(cmd, "--expires: an invitation lasts for a second at least")
		}
		l, err := askAs[string](ctx, t, "invite", control.Inviting{Name: args[0], Seconds: int64(expires / time.Second)})
		return t.printField("locator", l, err)
	})
	return cmd
}

func newAgentAccept(t *talk) *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "accept LOCATOR --name N",
		Short: "Accept an invitation",
		Long: `Accepts the invitation LOCATOR. Who made it is N to you from then on, and has the name
for you that was chosen when it was made. A second time is refused (used).`,
		Example: `  qvat agent accept "qvat://…" --name alice --as bob`,
		Args:    args("LOCATOR"),
	}
	cmd.Flags().StringVar(&name, "name", "", "call who made it `N`")
	cmd.RunE = t.does(func(ctx context.Context, args []string) error {
		if name == "" {
			return usageError(cmd, "--name is missing")
		}
		return t.tell(ctx, "accept", control.Accepting{Locator: args[0], Name: name})
	})
	return cmd
}
