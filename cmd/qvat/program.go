package main

import (
	"crypto/ed25519"
	"errors"
	"io/fs"
	"maps"
	"os"
	"sync"

	"github.com/spf13/cobra"

	"qvat/chains"
	"qvat/cmd/qvat/agent"
	"qvat/cmd/qvat/cli"
	"qvat/host/keyfile"
	"qvat/tools/bundle"
)

// held is a capsule with the file that holds it.
type held struct {
	capsule chains.Capsule
	bytes   []byte
	path    string // which may have a map beside it
}

// readCapsule reads CAPSULE: a file where there is one, otherwise a saved name.
func (a *app) readCapsule(arg string, lim chains.Limits) (held, error) {
	in, err := a.openCapsule(arg)
	if err != nil {
		return held{}, err
	}
	defer in.close()
	if in.bundle {
		return held{}, notBundle(arg)
	}
	return in.readCapsule(arg, lim)
}

// capsules are how other commands than those of this package find capsules.
func (a *app) capsules() agent.Capsules {
	return agent.Capsules{Complete: a.completeCapsules, Read: func(capsule string, limits chains.Limits) ([]byte, error) {
		c, err := a.readCapsule(capsule, limits)
		return c.bytes, err
	}}
}

// openCapsule opens the file that CAPSULE stands for.
func (a *app) openCapsule(arg string) (*input, error) {
	path := arg
	info, err := os.Stat(arg)
	switch {
	case err == nil && !info.IsDir():
	case err != nil && !errors.Is(err, fs.ErrNotExist) && checkName(arg) != nil:
		return nil, cli.FileError("", "%w", err)
	default:
		if path, err = a.savedChain(arg); err != nil {
			return nil, err
		}
	}
	return openFile(path)
}

// readCapsule reads the rest as a capsule; arg is what it was called by.
func (in *input) readCapsule(arg string, lim chains.Limits) (held, error) {
	b, err := cli.ReadAllLimited(in, in.name(), chains.CapsuleBytes, lim.Capsule)
	if err != nil {
		return held{}, err
	}
	c, err := chains.DecodeCapsule(b, lim)
	if err != nil {
		return held{}, cli.BadBytes(arg, err)
	}
	return held{c, b, in.path}, nil
}

// savedChain finds the file of a saved name, for an argument that is no file.
func (a *app) savedChain(arg string) (string, error) {
	neither := cli.FileError("'qvat chain list' lists the saved ones", "there is no file %s, and no chain is saved by that name", arg)
	if checkName(arg) != nil {
		return "", neither
	}
	h, err := a.home()
	if err != nil {
		return "", err
	}
	path := h.path(chainsDir, arg, chainExt)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", neither
	}
	return path, nil
}

// draft is a capsule that is being extended.
type draft struct {
	capsule chains.Capsule
	have    map[chains.Hash]chains.Program
	names   map[chains.Hash]string // the files that programs came from
	beside  []string               // files that may have a map beside them
	origin  func() *bundle.Map     // what those maps know
}

func newDraft(c chains.Capsule) *draft {
	d := &draft{
		capsule: c,
		have:    map[chains.Hash]chains.Program{},
		names:   map[chains.Hash]string{},
		origin:  bundle.NewMap,
	}
	for _, p := range c.Programs {
		d.have[p.Hash()] = p
	}
	return d
}

// extend makes a draft of a capsule that was read. Maps are read when somebody
// first asks for what they know.
func (a *app) extend(h held) *draft {
	d := newDraft(h.capsule)
	if h.path != "" {
		d.beside = []string{h.path}
	}
	d.origin = sync.OnceValue(func() *bundle.Map { return a.readMaps(d.beside) })
	return d
}

// link appends what was given to the chain, signed by each of the keys: with
// bound signatures for the vat of root, or plain ones for the zero root.
func (d *draft) link(g given, keys []ed25519.PrivateKey, root chains.PublicKey) error {
	p := g.program
	kind := chains.Plain
	if root != (chains.PublicKey{}) {
		kind = chains.Bound
	}
	before := &d.capsule.Chain
	l := chains.Link{Program: p.Hash()}
	for _, key := range keys {
		s, err := chains.Sign(key, kind, root, before.Prefix(len(before.Links)), p.Hash())
		if err != nil {
			return err
		}
		l.Signatures = append(l.Signatures, s)
	}
	before.Links = append(before.Links, l)
	d.take(g)
	return before.Validate()
}

// take adds the texts of what was given, and what is known of them.
func (d *draft) take(g given) {
	d.body(g.program)
	for _, p := range g.modules {
		d.body(p)
	}
	maps.Copy(d.names, g.names)
	if g.beside != "" {
		d.beside = append(d.beside, g.beside)
	}
}

// body adds a program's text, once.
func (d *draft) body(p chains.Program) {
	if _, here := d.have[p.Hash()]; !here {
		d.have[p.Hash()] = p
		d.capsule.Programs = append(d.capsule.Programs, p)
	}
}

// modules adds the texts of modules, read from files: each must be required by
// something that the capsule holds.
func (a *app) modules(d *draft, paths []string, lim chains.Limits) error {
	for _, path := range paths {
		g, err := a.readProgram(path, lim)
		if err != nil {
			return err
		}
		d.take(g)
	}
	named := map[chains.Hash]bool{}
	for _, h := range d.needs() {
		named[h] = true
	}
	for _, p := range d.capsule.Programs {
		if !named[p.Hash()] {
			return cli.FileError("a program names a module as require('"+p.Hash().String()+"')",
				"nothing in the chain requires module %s", p.Hash())
		}
	}
	return nil
}

// needs lists what the chain and the programs at hand name, each once, in the
// order of naming.
func (d *draft) needs() []chains.Hash {
	var all []chains.Hash
	seen := map[chains.Hash]bool{}
	name := func(h chains.Hash) {
		if !seen[h] {
			seen[h] = true
			all = append(all, h)
		}
	}
	for _, l := range d.capsule.Chain.Links {
		name(l.Program)
	}
	for _, p := range d.capsule.Programs {
		for _, h := range p.Requires() {
			name(h)
		}
	}
	return all
}

// loadKeys reads the private keys that sign one link.
func (a *app) loadKeys(cmd *cobra.Command, paths []string) ([]ed25519.PrivateKey, error) {
	if len(paths) > chains.MaxSignatures {
		return nil, cli.UsageError(cmd, "a link has at most %d signatures", chains.MaxSignatures)
	}
	var keys []ed25519.PrivateKey
	for _, path := range paths {
		key, err := a.loadKey(path)
		if err != nil {
			return nil, err
		}
		for _, other := range keys {
			if other.Equal(key) {
				return nil, cli.UsageError(cmd, "%s is the same key as one before it", path)
			}
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// loadKey reads a private key. One that others can reach is used all the same,
// with a warning: it may be on a file system that has no such bits.
func (a *app) loadKey(path string) (ed25519.PrivateKey, error) {
	key, err := keyfile.Load(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, cli.FileError("'qvat key new "+path+"' makes one", "%w", err)
	}
	if err != nil {
		return nil, cli.FileError("", "%w", err)
	}
	if loose, err := keyfile.Loose(path); err == nil && loose {
		a.Warn("others than its owner may read "+path+", and sign with it", "chmod 600 "+path)
	}
	return key, nil
}
