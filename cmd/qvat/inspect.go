package main

import (
	"context"
	"encoding/json"

	"github.com/spf13/cobra"

	"qvat/chains"
	"qvat/cmd/qvat/cli"
	"qvat/tools/bundle"
)

// inspecting is what the flags of `qvat inspect` say.
type inspecting struct {
	root   string
	texts  bool
	asJSON bool
	limits chains.Limits
}

func newInspect(a *app) *cobra.Command {
	var s inspecting
	cmd := &cobra.Command{
		Use:   "inspect CAPSULE|BUNDLE [--root ROOTKEY] [--text] [--json]",
		Short: "Show what a capsule or a bundle holds",
		Long: `Shows what a capsule holds, a file or a saved name: its links, their programs'
hashes and texts, who signed them, and the message's input. Nothing is run and
nothing is sent.

Of a bundle, and of a capsule that holds more than 3 modules or has a map beside
it that names them (X.chain.map), the modules are shown as a tree of what requires
what, each in full where it first comes up. Their texts are left out then: --text
shows them. Names are what whoever made the file says; a hash is what counts.

Plain signatures are checked. A bound one is for one vat alone, so it can be
checked only against that vat's root key: --root takes 64 hex digits, or the
name of a vat that was saved with its key.

Characters that could trouble a terminal are shown as escapes.

With --json, one line. Of a capsule:
  id          the message id, 64 hex digits
  bytes       the size of the capsule
  rootSigned  whether the first link carries a valid signature by the root key;
              absent without --root
  links       an array, in order: {"program": HASH, "name", "signatures": [...],
              "body": BODY or null}
  modules     an array of the programs that are no links: {"program", "name",
              "body"}
  missing     the hashes that the chain or a program names, and that are not in
              the capsule
  input       the input, a JSON value; absent where there is none
A signature is {"kind": "plain" or "bound", "key": 64 hex digits, "valid"}, where
"valid" is true, false, or null for one that was not checked. BODY is {"bytes",
"requires": [HASH...], "text"}. A "name" is absent where no map knows it.

Of a bundle:
  main        the hash of its main module
  bytes       the size of the bundle
  modules     an array of all modules, by hash: {"program": HASH, "name", "bytes",
              "requires": [HASH...], "requiredBy": how many require it, "text"}`,
		Example: `  qvat inspect bob.chain
  qvat inspect bob.bundle
  qvat inspect bob.bundle --text
  qvat inspect bob.chain --root $(qvat key show vat/keys/root.key)
  qvat inspect counter --json`,
		Args:              cli.Args("CAPSULE"),
		ValidArgsFunction: cli.First(a.completeCapsules),
	}
	cli.LimitFlag(cmd, &s.limits)
	cmd.Flags().StringVar(&s.root, "root", "", "the `ROOTKEY` of the vat that bound signatures are for")
	cmd.Flags().BoolVar(&s.texts, "text", false, "show the texts of modules too, where a tree is shown")
	cmd.Flags().BoolVar(&s.asJSON, "json", false, "write JSON, for programs")
	cli.CompleteFlag(cmd, "root", a.completeVats)
	cmd.RunE = a.Does(func(_ context.Context, args []string) error {
		in, err := a.openCapsule(args[0])
		if err != nil {
			return err
		}
		defer in.close()
		if in.bundle {
			return a.inspectBundle(cmd, in, args[0], s)
		}
		return a.inspectCapsule(cmd, in, args[0], s)
	})
	return cmd
}

// inspectCapsule shows the capsule that in holds; arg is what it was called by.
func (a *app) inspectCapsule(cmd *cobra.Command, in *input, arg string, s inspecting) error {
	var key chains.PublicKey
	var err error
	if s.root != "" {
		if key, err = a.rootKey(cmd, s.root); err != nil {
			return err
		}
	}
	c, err := in.readCapsule(arg, s.limits)
	if err != nil {
		return err
	}
	v := view(c.capsule, len(c.bytes), key)
	v.nameBy(a.readMap(c.path))
	if s.asJSON {
		return a.PrintJSON(v)
	}
	return a.printView(arg, v, s.texts)
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
	Name       string          `json:"name,omitempty"`
	Signatures []signatureView `json:"signatures"`
	Body       *bodyView       `json:"body"`
}

type moduleView struct {
	Program string    `json:"program"`
	Name    string    `json:"name,omitempty"`
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
			v.Modules = append(v.Modules, moduleView{Program: p.Hash().String(), Body: d.viewBody(p.Hash())})
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

// nameBy gives programs the names that a map knows, which may be nil.
func (v *capsuleView) nameBy(m *bundle.Map) {
	if m == nil {
		return
	}
	for i, l := range v.Links {
		v.Links[i].Name = brief(m.Modules[l.Program].Name)
	}
	for i, module := range v.Modules {
		v.Modules[i].Name = brief(m.Modules[module.Program].Name)
	}
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
