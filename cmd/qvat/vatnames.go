package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"

	"qvat/chains"
	"qvat/cmd/qvat/cli"
)

// newVat is `qvat vat`: names for vats.
func newVat(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "vat",
		Short: "Give vats names",
		Long: `Gives vats names, to call them by. They are kept in $QVAT_HOME, or in the
folder qvat among your settings.

A vat that is saved with its root key is checked on each call: a server that
shows another key is sent nothing.`,
		Example: `  qvat vat add alice http://127.0.0.1:7070
  qvat vat add alice https://alice.example --key 1e000c78e13fa659f83b86e274e2be73cb5032edb748374c7344126a231185de
  qvat vat list
  qvat vat remove alice`,
	}
	cli.Group(a.App, cmd, newVatAdd(a), newVatList(a), newVatRemove(a))
	return cmd
}

func newVatAdd(a *app) *cobra.Command {
	var key string
	cmd := &cobra.Command{
		Use:   "add NAME URL [--key ROOTKEY]",
		Short: "Save a vat's URL, and its root key, under a name",
		Long: `Saves a vat's URL under a name: a-z, 0-9 and -, at most 128 characters.
With --key, only the vat with that root key will do.

A name that stands for another vat already is refused.`,
		Example: `  qvat vat add alice http://127.0.0.1:7070 --key $(qvat key show vat/keys/root.key)`,
		Args:    cli.Args("NAME", "URL"),
	}
	cmd.Flags().StringVar(&key, "key", "", "the vat's root public key, 64 hex `digits`")
	cmd.RunE = a.Does(func(_ context.Context, args []string) error {
		return a.addVat(cmd, args[0], savedVat{URL: args[1], Key: key})
	})
	return cmd
}

func (a *app) addVat(cmd *cobra.Command, name string, v savedVat) error {
	if err := checkName(name); err != nil {
		return err
	}
	if err := checkURL(v.URL); err != nil {
		return cli.UsageError(cmd, "%w", err)
	}
	if v.Key != "" {
		key, err := chains.ParsePublicKeyHex(v.Key)
		if err != nil {
			return cli.UsageError(cmd, "--key: %w", err)
		}
		v.Key = key.String()
	}
	h, err := a.home()
	if err != nil {
		return err
	}
	old, err := h.vat(name)
	switch {
	case err == nil && old == v:
		return nil
	case err == nil:
		return cli.FileError("'qvat vat remove "+name+"' first", "%s is saved as another vat already: %s", name, old.URL)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	b, err := toml.Marshal(v)
	if err != nil {
		return err
	}
	return h.save(vatsDir, name, vatExt, b)
}

func newVatList(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list [--json]",
		Short: "List the saved vats",
		Long: `Lists the saved vats: name, URL, root key.

With --json: an array of {"name", "url", "key"}; "key" is absent where none was
saved, and a file that cannot be used has "error" instead of "url".`,
		Example: `  qvat vat list
  qvat vat list --json`,
		Args: cli.Args(),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON, for programs")
	cmd.RunE = a.Does(func(context.Context, []string) error { return a.listVats(asJSON) })
	return cmd
}

// vatRow is a line of `qvat vat list --json`.
type vatRow struct {
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
	Key  string `json:"key,omitempty"`
	Err  string `json:"error,omitempty"`
}

func (a *app) listVats(asJSON bool) error {
	h, err := a.home()
	if err != nil {
		return err
	}
	names, err := h.names(vatsDir, vatExt)
	if err != nil {
		return err
	}
	rows := []vatRow{}
	for _, name := range names {
		row := vatRow{Name: name}
		if v, err := h.vat(name); err != nil {
			row.Err = err.Error()
		} else {
			row.URL, row.Key = v.URL, v.Key
		}
		rows = append(rows, row)
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
			w.Row(r.Name, r.URL, r.Key)
		}
	})
}

func newVatRemove(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "remove NAME",
		Short:             "Forget a saved vat",
		Long:              "Forgets a saved vat. The vat itself is not touched.",
		Example:           "  qvat vat remove alice",
		Args:              cli.Args("NAME"),
		ValidArgsFunction: cli.First(a.completeVats),
		RunE: a.Does(func(_ context.Context, args []string) error {
			h, err := a.home()
			if err != nil {
				return err
			}
			return h.remove(vatsDir, args[0], vatExt, "vat")
		}),
	}
}

// checkURL takes what a vat can be reached at.
func checkURL(s string) error {
	u, err := url.Parse(s)
	switch {
	case len(s) > maxURLBytes || err != nil || u.Host == "":
		return fmt.Errorf("%q is not a URL", s)
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%q: a vat's URL starts with http:// or https://", s)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("%q: a vat's URL has no user, query or fragment", s)
	}
	return nil
}

// findVat makes VAT, a URL or a saved name, into what to talk to.
func (a *app) findVat(cmd *cobra.Command, arg string) (savedVat, error) {
	if strings.Contains(arg, "://") {
		if err := checkURL(arg); err != nil {
			return savedVat{}, cli.UsageError(cmd, "%w", err)
		}
		return savedVat{URL: arg}, nil
	}
	if checkName(arg) != nil {
		return savedVat{}, cli.FileError("VAT is a URL, such as http://127.0.0.1:7070, or a name that 'qvat vat list' shows", "%q is neither a URL nor a saved vat", arg)
	}
	h, err := a.home()
	if err != nil {
		return savedVat{}, err
	}
	v, err := h.vat(arg)
	if errors.Is(err, fs.ErrNotExist) {
		return savedVat{}, cli.FileError("give a URL, or save one with 'qvat vat add "+arg+" URL'", "no vat is saved as %q", arg)
	}
	return v, err
}

// rootKey makes ROOTKEY into a key: 64 hex digits, or the name of a vat that
// was saved with its key.
func (a *app) rootKey(cmd *cobra.Command, arg string) (chains.PublicKey, error) {
	if key, err := chains.ParsePublicKeyHex(arg); err == nil || len(arg) == 64 {
		if err != nil {
			return key, cli.UsageError(cmd, "%q is not a root key: %w", arg, err)
		}
		return key, nil
	}
	v, err := a.findVat(cmd, arg)
	if err != nil {
		return chains.PublicKey{}, cli.UsageError(cmd, "%q is neither a root key (64 hex digits) nor a saved vat", arg)
	}
	if v.Key == "" {
		return chains.PublicKey{}, cli.FileError("save it with --key", "vat %s was saved without its root key", arg)
	}
	return chains.ParsePublicKeyHex(v.Key)
}
