package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"qvat/chains"
	"qvat/host/control"
	"qvat/host/fault"
	"qvat/host/mail"
)

// newAgent is `qvat agent`: the agents of a running vat, over the socket in its
// base directory.
func newAgent(a *app) *cobra.Command {
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
	t := &talk{app: a}
	f := cmd.PersistentFlags()
	f.StringVar(&t.vat, "vat", defaultVat, "the base directory `DIR` of a vat that is running")
	f.StringVar(&t.as, "as", mail.FirstHost, "act as `AGENT`, by a name that 'qvat agent agents' shows")
	f.BoolVar(&t.asJSON, "json", false, "write JSON, for programs")
	a.completeFlag(cmd, "vat", completeDirs)
	a.completeFlag(cmd, "as", t.completeAgents)
	group(a, cmd,
		newAgentAgents(t), newAgentMake(t, "host"), newAgentMake(t, "guest"),
		newAgentSend(t), newAgentInbox(t), newAgentReply(t), newAgentAdopt(t), newAgentDismiss(t),
		newAgentRequest(t), newAgentResolve(t), newAgentReject(t),
		newAgentList(t), newAgentShow(t), newAgentLocate(t), newAgentMove(t), newAgentCopy(t), newAgentRemove(t), newAgentMkdir(t),
		newAgentStore(t), newAgentPublish(t), newAgentCall(t), newAgentWake(t), newAgentInvite(t), newAgentAccept(t),
		newAgentOutbox(t), newAgentCancel(t), newAgentPeers(t), newAgentLog(t), newAgentWhy(t),
	)
	return cmd
}

// talk is a conversation with a running vat: what the flags that all commands
// of `qvat agent` have say, and the client once there is one.
type talk struct {
	*app
	vat, as string
	asJSON  bool
	client  *control.Client
	begun   bool // JSON is on stdout, which nothing else may follow
}

// does is app.does for what asks the vat. Ctrl-C ends the context.
func (t *talk) does(work func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return t.app.does(func(ctx context.Context, args []string) error {
		ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
		defer stop()
		t.client = control.NewClient(t.vat)
		defer t.client.Close()
		err := checkAgent(t.as)
		if err == nil {
			err = work(ctx, args)
		}
		if err == nil {
			return nil
		}
		f := t.failure(ctx, err)
		var deaf *unwritten
		if !t.asJSON || f.name == exitUsage || t.begun || errors.As(err, &deaf) {
			return f
		}
		return errors.Join(f, t.printJSON(map[string]any{"error": errorJSON(f)}))
	})
}

// checkAgent checks --as: an identifier, or names with dots between them. Some
// others would lead elsewhere as a part of a call's path, such as "..".
func checkAgent(name string) error {
	if strings.Contains(name, ":") {
		_, err := mail.ParseID(name)
		return err
	}
	for part := range strings.SplitSeq(name, ".") {
		if err := mail.CheckName(part); err != nil {
			return err
		}
	}
	return nil
}

// tell has the agent do an action whose answer is nothing.
func (t *talk) tell(ctx context.Context, action string, with any) error {
	if _, err := askAs[struct{}](ctx, t, action, with); err != nil {
		return err
	}
	if t.asJSON {
		return t.printJSON(struct{}{})
	}
	return nil
}

// askAs has the agent do an action, and gives the answer.
func askAs[Answer any](ctx context.Context, t *talk, action string, with any) (Answer, error) {
	return control.Do[Answer](ctx, t.client, t.as, action, with)
}

// failure gives what went wrong with a call a row of the tables.
func (t *talk) failure(ctx context.Context, err error) *failure {
	var known *failure
	var m *mail.Error
	var f *fault.Error
	var deaf *unwritten
	switch {
	case errors.As(err, &deaf):
		return &failure{name: exitFailed, err: err, hint: "it was done; only the answer could not be written"}
	case errors.As(err, &known):
		return known
	case errors.As(err, &m):
		return &failure{name: mailExit(m.Code), err: fmt.Errorf("%s: %w", m.Code, m), hint: m.Hint}
	case errors.As(err, &f):
		return faultFailure(f, newDraft(chains.Capsule{}))
	case errors.Is(err, control.ErrNotRunning) && !isVat(t.vat):
		return fileError("name a vat's base directory with --vat, or make one with 'qvat init "+t.vat+"'", "there is no vat in %s", t.vat)
	case errors.Is(err, control.ErrNotRunning):
		return &failure{name: exitUnreachable, err: err, hint: "'qvat run " + t.vat + "' starts it"}
	case ctx.Err() != nil:
		return &failure{name: exitInterrupted, err: errors.New("interrupted before the vat answered"), hint: "it may have been done all the same"}
	case errors.Is(err, control.ErrNotVat):
		return &failure{name: exitUnreachable, err: err, hint: "stop the vat, and run it with this version"}
	}
	return &failure{name: exitUnreachable, err: err, hint: "only the vat's own user, and root, may open its socket"}
}

// errorJSON is a failure as --json shows it. Its code is the vat's own word,
// where the vat has refused.
func errorJSON(f *failure) any {
	if f.fault != nil {
		return f.fault
	}
	out := struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Hint    string `json:"hint,omitempty"`
	}{f.name, f.Error(), f.hint}
	if m := (*mail.Error)(nil); errors.As(f.err, &m) {
		out.Code, out.Message = string(m.Code), m.Message
	}
	return out
}

// number reads NUMBER, that of a message in the agent's mailbox.
func number(cmd *cobra.Command, arg string) (uint64, error) {
	n, err := strconv.ParseUint(arg, 10, 64)
	if err != nil || n == 0 {
		return 0, usageError(cmd, "%q is no message's number: 'qvat agent inbox' shows them", arg)
	}
	return n, nil
}

// completing is how long a shell waits for names.
const completing = time.Second

// completeAgents completes the name of an agent of the vat, if that runs.
func (t *talk) completeAgents(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), completing)
	defer cancel()
	c := control.NewClient(t.vat)
	defer c.Close()
	all, err := c.Agents(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := make([]string, len(all))
	for i, agent := range all {
		names[i] = cobra.CompletionWithDesc(agent.Name, agent.Kind)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeNames completes a pet name of the agent's, if the vat runs.
func (t *talk) completeNames(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), completing)
	defer cancel()
	t.client = control.NewClient(t.vat)
	defer t.client.Close()
	all, err := askAs[[]control.Entry](ctx, t, "list", control.Named{})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := make([]string, len(all))
	for i, e := range all {
		names[i] = cobra.CompletionWithDesc(e.Name, e.Type)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
