package agent

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"qvat/cmd/qvat/cli"
	"qvat/host/actions"
	"qvat/host/caps"
	"qvat/host/mail"
)

func newSend(t *talk) *cobra.Command {
	return &cobra.Command{
		Use:   "send TO TEXT",
		Short: "Send a message",
		Long: `Sends TEXT to what TO is your name for, and prints the message's id, 64 hex digits.
When it returns, the message is on the disk, in the recipient's mailbox.

@EDGE:NAME in TEXT attaches what NAME is your name for. The recipient sees @EDGE, and
can adopt it under a name of its own. @NAME alone is @NAME:NAME. Where what follows
could belong to the name, write braces: @{EDGE:NAME}. Write \@ for a plain @.

With --json: {"id", "number"}; the number is that of your own copy.`,
		Example: `  qvat agent send bob hello
  qvat agent send bob "this is @photo, and that @second:photos.holiday"
  qvat agent send bob 'write to me\@example.com' --as alice --json`,
		Args:              cli.Args("TO", "TEXT"),
		ValidArgsFunction: cli.First(t.completeNames),
		RunE: t.does(func(ctx context.Context, cmd *cobra.Command, args []string) error {
			w, err := takeApart(cmd, args[1])
			if err != nil {
				return err
			}
			s, err := ask(ctx, t, actions.Send{To: args[0], Text: w})
			if err != nil {
				return plainAt(err, w)
			}
			return t.sent(s)
		}),
	}
}

// plainAt adds how a plain @ is written to an error of a name that is not
// there: it may be one that was never meant to attach anything.
func plainAt(err error, w actions.Text) error {
	var m *caps.Error
	if len(w.Edges) > 0 && errors.As(err, &m) && m.Code == caps.NotFound && m.Hint == "" {
		m.Hint = `@NAME in the text attaches what has that name; a plain @ is written \@`
	}
	return err
}

func (t *talk) sent(s actions.Sent) error {
	if t.asJSON {
		return t.PrintJSON(s)
	}
	return t.PrintLine(string(s.ID))
}

func newReply(t *talk) *cobra.Command {
	return &cobra.Command{
		Use:   "reply NUMBER TEXT",
		Short: "Answer a message",
		Long: `Sends TEXT to whom message NUMBER is from, in the same thread, and prints the id of
the answer. TEXT is as in 'qvat agent send'.`,
		Example: `  qvat agent reply 3 "thank you, here is @mine:photo"`,
		Args:    cli.Args("NUMBER", "TEXT"),
		RunE: t.does(func(ctx context.Context, cmd *cobra.Command, args []string) error {
			n, err := number(cmd, args[0])
			if err != nil {
				return err
			}
			w, err := takeApart(cmd, args[1])
			if err != nil {
				return err
			}
			s, err := ask(ctx, t, actions.Reply{Number: n, Text: w})
			if err != nil {
				return plainAt(err, w)
			}
			return t.sent(s)
		}),
	}
}

func newAdopt(t *talk) *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "adopt NUMBER EDGE [--name N]",
		Short: "Give what a message carries a name of one's own",
		Long: `Names what message NUMBER carries as @EDGE: by --name, or by EDGE itself. From then
on it is yours, whatever becomes of the message.`,
		Example: `  qvat agent adopt 3 photo
  qvat agent adopt 3 photo --name bobs-photo`,
		Args: cli.Args("NUMBER", "EDGE"),
	}
	cmd.Flags().StringVar(&name, "name", "", "call it `N` and not EDGE")
	cmd.RunE = t.onNumber(func(n uint64, args []string) actions.Order {
		return actions.Adopt{Number: n, Edge: args[1], Name: name}
	})
	return cmd
}

func newDismiss(t *talk) *cobra.Command {
	return &cobra.Command{
		Use:   "dismiss NUMBER",
		Short: "Be done with a message",
		Long: `Marks message NUMBER as dismissed. What it carries, and nothing else holds, is
removed.`,
		Example: `  qvat agent dismiss 3`,
		Args:    cli.Args("NUMBER"),
		RunE: t.onNumber(func(n uint64, args []string) actions.Order {
			return actions.Dismiss{Number: n}
		}),
	}
}

func newRequest(t *talk) *cobra.Command {
	var name string
	var wait bool
	cmd := &cobra.Command{
		Use:   "request TO WHAT [--name N] [--wait]",
		Short: "Ask for a thing",
		Long: `Asks whom TO is your name for, for WHAT, in words, and prints the request's id. The
other side grants it with 'qvat agent resolve', or refuses it with 'qvat agent
reject'; the thing arrives under --name.

With --wait, it waits for that. A refusal is an error then (refused). Ctrl-C ends the
waiting, and not the request.

With --json: {"id", "number"}, and with --wait, "answer": the request's message as
'qvat agent inbox --json' shows it.`,
		Example: `  qvat agent request bob "the photo of the lake" --name lake
  qvat agent request HOST "a counter" --name counter --as carol --wait`,
		Args:              cli.Args("TO", "WHAT"),
		ValidArgsFunction: cli.First(t.completeNames),
	}
	cmd.Flags().StringVar(&name, "name", "", "the answer arrives under the name `N`")
	cmd.Flags().BoolVar(&wait, "wait", false, "wait for the answer")
	cmd.RunE = t.does(func(ctx context.Context, _ *cobra.Command, args []string) error {
		s, err := ask(ctx, t, actions.Ask{To: args[0], What: args[1], Name: name})
		switch {
		case err != nil:
			return err
		case wait:
			return t.awaitAnswer(ctx, s)
		}
		return t.sent(s)
	})
	return cmd
}

// awaitAnswer waits until the request s is settled. Its id is printed at once,
// for who watches; for programs there is one object at the end.
func (t *talk) awaitAnswer(ctx context.Context, s actions.Sent) error {
	if !t.asJSON {
		if err := t.sent(s); err != nil {
			return err
		}
	}
	m, err := ask(ctx, t, actions.Wait{ID: s.ID})
	switch {
	case ctx.Err() != nil:
		return &cli.Failure{
			Name: cli.ExitInterrupted, Err: fmt.Errorf("interrupted before there was an answer to request %s", s.ID),
			Hint: "the request stands: 'qvat agent inbox' shows what becomes of it",
		}
	case err != nil:
		return err
	case m.State == mail.StateDismissed && len(m.IDs) == 0:
		return &cli.Failure{Name: cli.ExitRefused, Err: errors.New("the request was dismissed here before there was an answer")}
	case m.State == caps.StateRejected:
		return &cli.Failure{Name: cli.ExitRefused, Err: fmt.Errorf("the request was refused: %s", m.Why)}
	}
	if t.asJSON {
		return t.PrintJSON(struct {
			actions.Sent
			Answer actions.Letter `json:"answer"`
		}{s, m})
	}
	return nil
}

func newResolve(t *talk) *cobra.Command {
	return &cobra.Command{
		Use:   "resolve NUMBER PETNAME",
		Short: "Grant a request",
		Long: `Answers the request with the number NUMBER with what PETNAME is your name for. A
request is settled once.`,
		Example: `  qvat agent resolve 4 photos.lake`,
		Args:    cli.Args("NUMBER", "PETNAME"),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, to string) ([]string, cobra.ShellCompDirective) {
			if len(args) != 1 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return t.completeNames(cmd, args, to)
		},
		RunE: t.onNumber(func(n uint64, args []string) actions.Order {
			return actions.Resolve{Number: n, Name: args[1]}
		}),
	}
}

func newReject(t *talk) *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use:   "reject NUMBER [--why T]",
		Short: "Refuse a request",
		Long: `Refuses the request with the number NUMBER. Who asked is told, with the reason if
there is one.`,
		Example: `  qvat agent reject 4 --why "ask me next week"`,
		Args:    cli.Args("NUMBER"),
	}
	cmd.Flags().StringVar(&why, "why", "", "the reason `T`, in words")
	cmd.RunE = t.onNumber(func(n uint64, args []string) actions.Order {
		return actions.Reject{Number: n, Why: why}
	})
	return cmd
}
