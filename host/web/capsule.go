package web

import (
	"encoding/hex"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"qvat/chains"
	"qvat/host/actions"
	"qvat/host/caps"
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
	Link     int  // the link of this page that has its text already; 0: none
	Here     bool // the text is at hand
	Text     string
	Cut      bool // there is more of the text
	Bytes    int  // of all of it
	Requires int  // modules
}

// maxModules is how many modules are shown, maxText how much of a program, and
// maxTexts how much of all programs on a page together, in bytes as they are
// shown: who sends a chain decides what is in it.
const (
	maxModules = 100
	maxText    = 256 << 10
	maxTexts   = 2 << 20
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
	look := &looker{visit: v, have: have, whose: whose, left: maxTexts, links: map[chains.Hash]int{}}
	view := &chainView{}
	root := v.vat.About().Root
	for i, l := range c.Links {
		link := linkView{Number: i + 1}
		for _, s := range l.Signatures {
			one := signer{keyView: look.key(s.Key[:]), Kind: s.Kind.String(), Valid: s.Verifies(root, c.Prefix(i), l.Program)}
			link.Signers = append(link.Signers, one)
			view.RootSigned = view.RootSigned || i == 0 && one.Valid && s.Key == [32]byte(root.Bytes())
		}
		if link.Program, link.Names, err = look.link(link.Number, l.Program); err != nil {
			return nil, err
		}
		view.Links = append(view.Links, link)
	}
	// The queue grows while it is gone through.
	for i := 0; i < len(look.modules); i++ {
		p, err := look.program(look.modules[i])
		if err != nil {
			return nil, err
		}
		look.queue(p)
		view.Modules = append(view.Modules, look.view(look.modules[i], p))
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
	left    int                 // bytes of texts that may still be shown
	links   map[chains.Hash]int // where a program is shown; 0: among the modules
	modules []chains.Hash       // to be shown, maxModules at most
}

// link looks at the program of a link, and the keys that it speaks of. One that
// stands in a chain again is shown once.
func (l *looker) link(number int, h chains.Hash) (programView, []keyView, error) {
	if first := l.links[h]; first > 0 {
		return programView{Hash: h.String(), Link: first}, nil, nil
	}
	// A module that is a link too is shown as a link.
	l.modules = slices.DeleteFunc(l.modules, func(m chains.Hash) bool { return m == h })
	l.links[h] = number
	p, err := l.program(h)
	if err != nil {
		return programView{}, nil, err
	}
	l.queue(p)
	return l.view(h, p), l.named(p), nil
}

// queue has the modules that a program requires shown too, as far as there is
// room.
func (l *looker) queue(p *chains.Program) {
	if p == nil {
		return
	}
	for _, h := range p.Requires() {
		if len(l.modules) >= maxModules {
			return
		}
		if _, seen := l.links[h]; !seen {
			l.links[h] = 0
			l.modules = append(l.modules, h)
		}
	}
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

func (l *looker) view(h chains.Hash, p *chains.Program) programView {
	v := programView{Hash: h.String()}
	if p == nil {
		return v
	}
	text := p.Text()
	v.Here, v.Bytes, v.Requires = true, len(text), len(p.Requires())
	// What is shown is a copy: the program need not stay.
	begin := firstBytes(text, min(maxText, l.left))
	shown := visible(begin)
	v.Text = strings.Clone(firstBytes(shown, l.left))
	v.Cut = len(begin) < len(text) || len(v.Text) < len(shown)
	l.left -= len(v.Text)
	return v
}

// firstBytes gives at most n bytes of a text, whole characters.
func firstBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
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
	all, err := actions.Agents(v.r.Context(), v.post)
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		known[a.Key.String()] = "the agent " + a.Name
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
			err = &caps.Error{Code: caps.Wrong, Message: "this is no capsule: " + err.Error()}
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
