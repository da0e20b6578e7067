package agent

import (
	"context"

	"github.com/spf13/cobra"

	"qvat/cmd/qvat/cli"
	"qvat/host/actions"
	"qvat/host/api"
	"qvat/host/caps"
)

func newList(t *talk) *cobra.Command {
	var following bool
	cmd := &cobra.Command{
		Use:   "list [PATH] [-f]",
		Short: "List the agent's names, or those of a directory",
		Long: `Lists names, and the type of what each leads to. A name that looks like another one
of the directory is marked.

With -f it goes on with what changes, until Ctrl-C.

With --json: an array of {"name", "id", "type", "like"}; "like" is the name that it
looks like. With -f, an object a line: {"name", "id", "type"} or {"name", "removed"}.`,
		Example: `  qvat agent list
  qvat agent list photos --as bob`,
		Args:              cli.Args("[PATH]"),
		ValidArgsFunction: cli.First(t.completeNames),
	}
	cmd.Flags().BoolVarP(&following, "follow", "f", false, "go on with what changes, until Ctrl-C")
	cmd.RunE = t.does(func(ctx context.Context, _ *cobra.Command, args []string) error {
		path := ""
		if len(args) > 0 {
			path = args[0]
		}
		if following {
			return follow(t, t.client.FollowNames(ctx, t.as, path), func(c actions.NameChange) error {
				what := "  is gone"
				if !c.Removed {
					what = "  " + api.Clean(string(c.Type))
				}
				return t.PrintLine(api.Clean(c.Name) + what)
			})
		}
		return list(ctx, t, actions.List{Path: path}, func(e actions.Entry) []string {
			note := ""
			if e.Like != "" {
				note = "looks like " + e.Like
			}
			return []string{e.Name, string(e.Type), note}
		})
	})
	return cmd
}

func newShow(t *talk) *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME",
		Short: "Show what a name leads to",
		Long: `Prints a value as JSON, and of everything else what it is. NAME is a name, a path, or
an identifier.

With --json: {"id", "type", "local", "name"}, and for its type "value", "names" (how
many a directory has), "capsule" (base64), "promise" {"state", "id", "type", "why"}, or
"invitation" {"from", "expires", "used"}.`,
		Example: `  qvat agent show counter
  qvat agent show bob --json`,
		Args:              cli.Args("NAME"),
		ValidArgsFunction: cli.First(t.completeNames),
		RunE: t.does(func(ctx context.Context, _ *cobra.Command, args []string) error {
			thing, err := ask(ctx, t, actions.Lookup{Name: args[0]})
			if err != nil {
				return err
			}
			if t.asJSON {
				return t.PrintJSON(thing)
			}
			return t.showThing(thing)
		}),
	}
}

// showThing writes a value as JSON on one line, and other things in words.
func (t *talk) showThing(thing actions.Thing) error {
	if thing.Value != nil {
		return t.PrintResult(thing.Value)
	}
	return t.Table(func(w *cli.Table) {
		for _, line := range thingLines(thing) {
			w.Row(line...)
		}
	})
}

// thingLines says what a thing is, a fact a line.
func thingLines(thing actions.Thing) [][]string {
	out := [][]string{{"what", inWords(thing)}, {"shown as", thing.Name}, {"id", thing.ID.String()}}
	if p := thing.Promise; p != nil {
		out = append(out, []string{"state", string(p.State)})
		if p.ID != (caps.ID{}) {
			out = append(out, []string{"answer", string(p.Type) + " " + p.ID.String()})
		}
		if p.Why != "" {
			out = append(out, []string{"because", p.Why})
		}
	}
	if i := thing.Invitation; i != nil {
		state := "good until " + shownTime(i.Expires)
		if i.Used {
			state = "accepted already"
		}
		out = append(out, []string{"from", i.From.String()}, []string{"state", state})
	}
	return out
}

// inWords says what kind of thing it is.
func inWords(thing actions.Thing) string {
	what, known := map[caps.Type]string{
		caps.TypeHandle:     "the handle of an agent: send to it",
		caps.TypeAgent:      "an agent's own powers",
		caps.TypeDirectory:  "a directory of " + cli.Count(thing.Names, "name"),
		caps.TypeChain:      "a published chain of " + cli.Count(len(thing.Capsule), "byte") + ": call it",
		caps.TypePromise:    "the promise of a request",
		caps.TypeInvitation: "an invitation",
		caps.TypeNode:       "a vat on the network",
	}[thing.Type]
	if !known {
		what = "a " + string(thing.Type)
	}
	if !thing.Local {
		what += ", on another node"
	}
	return what
}

func newLocate(t *talk) *cobra.Command {
	return &cobra.Command{
		Use:   "locate NAME",
		Short: "Print the locator of what a name leads to",
		Long: `Prints the locator qvat://NODE/?id=…: an identifier, and where to find it. Who has it
has what it leads to: hand it on with care.`,
		Example:           `  qvat agent locate bob`,
		Args:              cli.Args("NAME"),
		ValidArgsFunction: cli.First(t.completeNames),
		RunE: t.does(func(ctx context.Context, _ *cobra.Command, args []string) error {
			return text(ctx, t, "locator", actions.Locate{Name: args[0]})
		}),
	}
}

func newMove(t *talk) *cobra.Command {
	return t.fromTo("move", "Give something another name", `Renames what A leads to: from then on it is B, and A is free. Both are paths, and may
lie in different directories.`, func(from, to string) actions.Order { return actions.Move{From: from, To: to} })
}

func newCopy(t *talk) *cobra.Command {
	return t.fromTo("copy", "Give something a second name", `Has B lead to what A leads to. It is one thing with two names.`,
		func(from, to string) actions.Order { return actions.Copy{From: from, To: to} })
}

func (t *talk) fromTo(action, short, long string, request func(from, to string) actions.Order) *cobra.Command {
	return &cobra.Command{
		Use:     action + " A B",
		Short:   short,
		Long:    long,
		Example: "  qvat agent " + action + " bob friends.bob",
		Args:    cli.Args("A", "B"),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, to string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 1 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return t.completeNames(cmd, args, to)
		},
		RunE: t.tells(func(_ context.Context, _ *cobra.Command, args []string) (actions.Order, error) {
			return request(args[0], args[1]), nil
		}),
	}
}

func newRemove(t *talk) *cobra.Command {
	return &cobra.Command{
		Use:   "remove NAME",
		Short: "Forget a name",
		Long: `Forgets a name. What nothing else holds is removed with it: 'qvat agent why' says what
holds a thing.`,
		Example:           `  qvat agent remove photos.lake`,
		Args:              cli.Args("NAME"),
		ValidArgsFunction: cli.First(t.completeNames),
		RunE: t.tells(func(_ context.Context, _ *cobra.Command, args []string) (actions.Order, error) {
			return actions.Remove{Name: args[0]}, nil
		}),
	}
}

func newMkdir(t *talk) *cobra.Command {
	return &cobra.Command{
		Use:     "mkdir NAME",
		Short:   "Make a directory of names",
		Long:    `Makes an empty directory under a name. Names in it are paths: NAME.other.`,
		Example: `  qvat agent mkdir photos`,
		Args:    cli.Args("NAME"),
		RunE: t.tells(func(_ context.Context, _ *cobra.Command, args []string) (actions.Order, error) {
			return actions.MakeDirectory{Name: args[0]}, nil
		}),
	}
}

func newWhy(t *talk) *cobra.Command {
	return &cobra.Command{
		Use:   "why ID",
		Short: "Say what holds a thing",
		Long: `Says by which way an agent holds the thing, from the agent on, a step a line. What
nothing holds is removed. ID is an identifier, or a name of the agent's.

With --json: an array of the steps.`,
		Example:           `  qvat agent why photos.lake`,
		Args:              cli.Args("ID"),
		ValidArgsFunction: cli.First(t.completeNames),
		RunE: t.does(func(ctx context.Context, _ *cobra.Command, args []string) error {
			id := args[0]
			if _, err := caps.ParseID(id); err != nil {
				found, err := ask(ctx, t, actions.Identify{Name: id})
				if err != nil {
					return err
				}
				id = found.String()
			}
			way, err := ask(ctx, t, actions.Why{ID: id})
			switch {
			case err != nil:
				return err
			case t.asJSON:
				return t.PrintJSON(way)
			case len(way) == 0:
				return t.PrintLine("nothing holds it")
			}
			for _, step := range way {
				if err := t.PrintLine(api.Clean(step)); err != nil {
					return err
				}
			}
			return nil
		}),
	}
}
