package agent

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"qvat/cmd/qvat/cli"
	"qvat/host/actions"
	"qvat/host/mail"
)

// page is how many messages are asked for at once, and maxRows how many at the most.
const (
	page    = 100
	maxRows = 1000
)

// reading is what the flags of `qvat agent inbox` say.
type reading struct {
	follow, all bool
	limit       int
	after       uint64
}

func newInbox(t *talk) *cobra.Command {
	var r reading
	cmd := &cobra.Command{
		Use:   "inbox [-f] [--limit N] [--after NUMBER] [--all]",
		Short: "Show the agent's messages",
		Long: `Shows the messages of the agent's mailbox, those it has sent too, newest last. Those
that were dismissed are left out, unless --all says otherwise. A number is for 'qvat
agent adopt', 'reply', 'resolve', 'reject' and 'dismiss'.

With -f it goes on with what comes, until Ctrl-C. A message whose state changes is
shown again, with its number.

With --json it is an array of {"number", "id", "type", "from", "fromName", "to",
"toName", "date", "arrived", "state", "strings", "edges", "ids", "types", "what", "why",
"replyTo", "thread"}, dismissed ones included; with -f, an object a line. The text is
the strings, with the edges between them; "ids" and "types" are what those carry.`,
		Example: `  qvat agent inbox
  qvat agent inbox --as bob --limit 20
  qvat agent inbox -f --json --after 100`,
		Args: cli.Args(),
	}
	f := cmd.Flags()
	f.BoolVarP(&r.follow, "follow", "f", false, "go on with what comes, until Ctrl-C")
	f.IntVar(&r.limit, "limit", 0, "the newest `N` alone, from 1 to 1000")
	f.Uint64Var(&r.after, "after", 0, "those after `NUMBER` alone")
	f.BoolVar(&r.all, "all", false, "dismissed ones too")
	cmd.RunE = t.does(func(ctx context.Context, cmd *cobra.Command, _ []string) error {
		if r.limit < 0 || r.limit > maxRows || cmd.Flags().Changed("limit") && r.limit == 0 {
			return cli.UsageError(cmd, "--limit goes from 1 to %d", maxRows)
		}
		if r.follow && r.limit > 0 {
			return cli.UsageError(cmd, "-f shows what comes after a number: give --after, and not --limit")
		}
		if r.follow {
			return follow(t, t.client.Follow(ctx, t.as, r.after), func(m actions.Letter) error { return t.showMessage(m, r.all) })
		}
		return t.inbox(ctx, r)
	})
	return cmd
}

// inbox shows what is there.
func (t *talk) inbox(ctx context.Context, r reading) error {
	w := inboxWriter{t: t, all: r.all}
	err := t.inboxPages(ctx, r, &w)
	var deaf *cli.Unwritten
	if err != nil && (w.written == 0 || errors.As(err, &deaf)) {
		return err
	}
	// What was shown before something went wrong is an array too.
	if bad := w.end(); err == nil {
		err = bad
	}
	return err
}

// inboxPages shows a page at a time: a mailbox can be a large one.
func (t *talk) inboxPages(ctx context.Context, r reading, w *inboxWriter) error {
	q := actions.Letters{After: r.after, Limit: page}
	if r.limit > 0 {
		q.Limit, q.Newest = r.limit, true
	}
	for {
		some, err := ask(ctx, t, q)
		if err != nil {
			return err
		}
		for _, m := range some {
			if err := w.write(m); err != nil {
				return err
			}
		}
		if q.Newest || len(some) < page {
			return nil
		}
		q.After = some[len(some)-1].Number
	}
}

// inboxWriter writes messages as text, or as one JSON array.
type inboxWriter struct {
	t       *talk
	all     bool
	written int
}

func (w *inboxWriter) write(m actions.Letter) error {
	if !w.t.asJSON {
		return w.t.showMessage(m, w.all)
	}
	start := ",\n"
	if w.written == 0 {
		start = "["
	}
	b, err := cli.Marshal(m)
	if err != nil {
		return err
	}
	w.written++
	w.t.begun = true
	return w.t.Write(start + string(b))
}

func (w *inboxWriter) end() error {
	switch {
	case !w.t.asJSON:
		return nil
	case w.written == 0:
		return w.t.PrintLine("[]")
	}
	return w.t.PrintLine("]")
}

// showMessage writes a message for people; a dismissed one if they want all.
func (t *talk) showMessage(m actions.Letter, all bool) error {
	if m.State == mail.StateDismissed && !all {
		return nil
	}
	return t.Write(messageText(m, t.Columns()))
}
