package main

import (
	"context"
	"encoding/json"

	"github.com/spf13/cobra"

	"qvat/chains"
)

func newInspect(a *app) *cobra.Command {
	var root string
	var asJSON bool
	var lim chains.Limits
	cmd := &cobra.Command{
		Use:   "inspect CAPSULE [--root ROOTKEY] [--json]",
		Short: "Show what a capsule holds",
		Long: `Shows what a capsule holds, a file or a saved name: its links, their programs'
hashes and texts, who signed them, and the message's input. Nothing is run and
nothing is sent.

Plain signatures are checked. A bound one is for one vat alone, so it can be
checked only against that vat's root key: --root takes 64 hex digits, or the
name of a vat that was saved with its key.

Characters that could trouble a terminal are shown as escapes.

With --json, one line:
  id          the message id, 64 hex digits
  bytes       the size of the capsule
  rootSigned  whether the first link carries a valid signature by the root key;
              absent without --root
  links       an array, in order: {"program": HASH, "signatures": [...],
              "body": BODY or null}
  modules     an array of the programs that are no links: {"program", "body"}
  missing     the hashes that the chain or a program names, and that are not in
              the capsule
  input       the input, a JSON value; absent where there is none
A signature is {"kind": "plain" or "bound", "key": 64 hex digits, "valid"}, where
"valid" is true, false, or null for one that was not checked. BODY is {"bytes",
"requires": [HASH...], "text"}.`,
		Example: `  qvat inspect bob.chain
  qvat inspect bob.chain --root $(qvat key show vat/keys/root.key)
  qvat inspect counter --json`,
		Args:              args("CAPSULE"),
		ValidArgsFunction: first(a.completeCapsules),
	}
	limitFlag(cmd, &lim)
	cmd.Flags().StringVar(&root, "root", "", "the `ROOTKEY` of the vat that bound signatures are for")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON, for programs")
	a.completeFlag(cmd, "root", a.completeVats)
	cmd.RunE = a.does(func(_ context.Context, args []string) error {
		var key chains.PublicKey
		var err error
		if root != "" {
			if key, err = a.rootKey(cmd, root); err != nil {
				return err
			}
		}
		c, b, err := a.readCapsule(args[0], lim)
		if err != nil {
			return err
		}
		v := view(c, len(b), key)
		if asJSON {
			return a.printJSON(v)
		}
		return a.printView(args[0], v)
	})
	return cmd
}

// capsuleView is what `qvat inspect --json` writes; its help documents it.
type capsuleView struct {
	ID         string          `json:"id"`
	Bytes      int             `json:"bytes"`
	RootSigned *bool           `json:"rootSigned,omitempty"`
	Links      []linkView      `json:"links"`
	Modules    []moduleView    `json:"modules"`
	Missing    []string        `json:"missing"`
	Input      json.RawMessage `json:"input,omitempty"`
}

type linkView struct {
	Program    string          `json:"program"`
	Signatures []signatureView `json:"signatures"`
	Body       *bodyView       `json:"body"`
}

type moduleView struct {
	Program string    `json:"program"`
	Body    *bodyView `json:"body"`
}

type signatureView struct {
	Kind  string `json:"kind"`
	Key   string `json:"key"`
	Valid *bool  `json:"valid"` // nil: not checked
}

type bodyView struct {
	Bytes    int      `json:"bytes"`
	Requires []string `json:"requires"`
	Text     string   `json:"text"`
}

// view looks at a capsule of so many bytes; root may be the zero key.
func view(c chains.Capsule, bytes int, root chains.PublicKey) capsuleView {
	d := newDraft(c)
	v := capsuleView{
		ID:      c.ID().String(),
		Bytes:   bytes,
		Links:   []linkView{},
		Modules: []moduleView{},
		Missing: hexes(d.missing()),
		Input:   c.Input,
	}
	links := map[chains.Hash]bool{}
	for i, l := range c.Chain.Links {
		links[l.Program] = true
		v.Links = append(v.Links, linkView{
			Program:    l.Program.String(),
			Signatures: viewSignatures(c.Chain, i, root),
			Body:       d.viewBody(l.Program),
		})
	}
	for _, p := range c.Programs {
		if !links[p.Hash()] {
			v.Modules = append(v.Modules, moduleView{p.Hash().String(), d.viewBody(p.Hash())})
		}
	}
	if root != (chains.PublicKey{}) {
		signed := false
		for _, s := range v.Links[0].Signatures {
			signed = signed || s.Key == root.String() && s.Valid != nil && *s.Valid
		}
		v.RootSigned = &signed
	}
	return v
}

func viewSignatures(c chains.Chain, link int, root chains.PublicKey) []signatureView {
	views := []signatureView{}
	l := c.Links[link]
	for _, s := range l.Signatures {
		// The key is unchecked: these are only its bytes.
		v := signatureView{Kind: s.Kind.String(), Key: chains.Hash(s.Key).String()}
		if s.Kind == chains.Plain || root != (chains.PublicKey{}) {
			valid := s.Verifies(root, c.Prefix(link), l.Program)
			v.Valid = &valid
		}
		views = append(views, v)
	}
	return views
}

func (d *draft) viewBody(h chains.Hash) *bodyView {
	p, here := d.have[h]
	if !here {
		return nil
	}
	return &bodyView{Bytes: len(p.Text()), Requires: hexes(p.Requires()), Text: p.Text()}
}

// missing lists what the chain and the programs at hand name and the draft
// does not hold, in the order of naming.
func (d *draft) missing() []chains.Hash {
	var missing []chains.Hash
	for _, h := range d.needs() {
		if _, here := d.have[h]; !here {
			missing = append(missing, h)
		}
	}
	return missing
}

func hexes(hashes []chains.Hash) []string {
	all := []string{}
	for _, h := range hashes {
		all = append(all, h.String())
	}
	return all
}
