package main

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"qvat/chains"
	"qvat/cmd/qvat/cli"
)

// newChain is `qvat chain`: names for chains.
func newChain(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "chain",
		Short: "Give chains names",
		Long: `Gives chains names, to call them by. A capsule is copied in when it is saved: what
becomes of its file later does not matter. Names are kept in $QVAT_HOME, or in
the folder qvat among your settings.`,
		Example: `  qvat chain save counter bob.chain
  qvat call alice counter
  qvat chain list
  qvat chain remove counter`,
	}
	cli.Group(a.App, cmd, newChainSave(a), newChainList(a), newChainRemove(a))
	return cmd
}

func newChainSave(a *app) *cobra.Command {
	var lim chains.Limits
	cmd := &cobra.Command{
		Use:   "save NAME CAPSULE",
		Short: "Save a capsule under a name",
		Long: `Saves a copy of CAPSULE, a file or a saved name, under a name: a-z, 0-9 and -,
at most 128 characters. A chain that has the name already is replaced. What a map
beside CAPSULE knows of its programs is saved with it.`,
		Example: "  qvat chain save counter bob.chain",
		Args:    cli.Args("NAME", "CAPSULE"),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, to string) ([]string, cobra.ShellCompDirective) {
			if len(args) != 1 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return a.completeCapsules(cmd, nil, to)
		},
		RunE: a.Does(func(_ context.Context, args []string) error {
			if err := checkName(args[0]); err != nil {
				return err
			}
			h, err := a.home()
			if err != nil {
				return err
			}
			c, err := a.readCapsule(args[1], lim)
			if err != nil {
				return err
			}
			return a.saveChain(h, args[0], c)
		}),
	}
	cli.LimitFlag(cmd, &lim)
	return cmd
}

func newChainList(a *app) *cobra.Command {
	var asJSON bool
	var lim chains.Limits
	cmd := &cobra.Command{
		Use:   "list [--json]",
		Short: "List the saved chains",
		Long: `Lists the saved chains: name, links, programs held, bytes.

With --json: an array of {"name", "id", "links", "programs", "bytes"}; "id" is
the message id that calling it as it stands has. A file that cannot be used has
"error" instead.`,
		Example: `  qvat chain list
  qvat chain list --json`,
		Args: cli.Args(),
	}
	cli.LimitFlag(cmd, &lim)
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON, for programs")
	cmd.RunE = a.Does(func(context.Context, []string) error { return a.listChains(asJSON, lim) })
	return cmd
}

// chainRow is a line of `qvat chain list --json`.
type chainRow struct {
	Name     string `json:"name"`
	ID       string `json:"id,omitempty"`
	Links    int    `json:"links,omitempty"`
	Programs *int   `json:"programs,omitempty"`
	Bytes    int    `json:"bytes,omitempty"`
	Err      string `json:"error,omitempty"`
}

func (a *app) listChains(asJSON bool, lim chains.Limits) error {
	h, err := a.home()
	if err != nil {
		return err
	}
	names, err := h.names(chainsDir, chainExt)
	if err != nil {
		return err
	}
	rows := []chainRow{}
	for _, name := range names {
		rows = append(rows, h.chainRow(name, lim))
	}
	if asJSON {
		return a.PrintJSON(rows)
	}
	return a.Table(func(w *cli.Table) {
		for _, r := range rows {
			if r.Err != "" {
				w.Row(r.Name, "unusable: "+r.Err)
				continue
			}
			w.Row(r.Name, cli.Count(r.Links, "link"), cli.Count(*r.Programs, "program"), strconv.Itoa(r.Bytes)+" bytes")
		}
	})
}

func (h home) chainRow(name string, lim chains.Limits) chainRow {
	path := h.path(chainsDir, name, chainExt)
	b, err := cli.ReadLimited(path, chains.CapsuleBytes, lim.Capsule)
	if err != nil {
		return chainRow{Name: name, Err: err.Error()}
	}
	c, err := chains.DecodeCapsule(b, lim)
	if err != nil {
		return chainRow{Name: name, Err: err.Error()}
	}
	programs := len(c.Programs)
	return chainRow{Name: name, ID: c.ID().String(), Links: len(c.Chain.Links), Programs: &programs, Bytes: len(b)}
}

func newChainRemove(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "remove NAME",
		Short:             "Forget a saved chain",
		Long:              "Forgets a saved chain.",
		Example:           "  qvat chain remove counter",
		Args:              cli.Args("NAME"),
		ValidArgsFunction: cli.First(a.completeChains),
		RunE: a.Does(func(_ context.Context, args []string) error {
			h, err := a.home()
			if err != nil {
				return err
			}
			if err := h.remove(chainsDir, args[0], chainExt, "chain"); err != nil {
				return err
			}
			return h.forgetMap(args[0])
		}),
	}
}
