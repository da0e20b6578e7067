// Package dev serves a project to the one who writes it: a vat in the project's
// folder, a chain of its main program that is always that of the sources, and a
// report of each message.
//
// The vat is in .qvat, made where it is not there; what is in its store stays
// from one time to the next. root-power.js is the project's own and is loaded
// again when it changes, which is the vat's doing; the sources are looked at
// here, and .qvat/main.chain is written again when one has changed. While the
// sources do not bundle, the chain stays as it was.
package dev

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"qvat/chains"
	"qvat/host"
	"qvat/host/keyfile"
	"qvat/tools/bundle"
	"qvat/tools/project"
)

// Options say what to serve. Dir must be set; functions that are nil are not
// called, and the others one at a time. Only Granted and Note may be called
// before Listening.
type Options struct {
	// Dir is the project's folder.
	Dir string
	// Listen is the address to serve at, HOST:PORT; port 0 is any free one.
	Listen string
	// GrantFiles lets vat.toml name a folder for qvat:files that is not one of
	// the project's; without it that is ErrOutside.
	GrantFiles bool
	// Granted is told what vat.toml grants, before a message is taken.
	Granted func(project.Grants)
	// Listening is told the vat's URL once it takes messages.
	Listening func(url string)
	// Bundled is told that the chain has been written.
	Bundled func(*bundle.Bundled)
	// Failed is told why it has not, once for each reason: a *bundle.Problems
	// where that lies in the sources.
	Failed func(error)
	// Message is told what became of a message.
	Message func(Message)
	// Note is told what else the vat has to say, such as that root-power.js has
	// been loaded again.
	Note func(level slog.Level, text string)
}

// Names of what lies in the project's folder.
const (
	vatDir    = ".qvat"
	chainFile = "main.chain"
)

// Chain is the path of the chain, from the project's folder.
var Chain = filepath.Join(vatDir, chainFile)

// ErrOutside says that vat.toml grants a folder that is not one of the project's.
var ErrOutside = errors.New("vat.toml grants qvat:files a folder that is not the project's")

// Serve serves the project until ctx ends, and returns within 2 seconds then.
func Serve(ctx context.Context, o Options) error {
	p, err := project.Open(o.Dir)
	if err != nil {
		return err
	}
	s := &server{o: o, project: p, dir: filepath.Join(p.Dir, vatDir), maps: bundle.NewMap(), texts: map[chains.Hash]chains.Program{}}
	g, err := p.Grants(s.dir)
	if err != nil {
		return err
	}
	if g.Outside && !o.GrantFiles {
		return fmt.Errorf("%w: %s", ErrOutside, g.Files)
	}
	cache, err := machineCode()
	if err != nil {
		s.warn("no machine code is kept, and the vat starts more slowly: " + err.Error())
	}
	if err := p.MakeVat(s.dir, project.Vat{Name: "dev", Listen: "127.0.0.1:0", Cache: cache}); err != nil {
		return err
	}
	if o.Granted != nil {
		s.tell(func() { o.Granted(g) })
	}
	if s.root, err = keyfile.Load(filepath.Join(s.dir, "keys", "root.key")); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer stop()
	return host.Run(ctx, host.RunOptions{
		Dir: s.dir, Listen: o.Listen, RootPower: p.Power(),
		Logger: slog.New(&handler{server: s}),
		Embed:  host.Embed{Observe: s.observe},
		Listening: func(url string) {
			if o.Listening != nil {
				s.tell(func() { o.Listening(url) })
			}
			watching.Go(func() { s.watch(ctx) })
		},
	})
}

// machineCode is this user's folder for the machine code of all dev vats: what
// lies there is run, so none of it may come with a project. Where the user has
// no folder for caches it is "", and an error.
func machineCode() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "qvat", "engine")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	return dir, nil
}

// server is a project that is served.
type server struct {
	o       Options
	project *project.Project
	dir     string // of the vat
	root    ed25519.PrivateKey

	telling sync.Mutex // held while one of the options' functions runs

	mu    sync.Mutex // guards what is known of all programs so far
	maps  *bundle.Map
	texts map[chains.Hash]chains.Program
}

// warn notes what is worth a warning.
func (s *server) warn(text string) {
	if s.o.Note != nil {
		s.tell(func() { s.o.Note(slog.LevelWarn, text) })
	}
}
