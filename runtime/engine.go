// Package runtime is the engine: it runs one message's chain of programs in a
// fresh, confined JavaScript machine, and hands back what the first program
// returned.
//
// It promises that a program has no authority but what it is given; that no
// message can tell whether another ran before it in the same process; that a
// message which meets a limit ends at once, whatever its programs catch, and
// leaves nothing behind; and that the same message, with the same answers from
// its powers, does the same and burns the same fuel.
//
// The machine is QuickJS-NG compiled to WebAssembly, metered (package meter)
// and run by wazero, with SES's hardened realm inside (package guest). Its
// start-up is paid once: instances start from an image of a booted machine,
// and are set back to it after each message (memory_linux.go).
//
// It is the only room that knows wazero.
package runtime

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/tetratelabs/wazero"

	"qvat/guest"
	"qvat/runtime/meter"
)

// Options are what an engine is made of. The zero value works: no powers, the
// default limits.
type Options struct {
	// Limits bound each message.
	Limits Limits
	// Modules are the host modules that root-power.js may require.
	Modules []Module
	// RootPower is the text of root-power.js, bundled to one CommonJS module
	// that requires host modules only. Empty: the root program's power is an
	// empty object.
	RootPower string
	// CacheDir keeps compiled machine code between processes; empty keeps
	// none. The directory must be writable by nobody else: what lies there is
	// run.
	CacheDir string
	// Idle is the number of instances kept ready; 0 means 4. Each costs less
	// than 2 MiB of private memory.
	Idle int
	// Compiled is the bytes of compiled programs kept in memory; 0 means
	// 64 MiB.
	Compiled int64
	Logger   *slog.Logger
}

// Engine runs messages. Its methods may be called from many goroutines.
type Engine struct {
	limits   Limits
	modules  []Module
	log      *slog.Logger
	wasm     wazero.Runtime
	cache    wazero.CompilationCache
	compiled wazero.CompiledModule
	base     *image
	parsers  *pool // instances that hold QuickJS alone: where texts are compiled
	idle     int
	programs *codeCache

	mu   sync.RWMutex // guards pool
	pool *pool        // instances of the image that messages start from
}

// New makes an engine: it compiles the machine, or finds it in CacheDir, boots
// it and takes the image. It fails where the realm does not come out as the
// table of permits has it, and where RootPower does not parse.
func New(ctx context.Context, o Options) (*Engine, error) {
	e := &Engine{limits: o.Limits.withDefaults(), modules: o.Modules, log: o.Logger, idle: o.Idle}
	if e.limits.Memory < MinMemory {
		return nil, fmt.Errorf("a memory limit of %d bytes is too low: at least %d are needed", e.limits.Memory, MinMemory)
	}
	if e.limits.Stack < MinStack || e.limits.Stack > MaxStack {
		return nil, fmt.Errorf("a stack of %d bytes cannot be had: from %d to %d can", e.limits.Stack, MinStack, MaxStack)
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	if e.idle == 0 {
		e.idle = 4
	}
	e.programs = newCodeCache(o.Compiled)
	if err := e.start(ctx, o); err != nil {
		return nil, errors.Join(err, e.Close(ctx))
	}
	return e, nil
}

func (e *Engine) start(ctx context.Context, o Options) error {
	config := wazero.NewRuntimeConfig()
	if o.CacheDir != "" {
		cache, err := openCache(o.CacheDir)
		if err != nil {
			return fmt.Errorf("open the compilation cache: %w", err)
		}
		e.cache = cache
		config = config.WithCompilationCache(cache)
	}
	e.wasm = wazero.NewRuntimeWithConfig(ctx, config)
	repaired, err := repair(guest.QuickJS)
	if err != nil {
		return err
	}
	metered, err := meter.Rewrite(repaired, meter.Options{
		Refill: "env.host_interrupt", Globals: []string{"__stack_pointer"},
	})
	if err != nil {
		return err
	}
	if err := addImports(ctx, e.wasm); err != nil {
		return fmt.Errorf("define the engine's imports: %w", err)
	}
	if e.compiled, err = e.wasm.CompileModule(ctx, metered); err != nil {
		return fmt.Errorf("compile the engine: %w", err)
	}
	blank, err := e.bare(ctx)
	if err != nil {
		return err
	}
	e.parsers = newPool(e, blank)
	if e.base, err = e.boot(ctx); err != nil {
		return err
	}
	e.log.Info("the engine has started", "image", len(e.base.bytes), "reset", e.base.store.resetMethod())
	e.pool = newPool(e, e.base)
	return e.SetRootPower(ctx, o.RootPower)
}

// SetRootPower replaces root-power.js for the messages that start from now on.
// A text that does not parse is a *Failure, and the one before stays.
func (e *Engine) SetRootPower(ctx context.Context, text string) error {
	img := e.base
	if text != "" {
		code, err := e.compile(ctx, RootPower, text, e.limits.Fuel, time.Now().Add(e.limits.Time), e.limits)
		if err != nil {
			return err
		}
		if code.syntax != nil {
			return code.syntax
		}
		if img, err = e.withRoot(ctx, e.base, code.bytes); err != nil {
			return err
		}
	}
	next := newPool(e, img)
	e.mu.Lock()
	last := e.pool
	e.pool = next
	e.mu.Unlock()
	return last.close(ctx)
}

// use gives the pool of the image that messages start from, and counts its user.
func (e *Engine) use() *pool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	e.pool.users.Add(1) // under the lock: a pool that is replaced waits for its users
	return e.pool
}

// Close releases everything. No turn may be under way.
func (e *Engine) Close(ctx context.Context) error {
	var errs []error
	if e.pool != nil {
		errs = append(errs, e.pool.close(ctx))
	}
	if e.parsers != nil {
		errs = append(errs, e.parsers.close(ctx))
	}
	if e.base != nil {
		e.base.release()
	}
	if e.wasm != nil {
		errs = append(errs, e.wasm.Close(ctx))
	}
	if e.cache != nil {
		errs = append(errs, e.cache.Close(ctx))
	}
	return errors.Join(errs...)
}

// Limits gives the limits in force, defaults filled in.
func (e *Engine) Limits() Limits { return e.limits }

// quickJSVersion is what quickjs.wasm says of itself; a test compares the two.
const quickJSVersion = "0.17.0"

// Versions gives the versions of what the engine is made of, by name.
func Versions() map[string]string {
	v := guest.Versions()
	v["quickjs-ng"] = quickJSVersion
	v["wazero"] = "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			if d.Path == "github.com/tetratelabs/wazero" {
				if v["wazero"] = d.Version; d.Replace != nil {
					v["wazero"] += ", patched"
				}
			}
		}
	}
	return v
}

// opening is held while a cache is opened: wazero then notes its own version, and
// no lock of its own guards that.
var opening sync.Mutex

func openCache(dir string) (wazero.CompilationCache, error) {
	opening.Lock()
	defer opening.Unlock()
	return wazero.NewCompilationCacheWithDir(dir)
}
