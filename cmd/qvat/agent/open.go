package agent

import (
	"context"

	"github.com/spf13/cobra"

	"qvat/cmd/qvat/cli"
	"qvat/host/api"
	"qvat/host/mail"
)

// NewOpen is `qvat open`: a link to the page of a running vat.
func NewOpen(a *cli.App) *cobra.Command {
	t := &talk{App: a, as: mail.FirstHost}
	cmd := &cobra.Command{
		Use:   "open [DIR] [--json]",
		Short: "Print a link that logs in to a running vat's page",
		Long: `Prints a link to the page of the vat in DIR, which must be running; with no DIR it
is ./vat. The page shows the vat's agents, their mail and names, and what has run.

The link logs in once, within ten minutes; whoever has it can act as each of the
vat's agents. The session ends after an hour without use, and after twelve hours.
'qvat run' prints such a link too, when it starts. Where the vat listens at an address
of its own and qvat.toml names no hosts under [web], no link would work: the error
says what to set.

With --json: {"url"}.`,
		Example: `  qvat open
  qvat open /srv/alice --json`,
		Args:              cli.Args("[DIR]"),
		ValidArgsFunction: cli.First(cli.CompleteDirs),
	}
	cmd.Flags().BoolVar(&t.asJSON, "json", false, "write JSON, for programs")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		t.vat = cli.DefaultVat
		if len(args) > 0 {
			t.vat = args[0]
		}
		return t.does(func(ctx context.Context, _ *cobra.Command, _ []string) error {
			url, err := t.client.Login(ctx)
			switch {
			case err != nil:
				return err
			case t.asJSON:
				return t.PrintJSON(map[string]string{"url": url})
			}
			return a.PrintLine(api.Clean(url))
		})(cmd, args)
	}
	return cmd
}
