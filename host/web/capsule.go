package web

import (
	"encoding/hex"
	"net/http"
	"regexp"
	"slices"

	"qvat/chains"
	"qvat/host/mail"
)

// chainView is who may do what with a chain: its links, who signed them, whom
// each could hand on to, and the programs' texts.
type chainView struct {
	ID         string
	RootSigned bool
	Links      []linkView
	Modules    []programView // what the links require
	Input      string
	Missing    int // programs whose text is not at hand
}

// linkView is one link. It runs with what the one before hands it.
type linkView struct {
	Number  int
	Program programView
	Signers []signer
	// Names are the keys that its program's text speaks of: those that it may
	// be about to hand its power to.
	Names []keyView
}

// signer is a signature on a link.
type signer struct {
	keyView
	Kind  string // plain or bound
	Valid bool
}

// keyView is a public key, with whose it is where that is known.
type keyView struct{ Hex, Whose string }

type programView struct {
	Hash     string
	Here     bool // the text is at hand
	Text     string
	Bytes    int
	Requires []string
}

// maxModules is how many modules are shown, and maxText how much of a program.
const (
	maxModules = 100
	maxText    = 256 << 10
)

// viewCapsule looks at a capsule. What it does not bring is looked for in the
// vat.
func (v *visit) viewCapsule(c chains.Capsule) (*chainView, error) {
	have := map[chains.Hash]chains.Program{}
	for _, p := range c.Programs {
		have[p.Hash()] = p
	}
	view, err := v.viewChain(c.Chain, have)
	if err != nil {
		return nil, err
	}
	view.ID = c.ID().String()
	if len(c.Input) > 0 {
		view.Input, _ = pretty(c.Input)
	}
	return view, nil
}

// viewChain looks at a chain; have are programs at hand.
func (v *visit) viewChain(c chains.Chain, have map[chains.Hash]chains.Program) (*chainView, error) {
	whose, err := v.whose()
	if err != nil {
		return nil, err
	}
	look := &looker{visit: v, have: have, whose: whose}
	view := &chainView{}
	root := v.vat.About().Root
	var queue []chains.Hash
	seen := map[chains.Hash]bool{}
	for i, l := range c.Links {
		link := linkView{Number: i + 1}
		for _, s := range l.Signatures {
			one := signer{keyView: look.key(s.Key[:]), Kind: s.Kind.String(), Valid: s.Verifies(root, c.Prefix(i), l.Program)}
			link.Signers = append(link.Signers, one)
			view.RootSigned = view.RootSigned || i == 0 && one.Valid && s.Key == [32]byte(root.Bytes())
		}
		p, err := look.program(l.Program)
		if err != nil {
			return nil, err
		}
		link.Program, link.Names = look.view(l.Program, p), look.named(p)
		seen[l.Program] = true
		queue = append(queue, requires(p)...)
		view.Links = append(view.Links, link)
	}
	for len(queue) > 0 && len(view.Modules) < maxModules {
		h := queue[0]
		queue = queue[1:]
		if seen[h] {
			continue
		}
		seen[h] = true
		p, err := look.program(h)
		if err != nil {
			return nil, err
		}
		view.Modules = append(view.Modules, look.view(h, p))
		queue = append(queue, requires(p)...)
	}
	view.Missing = look.missing
	return view, nil
}

// looker finds programs, and says whose keys are.
type looker struct {
	*visit
	have    map[chains.Hash]chains.Program
	whose   map[string]string
	missing int
}

// program finds a program, or nil.
func (l *looker) program(h chains.Hash) (*chains.Program, error) {
	if p, ok := l.have[h]; ok {
		return &p, nil
	}
	p, ok, err := l.vat.Program(l.r.Context(), h)
	if err != nil {
		return nil, err
	}
	if !ok {
		l.missing++
		return nil, nil
	}
	return &p, nil
}

func requires(p *chains.Program) []chains.Hash {
	if p == nil {
		return nil
	}
	return p.Requires()
}

func (l *looker) view(h chains.Hash, p *chains.Program) programView {
	v := programView{Hash: h.String()}
	if p == nil {
		return v
	}
	text := p.Text()
	v.Here, v.Bytes = true, len(text)
	v.Text = visible(text[:min(len(text), maxText)])
	for _, r := range p.Requires() {
		v.Requires = append(v.Requires, r.String())
	}
	return v
}

func (l *looker) key(b []byte) keyView {
	k := keyView{Hex: hex.EncodeToString(b)}
	k.Whose = l.whose[k.Hex]
	return k
}

var hexKey = regexp.MustCompile(`\b[0-9a-f]{64}\b`)

// named lists the keys that a program's text speaks of.
func (l *looker) named(p *chains.Program) (keys []keyView) {
	if p == nil {
		return nil
	}
	modules := p.Requires()
	var seen []string
	for _, s := range hexKey.FindAllString(p.Text(), 256) {
		h, err := chains.ParseHash(s)
		if err != nil || slices.Contains(modules, h) || slices.Contains(seen, s) {
			continue
		}
		if _, err := chains.ParsePublicKeyHex(s); err != nil {
			continue
		}
		seen = append(seen, s)
		keys = append(keys, keyView{s, l.whose[s]})
	}
	return keys
}

// whose says of keys whose they are, as the owner calls them.
func (v *visit) whose() (map[string]string, error) {
	about := v.vat.About()
	known := map[string]string{about.Root.String(): "this vat's root key", about.Node.String(): "this vat's node key"}
	all, err := v.post.Agents(v.r.Context())
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		known[hex.EncodeToString(a.Key[:])] = "the agent " + a.Name
	}
	return known, nil
}

// showCapsule asks for a capsule to open.
func (v *visit) showCapsule() error {
	return v.show("capsule.html", frame{Title: "Open a capsule", Section: "capsule", Body: (*chainView)(nil)})
}

// openCapsule shows what is in a capsule. Nothing of it is run or kept.
func (v *visit) openCapsule() error {
	b, err := v.file("capsule")
	var c chains.Capsule
	if err == nil {
		if c, err = chains.DecodeCapsule(b, v.vat.About().Limits); err != nil {
			err = &mail.Error{Code: mail.Wrong, Message: "this is no capsule: " + err.Error()}
		}
	}
	if n := noticeOf(err); n != nil {
		return v.showAs(http.StatusUnprocessableEntity, "capsule.html",
			frame{Title: "Open a capsule", Section: "capsule", Notice: n, Body: (*chainView)(nil)})
	}
	if err != nil {
		return err
	}
	view, err := v.viewCapsule(c)
	if err != nil {
		return err
	}
	return v.show("capsule.html", frame{Title: "A capsule", Section: "capsule", Body: view})
}
