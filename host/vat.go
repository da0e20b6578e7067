// Package host is the vat: it opens a base directory and takes invocations through
// their one path.
//
// An invocation is decoded and verified once; its programs are gathered, or all
// that are missing are named; it runs in an instance of its own against a
// snapshot of the store; what it wrote, what it staged and its record commit
// together; and only then does its answer leave. One that loses a conflict is run
// again: it had no effect, and runs the same way each time. One that fails leaves
// nothing but the record of its failure.
//
// Files: invocation.go is the path, and verify.go, admit.go, gather.go, attempt.go
// and commit.go are its steps; mailrun.go is what agents call and deliver.go what
// answers to staged requests are for; settings.go and init.go are the directory, post.go
// is the vat's agents, serve.go is the process and page.go its page, embed.go is what a
// Go program that embeds the vat can add to it.
package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"

	"qvat/chains"
	"qvat/host/api"
	"qvat/host/config"
	"qvat/host/keyfile"
	"qvat/host/library"
	"qvat/host/mail"
	"qvat/host/metrics"
	"qvat/host/outbox"
	"qvat/host/powers"
	"qvat/host/rootpower"
	"qvat/host/store"
	"qvat/host/store/sqlite"
	"qvat/runtime"
)

// Version is the version of this vat.
const Version = "0.1.0"

// Options say which vat to open. Dir must be set.
type Options struct {
	// Dir is the vat's base directory, as Init makes it.
	Dir string
	// Logger gets the vat's log; nil discards it.
	Logger *slog.Logger
	// Registry gets the vat's metrics; nil keeps them to itself.
	Registry *prometheus.Registry
	// RootPower is the file of root-power.js; empty: root-power.js in Dir. What
	// it requires must lie in the same folder as it.
	RootPower string
	// Embed is what the embedding program adds; the zero value adds nothing.
	Embed Embed
}

// Vat is an open vat. Its methods may be called from any goroutine.
type Vat struct {
	dir      string
	root     string // the file of root-power.js
	embed    Embed
	config   config.Config
	log      *slog.Logger
	info     api.Info
	verifier *chains.Verifier
	engine   *runtime.Engine
	store    store.Store
	library  *library.Library
	post     *mail.Post
	powers   *powers.Set
	gate     *gate
	metrics  *metrics.Metrics
	outbox   *outbox.Sender

	stop    context.CancelFunc
	workers sync.WaitGroup
}

// Open opens the vat in o.Dir, which no other process may have open. It fails
// with an error that names the file where a setting, a key, the database or
// root-power.js does not work.
func Open(ctx context.Context, o Options) (*Vat, error) {
	v := &Vat{
		dir: o.Dir, root: o.RootPower, embed: o.Embed, log: o.Logger,
	}
	if v.root == "" {
		v.root = filepath.Join(v.dir, rootPower)
	}
	if v.log == nil {
		v.log = slog.New(slog.DiscardHandler)
	}
	if err := v.open(ctx, o.Registry); err != nil {
		return nil, errors.Join(err, v.Close())
	}
	return v, nil
}

func (v *Vat) open(ctx context.Context, registry *prometheus.Registry) (err error) {
	if v.config, err = config.Load(v.dir); err != nil {
		return err
	}
	root, err := chains.ParsePublicKeyHex(v.config.RootKey)
	if err != nil {
		return fmt.Errorf("%s: root_key: %w", filepath.Join(v.dir, config.File), err)
	}
	nodeSecret, err := keyfile.Load(filepath.Join(v.dir, keysDir, nodeKey))
	if err != nil {
		return err
	}
	node, err := chains.PublicKeyOf(nodeSecret)
	if err != nil {
		return err
	}
	v.verifier = chains.NewVerifier(root, chains.VerifierOptions{})
	v.gate = newGate(v.config.Workers, v.config.Queue)
	v.info = api.Info{
		Name: v.config.Name, RootKey: root.String(), NodeKey: node.String(),
		Limits: v.config.LimitsByName(), Version: Version, Engine: runtime.Versions(),
	}
	if v.store, err = openStore(ctx, &v.config, v.dir, v.log); err != nil {
		return err
	}
	if v.library, err = library.Open(ctx, v.store, libraryOptions(&v.config)); err != nil {
		return err
	}
	if err := v.openPost(ctx, nodeSecret); err != nil {
		return err
	}
	grants, err := grantsOf(&v.config, v.dir)
	if err == nil {
		grants.HTTP.Verifier, grants.HTTP.Exchange = v.verifier, v.embed.Exchange
		v.powers, err = powers.New(grants)
	}
	if err != nil {
		return fmt.Errorf("%s: powers: %w", filepath.Join(v.dir, config.File), err)
	}
	v.outbox = outbox.New(outbox.Options{
		Store: v.store, Powers: v.powers, Deliver: v.deliver, OneByOne: v.embed.Exchange != nil, Logger: v.log,
	})
	var b rootpower.Bundle
	if like := v.embed.Like; like != nil {
		v.engine = like.engine
	} else if b, err = v.bundle(); err != nil {
		return err
	} else if err := v.openEngine(ctx, b.Text); err != nil {
		return err
	}
	v.metrics = metrics.New(registry, v.numbers)
	ctx, v.stop = context.WithCancel(context.WithoutCancel(ctx))
	if v.embed.Like == nil {
		v.workers.Go(func() { b.Watch(ctx, v.engine.SetRootPower) })
	}
	if v.embed.Exchange == nil {
		v.workers.Go(func() { v.outbox.Run(ctx) })
	}
	return nil
}

// openStore opens the vat's database; a nil log discards.
func openStore(ctx context.Context, c *config.Config, dir string, log *slog.Logger) (store.Store, error) {
	o := storeOptions(c, dir)
	o.Logger = log
	s, err := sqlite.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// bundle bundles root-power.js, and refuses one that is made of what programs can
// write.
func (v *Vat) bundle() (rootpower.Bundle, error) {
	o := rootpower.Options{File: v.root, Modules: v.embed.names(), Logger: v.log}
	if v.config.Powers.Files.Write {
		var err error
		if o.Writable, err = filesDir(&v.config, v.dir); err != nil {
			return rootpower.Bundle{}, err
		}
	}
	return rootpower.New(o)
}

// numbers are what the vat's metrics ask for.
func (v *Vat) numbers() metrics.Numbers {
	return metrics.Numbers{
		Running: int64(len(v.gate.running)), Waiting: v.gate.waiting.Load(),
		Engine: v.engine.Stats(), Store: v.store.Stats(), Library: v.library.Stats(),
	}
}

func (v *Vat) openEngine(ctx context.Context, text string) error {
	modules, err := v.embed.modules(v.powers.Modules())
	if err != nil {
		return err
	}
	cache := cacheOf(&v.config, v.dir)
	if cache != "" {
		if err := ownFolder(cache); err != nil {
			v.log.Warn("no machine code is kept: the vat starts more slowly", "err", err)
			cache = ""
		}
	}
	v.engine, err = runtime.New(ctx, runtime.Options{
		Limits:    runtimeLimits(&v.config),
		Modules:   modules,
		RootPower: text,
		CacheDir:  cache,
		Idle:      2 * v.config.Workers,
		Logger:    v.log,
	})
	if err != nil {
		return fmt.Errorf("%s: %w", v.root, err)
	}
	return nil
}

// ownFolder makes a folder for machine code, which is run as it lies there. One
// that is there must be this user's alone: it may have come with a directory
// that somebody else made.
func ownFolder(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	who, known := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 || !known || int(who.Uid) != os.Geteuid() {
		return fmt.Errorf("%s must be a folder, and no link, of this user's alone (mode 0700): delete it, and it is made anew", path)
	}
	return nil
}

// Close ends what runs in the background, and closes the store. Invocations must
// have ended.
func (v *Vat) Close() error {
	if v.stop != nil {
		v.stop()
		v.workers.Wait()
	}
	var errs []error
	if v.engine != nil && v.embed.Like == nil {
		errs = append(errs, v.engine.Close(context.Background()))
	}
	if v.powers != nil {
		errs = append(errs, v.powers.Close())
	}
	if v.post != nil {
		errs = append(errs, v.post.Close())
	}
	if v.library != nil {
		v.library.Close()
	}
	if v.store != nil {
		errs = append(errs, v.store.Close())
	}
	return errors.Join(errs...)
}

// Info describes the vat.
func (v *Vat) Info() api.Info { return v.info }

// Ready says why the vat cannot take invocations now, or nil.
func (v *Vat) Ready(ctx context.Context) error {
	tx, err := v.store.Begin(ctx)
	if err != nil {
		return err
	}
	tx.Rollback()
	return nil
}
