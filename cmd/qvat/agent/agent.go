// Package agent is the commands that ask a vat which runs, over the socket in its
// base directory: `qvat agent …` and `qvat open`. Each makes a request of package
// actions of its arguments, and shows what comes back.
package agent

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"qvat/chains"
	"qvat/cmd/qvat/cli"
	"qvat/host/actions"
	"qvat/host/api"
	"qvat/host/caps"
	"qvat/host/control"
	"qvat/host/mail"
)

// Capsules are how capsules are found by what a user writes for one, which is the
// command line's own matter.
type Capsules struct {
	Read     func(capsule string, limits chains.Limits) ([]byte, error)
	Complete cli.Completion
}

// New is `qvat agent`: the agents of a running vat.
func New(a *cli.App, capsules Capsules) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "agent",
		Short: "Agents of a running vat: mail, names, capabilities",
		Long: `Acts as an agent of a vat of yours that is running: sends and reads mail, keeps
names, and hands on what they stand for.

An agent is a host or a guest. A host makes agents, values and capabilities; a guest
has mail and names, and what it was given. A vat begins with one host, self. Who
can open the socket in the vat's base directory can act as each of its agents;
there is nothing to log in with.

NAME is a pet name of the agent's own: a-z, 0-9 and -; a path of them has dots
(bob.photos). SELF, HOST, AGENT, INBOX and NODE are there from the start. Messages
never carry names: a sender that you have no name for is shown by the start of its
key, as (ed25519 4f2a91…), and a name that looks like another one of yours is marked.

docs/MAIL.md explains the whole of it.`,
		Example: `  qvat agent mkguest bob
  qvat agent mkguest carol
  qvat agent send bob "hello, this is @carol"
  qvat agent inbox --as bob
  qvat agent adopt 1 carol --as bob
  qvat agent send carol "self says hello" --as bob`,
	}
	t := &talk{App: a}
	f := cmd.PersistentFlags()
	f.StringVar(&t.vat, "vat", cli.DefaultVat, "the base directory `DIR` of a vat that is running")
	f.StringVar(&t.as, "as", mail.FirstHost, "act as `AGENT`, by a name that 'qvat agent agents' shows")
	f.BoolVar(&t.asJSON, "json", false, "write JSON, for programs")
	cli.CompleteFlag(cmd, "vat", cli.CompleteDirs)
	cli.CompleteFlag(cmd, "as", t.completes(t.agents))
	cli.Group(a, cmd,
		newAgents(t), newMake(t, "host"), newMake(t, "guest"),
		newSend(t), newInbox(t), newReply(t), newAdopt(t), newDismiss(t),
		newRequest(t), newResolve(t), newReject(t),
		newList(t), newShow(t), newLocate(t), newMove(t), newCopy(t), newRemove(t), newMkdir(t),
		newStore(t), newPublish(t, capsules), newCall(t), newWake(t), newInvite(t), newAccept(t),
		newOutbox(t), newCancel(t), newPeers(t), newLog(t), newWhy(t),
	)
	return cmd
}

// talk is a conversation with a running vat: what the flags that all commands
// of `qvat agent` have say, and the client once there is one.
type talk struct {
	*cli.App
	vat, as string
	asJSON  bool
	client  *control.Client
	begun   bool // JSON is on stdout, which nothing else may follow
}

// does makes the work of a command that asks the vat into what cobra runs. It ends
// with a *cli.Failure; Ctrl-C ends the context.
func (t *talk) does(work func(ctx context.Context, cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		t.client = control.NewClient(t.vat)
		defer t.client.Close()
		err := checkAgent(t.as)
		if err == nil {
			err = work(ctx, cmd, args)
		}
		if err == nil {
			return nil
		}
		f := t.failure(ctx, err)
		var deaf *cli.Unwritten
		if !t.asJSON || f.Name == cli.ExitUsage || t.begun || errors.As(err, &deaf) {
			return f
		}
		return errors.Join(f, t.PrintJSON(map[string]any{"error": errorJSON(f)}))
	}
}

// checkAgent checks --as: an identifier, or names with dots between them. Some
// others would lead elsewhere as a part of a call's path, such as "..".
func checkAgent(name string) error {
	if strings.Contains(name, ":") {
		_, err := caps.ParseID(name)
		return err
	}
	for part := range strings.SplitSeq(name, ".") {
		if err := caps.CheckName(part); err != nil {
			return err
		}
	}
	return nil
}

// ask has the agent do what a request asks, and gives the answer.
func ask[Answer any](ctx context.Context, t *talk, q actions.Request[Answer]) (Answer, error) {
	return control.Do(ctx, t.client, t.as, q)
}

// tells is a command whose request has nothing to answer.
func (t *talk) tells(request func(ctx context.Context, cmd *cobra.Command, args []string) (actions.Order, error)) func(*cobra.Command, []string) error {
	return t.does(func(ctx context.Context, cmd *cobra.Command, args []string) error {
		q, err := request(ctx, cmd, args)
		if err == nil {
			_, err = ask(ctx, t, q)
		}
		if err == nil && t.asJSON {
			err = t.PrintJSON(actions.Done{})
		}
		return err
	})
}

// onNumber is tells for the letter of the number that is the first argument.
func (t *talk) onNumber(request func(n uint64, args []string) actions.Order) func(*cobra.Command, []string) error {
	return t.tells(func(_ context.Context, cmd *cobra.Command, args []string) (actions.Order, error) {
		n, err := number(cmd, args[0])
		return request(n, args), err
	})
}

// follow shows what comes, with --json a line for each. To be told to stop is no
// failure.
func follow[A any](t *talk, all iter.Seq2[A, error], show func(A) error) error {
	for one, err := range all {
		switch {
		case errors.Is(err, context.Canceled):
			return nil
		case err != nil:
			return err
		case t.asJSON:
			err = t.PrintJSON(one)
		default:
			err = show(one)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// list shows a list that a request asks for, a row for each.
func list[A any](ctx context.Context, t *talk, q actions.Request[[]A], row func(A) []string) error {
	all, err := ask(ctx, t, q)
	if err != nil {
		return err
	}
	return rows(t, all, row)
}

// rows shows a list, a row for each.
func rows[A any](t *talk, all []A, row func(A) []string) error {
	if t.asJSON {
		return t.PrintJSON(all)
	}
	return t.Table(func(w *cli.Table) {
		for _, one := range all {
			w.Row(row(one)...)
		}
	})
}

// text shows an identifier or a locator that a request asks for; with --json as
// the one field of an object.
func text[A fmt.Stringer](ctx context.Context, t *talk, field string, q actions.Request[A]) error {
	answer, err := ask(ctx, t, q)
	switch {
	case err != nil:
		return err
	case t.asJSON:
		return t.PrintJSON(map[string]string{field: answer.String()})
	}
	return t.PrintLine(api.Clean(answer.String()))
}

// number reads NUMBER, that of a message in the agent's mailbox.
func number(cmd *cobra.Command, arg string) (uint64, error) {
	n, err := strconv.ParseUint(arg, 10, 64)
	if err != nil || n == 0 {
		return 0, cli.UsageError(cmd, "%q is no message's number: 'qvat agent inbox' shows them", arg)
	}
	return n, nil
}

// completing is how long a shell waits for names.
const completing = time.Second

// completes completes what find finds in the vat, if that runs.
func (t *talk) completes(find func(ctx context.Context) ([]string, error)) cli.Completion {
	return func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), completing)
		defer cancel()
		t.client = control.NewClient(t.vat)
		defer t.client.Close()
		found, _ := find(ctx) // a vat that does not answer offers nothing
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}

// agents are the names of the vat's agents.
func (t *talk) agents(ctx context.Context) (names []string, err error) {
	all, err := t.client.Agents(ctx)
	for _, one := range all {
		names = append(names, cobra.CompletionWithDesc(one.Name, one.Kind))
	}
	return names, err
}

// completeNames completes a pet name of the agent's.
func (t *talk) completeNames(cmd *cobra.Command, args []string, to string) ([]string, cobra.ShellCompDirective) {
	return t.completes(func(ctx context.Context) (names []string, err error) {
		all, err := ask(ctx, t, actions.List{})
		for _, e := range all {
			names = append(names, cobra.CompletionWithDesc(e.Name, string(e.Type)))
		}
		return names, err
	})(cmd, args, to)
}
