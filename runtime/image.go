package runtime

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"

	"qvat/guest"
)

const (
	// freeRoom is how much free memory an image carries, so that an ordinary
	// message does not grow it: an instance that grew cannot be set back.
	freeRoom = 4 << 20
	// gcThreshold is the size of the JavaScript heap at which the collector
	// walks it for cycles, or half the memory where that is less. Most messages
	// end before.
	gcThreshold = 24 << 20
)

// bareRoom is the free memory of an image that only compiles.
const bareRoom = 2 << 20

// entries are the kernel's functions that the host calls, and its own function
// that they call: addresses that are the same in every instance of an image.
type entries struct {
	prepare, start, settlePending, addModule, setRootPower, tryRootPower value
}

// newInstance makes an instance with a memory of its own, not yet booted.
func (e *Engine) newInstance(ctx context.Context) (*instance, error) {
	mem, err := newMemory(uint64(e.limits.Memory))
	if err != nil {
		return nil, err
	}
	alloc := experimental.MemoryAllocatorFunc(func(_, _ uint64) experimental.LinearMemory { return mem })
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions()
	mod, err := e.wasm.InstantiateModule(experimental.WithMemoryAllocator(ctx, alloc), e.compiled, config)
	if err != nil {
		mem.Free()
		return nil, fmt.Errorf("make an instance: %w", err)
	}
	in, err := bindInstance(mod, mem)
	if err != nil {
		return nil, errors.Join(err, mod.Close(ctx))
	}
	return in, nil
}

// fromImage makes an instance that is the image.
func (e *Engine) fromImage(ctx context.Context, img *image) (*instance, error) {
	in, err := e.newInstance(ctx)
	if err != nil {
		return nil, err
	}
	more := (len(img.bytes) - int(in.mem.size)) / pageSize
	if _, ok := in.mod.Memory().Grow(uint32(more)); !ok {
		return nil, errors.Join(errors.New("the image does not fit the memory limit"), in.mod.Close(ctx))
	}
	if err := in.mem.adopt(img); err != nil {
		return nil, errors.Join(err, in.mod.Close(ctx))
	}
	in.sp.Set(img.stackPointer)
	in.fixed = img.fixed
	return in, nil
}

// boot makes the first image: QuickJS, the hardened realm, the kernel and the
// host modules that the engine was given.
func (e *Engine) boot(ctx context.Context) (*image, error) {
	in, err := e.newInstance(ctx)
	if err != nil {
		return nil, err
	}
	defer in.mod.Close(ctx)
	in.setFuel(math.MaxInt64, time.Time{})
	b := booter{ctx: ctx, in: in}
	b.quickjs()
	b.kernel()
	for _, m := range e.modules {
		b.addModule(m)
	}
	return b.snapshot(freeRoom)
}

// bare makes an image that holds QuickJS and nothing else, for compiling: what
// parses a stranger's text has nothing in its reach.
func (e *Engine) bare(ctx context.Context) (*image, error) {
	in, err := e.newInstance(ctx)
	if err != nil {
		return nil, err
	}
	defer in.mod.Close(ctx)
	in.setFuel(math.MaxInt64, time.Time{})
	b := booter{ctx: ctx, in: in}
	b.quickjs()
	return b.snapshot(bareRoom)
}

// withRoot makes an image from another: with root-power.js in it, evaluated
// where that takes no power and no more than a message may use, and otherwise as
// it stands.
func (e *Engine) withRoot(ctx context.Context, base *image, root []byte) (*image, error) {
	img, err := e.tryRoot(ctx, base, root, true)
	if err != nil && ctx.Err() == nil {
		img, err = e.tryRoot(ctx, base, root, false)
	}
	return img, err
}

func (e *Engine) tryRoot(ctx context.Context, base *image, root []byte, evaluate bool) (*image, error) {
	in, err := e.fromImage(ctx, base)
	if err != nil {
		return nil, err
	}
	defer in.mod.Close(ctx)
	in.setFuel(e.limits.Fuel, time.Now().Add(e.limits.Time))
	b := booter{ctx: ctx, in: in, entries: base.entries}
	wrapper, err := in.evalBytecode(ctx, root)
	if err != nil {
		return nil, fmt.Errorf("load root-power.js: %w", err)
	}
	b.call(b.entries.setRootPower, wrapper)
	if evaluate {
		b.call(b.entries.tryRootPower)
	}
	return b.snapshot(freeRoom)
}

// booter runs the steps of making an image. The first error sticks.
type booter struct {
	ctx     context.Context //nolint:containedctx // lives for one call of boot
	in      *instance
	entries entries
	err     error
}

func (b *booter) do(what string, f func() error) {
	if b.err != nil {
		return
	}
	if err := f(); err != nil {
		b.err = fmt.Errorf("boot: %s: %w", what, err)
	}
}

func (b *booter) quickjs() {
	b.do("initialise QuickJS", func() error {
		if _, err := b.in.do(b.ctx, b.in.mod.ExportedFunction("_initialize")); err != nil {
			return err
		}
		rc, err := b.in.do(b.ctx, b.in.qjs.init)
		if err == nil && rc != 0 {
			err = fmt.Errorf("qjs_init answered %d", rc)
		}
		if err != nil {
			return err
		}
		// No check of QuickJS's own: running out of stack traps.
		_, err = b.in.do(b.ctx, b.in.qjs.maxStack, 0)
		return err
	})
	b.do("make room for calls", func() error {
		p, err := b.in.do(b.ctx, b.in.qjs.malloc, scratchSize)
		if err == nil && p == 0 {
			err = errors.New("there is none")
		}
		if err != nil {
			return err
		}
		u, err := b.in.do(b.ctx, b.in.qjs.undefined)
		b.in.fixed = fixtures{scratch: uint32(p), undefined: value(u)}
		return err
	})
}

func (b *booter) kernel() {
	start := b.eval("boot.js", guest.Boot)
	b.eval("ses", guest.SES)
	text := b.eval("text.js", guest.Text)
	permits := b.eval("permits.json", "("+guest.Permits+")")
	hardener := b.eval("harden.js", guest.Harden)
	b.call(b.eval("realm.js", guest.Realm), start, permits, text, hardener)
	slots := b.eval("slots.js", guest.Slots)
	crossing := b.call(b.eval("cross.js", guest.Cross), hardener, b.hostFunction("brand"))
	args := []value{start, hardener, crossing, slots, b.call(b.eval("encode.js", guest.Encode), slots)}
	// In the order in which kernel.js takes them; turn.answer is behind them.
	for _, name := range []string{"load", "require", "signed", "call", "log", "done", "fail"} {
		args = append(args, b.hostFunction(name))
	}
	kernel := b.call(b.eval("kernel.js", guest.Kernel), args...)
	// In this order always, or the image would not come out the same.
	b.entries = entries{
		prepare:       b.prop(kernel, "prepare"),
		start:         b.prop(kernel, "start"),
		settlePending: b.prop(kernel, "settlePending"),
		addModule:     b.prop(kernel, "addModule"),
		setRootPower:  b.prop(kernel, "setRootPower"),
		tryRootPower:  b.prop(kernel, "tryRootPower"),
	}
}

func (b *booter) addModule(m Module) {
	const head = "(function (module, exports, require, host) { 'use strict'; "
	wrapper := b.eval(m.Name, head+m.Source+"\n})")
	var name value
	b.do("name a module", func() (err error) {
		name, err = b.in.newString(b.ctx, []byte(m.Name))
		return err
	})
	args := []value{name, wrapper}
	if m.Slots {
		args = append(args, wrapper) // any value that is true
	}
	b.call(b.entries.addModule, args...)
}

func (b *booter) eval(name, script string) (v value) {
	b.do(name, func() (err error) {
		v, err = b.in.eval(b.ctx, name, script, 0)
		return err
	})
	return v
}

func (b *booter) call(f value, args ...value) (v value) {
	b.do("call", func() (err error) {
		v, err = b.in.call(b.ctx, f, args...)
		return err
	})
	return v
}

func (b *booter) hostFunction(name string) (v value) {
	b.do("make a host function", func() error {
		return b.in.withBytes(b.ctx, []byte(name), func(p uint32) error {
			r, err := b.in.do(b.ctx, b.in.qjs.newHostFunction, uint64(p), uint64(len(name)), 0)
			v = value(r)
			return err
		})
	})
	return v
}

func (b *booter) prop(object value, name string) (v value) {
	b.do("find the kernel's "+name, func() (err error) {
		v, err = b.in.prop(b.ctx, object, name)
		return err
	})
	return v
}

// fillHoles takes the free pieces that boot has left between what it keeps, for
// good. What a message allocates then lies together, above top: it touches
// fewer pages, and fewer have to be set back.
func (b *booter) fillHoles(top uint32) error {
	const smallest, largest = 8, 64 << 10
	for size := uint64(largest); size >= smallest; size -= max(8, size/64&^7) {
		for {
			p, err := b.in.do(b.ctx, b.in.qjs.malloc, size)
			if err != nil {
				return err
			}
			if uint32(p) < top {
				continue
			}
			if err := b.in.release(b.ctx, uint32(p)); err != nil {
				return err
			}
			break
		}
	}
	return nil
}

// snapshot collects garbage, makes room for messages and takes the image.
func (b *booter) snapshot(room uint64) (*image, error) {
	b.do("finish", func() error {
		if _, err := b.in.do(b.ctx, b.in.qjs.runGC); err != nil {
			return err
		}
		if _, err := b.in.do(b.ctx, b.in.qjs.gcThreshold, min(gcThreshold, b.in.mem.limit/2)); err != nil {
			return err
		}
		p, err := b.in.do(b.ctx, b.in.qjs.malloc, room)
		if err != nil {
			return err
		}
		if err := b.in.release(b.ctx, uint32(p)); err != nil {
			return err
		}
		return b.fillHoles(uint32(p))
	})
	if b.err != nil {
		return nil, b.err
	}
	mem, ok := b.in.mod.Memory().Read(0, uint32(b.in.mem.size))
	if !ok {
		return nil, errors.New("boot: the memory cannot be read")
	}
	store, bytes, err := newImageStore(mem)
	if err != nil {
		return nil, fmt.Errorf("boot: keep the image: %w", err)
	}
	return &image{store: store, bytes: bytes, stackPointer: b.in.sp.Get(), entries: b.entries, fixed: b.in.fixed}, nil
}
