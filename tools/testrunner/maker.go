package testrunner

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"qvat/chains"
	"qvat/host"
	"qvat/host/powers"
	"qvat/runtime"
	"qvat/tools/project"
)

// rootName is the name whose key is the root key of the vats.
const rootName = "root"

// keyOf makes the key of a name: the same for the same name, always, so that a
// program in which it stands has the same hash each time. It keeps nothing
// secret.
func keyOf(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("qvat test key\n" + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func publicOf(name string) (chains.PublicKey, error) { return chains.PublicKeyOf(keyOf(name)) }

// maker makes vats of one project that are like each other, each in a folder of
// its own under base. They share the engine of the first, which stays open and
// which no test gets.
type maker struct {
	project *project.Project
	base    string
	cache   string // of machine code
	name    string // what the folders are called, before their numbers
	power   string // the file of root-power.js; "" is that of the vat itself
	modules []host.Module

	opening sync.Once
	first   *host.Vat
	err     error // why the first could not be opened

	mu sync.Mutex
	n  int
}

// open makes a vat. Whoever asked for it closes it, before the maker is closed.
func (m *maker) open(ctx context.Context, e host.Embed) (*host.Vat, error) {
	if m.prepare(ctx); m.err != nil {
		return nil, m.err
	}
	e.Like = m.first
	return m.make(ctx, e)
}

// prepare opens the first vat, if that has not been tried.
func (m *maker) prepare(ctx context.Context) {
	m.opening.Do(func() { m.first, m.err = m.make(ctx, host.Embed{Exchange: noNetwork}) })
}

// noNetwork is the network of a vat that gets no message.
func noNetwork(context.Context, powers.OutRequest) (powers.OutAnswer, error) {
	return powers.OutAnswer{}, errors.New("no request leaves this vat")
}

func (m *maker) make(ctx context.Context, e host.Embed) (*host.Vat, error) {
	m.mu.Lock()
	m.n++
	dir := filepath.Join(m.base, fmt.Sprint(m.name, m.n))
	m.mu.Unlock()
	// All engines are the same machine code.
	err := m.project.MakeVat(dir, project.Vat{Root: keyOf(rootName), Name: "test", Listen: "127.0.0.1:0", Throwaway: true, Cache: m.cache})
	if err != nil {
		return nil, err
	}
	e.Modules = m.modules
	return host.Open(ctx, host.Options{Dir: dir, RootPower: m.power, Embed: e})
}

func (m *maker) close() error {
	if m.first == nil {
		return nil
	}
	return m.first.Close()
}

// driverPower makes `t` the power of the vats that tests run in.
const driverPower = "module.exports = require('qvat:test')\n"

// driverConfig gives a test more time than a message has by default: it waits
// for several.
const driverConfig = "[limits]\ntime = \"60s\"\n"

// newDrivers gives a maker of the vats that tests run in. open opens qvat:test
// for one test.
func newDrivers(base, cache string, open func(powers.Message) runtime.Power) (*maker, error) {
	dir := filepath.Join(base, "driver")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, project.VatConfig), []byte(driverConfig), 0o600); err != nil {
		return nil, err
	}
	power := filepath.Join(dir, project.RootPower)
	return &maker{
		project: &project.Project{Dir: dir}, base: base, cache: cache, name: "driver", power: power,
		modules: []host.Module{{Module: runtime.Module{Name: moduleName, Source: moduleSource}, Open: open}},
	}, os.WriteFile(power, []byte(driverPower), 0o600)
}
