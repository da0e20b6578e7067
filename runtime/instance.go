package runtime

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/tetratelabs/wazero/api"

	"qvat/runtime/meter"
)

// instance is one QuickJS in one linear memory. It belongs to one goroutine at
// a time.
type instance struct {
	mod       api.Module
	mem       *linearMemory
	sp        api.MutableGlobal
	sliceFuel api.MutableGlobal // the fuel that is left of the slice in use
	qjs       exports
	stack     [8]uint64
	fixed     fixtures

	fuel fuelMeter
	host hostFunc
}

// fixtures are what an image keeps in its memory for calls across the boundary:
// what would otherwise be allocated for each.
type fixtures struct {
	scratch   uint32 // room for a length, arguments, a short text
	undefined value
}

// The parts of the scratch room.
const (
	scratchArgs = 8 // after a length
	maxArgs     = 14
	scratchText = scratchArgs + 4*maxArgs
	shortText   = 1 << 10
	scratchSize = scratchText + shortText
)

// value is the address of a boxed JSValue in the instance's memory; 0 is none.
type value uint32

// hostFunc answers a call of one of the kernel's host functions. A zero value
// without an error is undefined. An error ends the instance.
type hostFunc func(ctx context.Context, in *instance, name []byte, args []value) (value, error)

// exports are the functions of quickjs.wasm that the room uses. A function of
// wazero's cannot be called again while it runs, and none of these is: the
// host function calls only those that never run a program.
type exports struct {
	malloc, free                                          api.Function
	init, eval, compile, evalBytecode                     api.Function
	newString, newNumber, newHostFunction, undefined      api.Function
	stringLen, freeString, float64, isUndefined, isString api.Function
	call, isException, exception, freeValue, dupValue     api.Function
	job, jobPending, promiseState, promiseResult          api.Function
	isProxy, isPromise, isError, getProp                  api.Function
	maxStack, gcThreshold, runGC, version                 api.Function
}

func (e *exports) bind(mod api.Module) error {
	for name, f := range map[string]*api.Function{
		"wasm_malloc": &e.malloc, "wasm_free": &e.free,
		"qjs_init": &e.init, "qjs_eval": &e.eval,
		"qjs_compile": &e.compile, "qjs_eval_bytecode": &e.evalBytecode,
		"qjs_new_string": &e.newString, "qjs_new_host_function": &e.newHostFunction,
		"qjs_get_undefined":  &e.undefined,
		"qjs_get_string_len": &e.stringLen, "qjs_free_cstring": &e.freeString,
		"qjs_get_float64": &e.float64, "qjs_is_undefined": &e.isUndefined,
		"qjs_is_string": &e.isString, "qjs_new_number": &e.newNumber,
		"qjs_call": &e.call, "qjs_is_exception": &e.isException,
		"qjs_get_exception": &e.exception, "qjs_free_value": &e.freeValue,
		"qjs_dup_value":           &e.dupValue,
		"qjs_execute_pending_job": &e.job, "qjs_is_job_pending": &e.jobPending,
		"qjs_promise_state": &e.promiseState, "qjs_promise_result": &e.promiseResult,
		"qjs_is_proxy": &e.isProxy, "qjs_is_promise": &e.isPromise,
		"qjs_is_error": &e.isError, "qjs_get_prop_string": &e.getProp,
		"qjs_set_max_stack_size": &e.maxStack, "qjs_set_gc_threshold": &e.gcThreshold,
		"qjs_run_gc": &e.runGC, "qjs_get_quickjs_version": &e.version,
	} {
		if *f = mod.ExportedFunction(name); *f == nil {
			return fmt.Errorf("quickjs.wasm exports no %s: is it another version?", name)
		}
	}
	return nil
}

func bindInstance(mod api.Module, mem *linearMemory) (*instance, error) {
	in := &instance{mod: mod, mem: mem}
	if err := in.qjs.bind(mod); err != nil {
		return nil, err
	}
	var ok bool
	if in.sp, ok = mod.ExportedGlobal("__stack_pointer").(api.MutableGlobal); !ok {
		return nil, errors.New("quickjs.wasm exports no mutable __stack_pointer")
	}
	if in.sliceFuel, ok = mod.ExportedGlobal(meter.Fuel).(api.MutableGlobal); !ok {
		return nil, errors.New("the metered module exports no fuel")
	}
	return in, nil
}

// deepFuel is what a message burns at the least, inside of the instance, that
// has called deep.
const deepFuel = 50_000

// shrink gives up the native stacks that deep calls made wazero grow: it keeps
// them with the function that was called, and never makes them smaller.
func (in *instance) shrink() {
	if in.burnt()-in.fuel.byHost < deepFuel {
		return
	}
	in.qjs.call = in.mod.ExportedFunction("qjs_call")
	in.qjs.job = in.mod.ExportedFunction("qjs_execute_pending_job")
	in.qjs.eval = in.mod.ExportedFunction("qjs_eval")
	in.qjs.compile = in.mod.ExportedFunction("qjs_compile")
}

// frame carries the instance to the host functions that its code calls.
type frame struct {
	context.Context
	in *instance
}

// do calls an exported function and returns its first result.
func (in *instance) do(ctx context.Context, f api.Function, args ...uint64) (uint64, error) {
	fr, ok := ctx.(*frame)
	if !ok || fr.in != in {
		fr = &frame{ctx, in}
	}
	stack := in.stack[:]
	// A host function that calls back in must not overwrite the stack of the
	// call that it is part of.
	if in.fuel.depth > 0 {
		stack = make([]uint64, max(len(args), 1))
	}
	n := copy(stack, args)
	in.fuel.depth++
	err := f.CallWithStack(fr, stack[:max(n, 1)])
	in.fuel.depth--
	return stack[0], err
}

// write copies bytes into the instance, with a NUL after them, and returns
// where. The caller frees it.
func (in *instance) write(ctx context.Context, b []byte) (uint32, error) {
	p, err := in.do(ctx, in.qjs.malloc, uint64(len(b)+1))
	if err != nil {
		return 0, err
	}
	mem := in.mod.Memory()
	if p == 0 || !mem.Write(uint32(p), b) || !mem.WriteByte(uint32(p)+uint32(len(b)), 0) {
		return 0, fmt.Errorf("no room for %d bytes in the instance", len(b))
	}
	return uint32(p), nil
}

func (in *instance) release(ctx context.Context, p uint32) error {
	_, err := in.do(ctx, in.qjs.free, uint64(p))
	return err
}

// withBytes writes b, calls f with its address and frees it again.
func (in *instance) withBytes(ctx context.Context, b []byte, f func(p uint32) error) error {
	p, err := in.write(ctx, b)
	if err != nil {
		return err
	}
	if err := f(p); err != nil {
		return err
	}
	return in.release(ctx, p)
}

// newString makes a JavaScript string of UTF-8 text.
func (in *instance) newString(ctx context.Context, text []byte) (v value, err error) {
	if len(text) <= shortText && in.mod.Memory().Write(in.fixed.scratch+scratchText, text) {
		r, err := in.do(ctx, in.qjs.newString, uint64(in.fixed.scratch+scratchText), uint64(len(text)))
		return value(r), err
	}
	err = in.withBytes(ctx, text, func(p uint32) error {
		r, err := in.do(ctx, in.qjs.newString, uint64(p), uint64(len(text)))
		v = value(r)
		return err
	})
	return v, err
}

// number reads a number of the kernel's.
func (in *instance) number(ctx context.Context, v value) (int, error) {
	bits, err := in.do(ctx, in.qjs.float64, uint64(v))
	return int(math.Float64frombits(bits)), err
}

func (in *instance) newNumber(ctx context.Context, n int) (value, error) {
	r, err := in.do(ctx, in.qjs.newNumber, math.Float64bits(float64(n)))
	return value(r), err
}

// text copies a value's string out, as UTF-8. It fails for a string longer
// than most bytes, before it is copied.
func (in *instance) text(ctx context.Context, v value, most int) ([]byte, error) {
	p, err := in.do(ctx, in.qjs.stringLen, uint64(v), uint64(in.fixed.scratch))
	if err != nil {
		return nil, err
	}
	n, ok := in.mod.Memory().ReadUint32Le(in.fixed.scratch)
	if p == 0 || !ok {
		return nil, errors.New("a value has no text")
	}
	if int64(n) > int64(most) {
		return nil, &tooLongError{size: int(n), most: most}
	}
	b, ok := in.mod.Memory().Read(uint32(p), n)
	if !ok {
		return nil, errors.New("a string lies outside the memory")
	}
	b = append([]byte(nil), b...)
	_, err = in.do(ctx, in.qjs.freeString, p)
	return b, err
}

// propText reads a property that is text.
func (in *instance) propText(ctx context.Context, object value, name string) (s string, err error) {
	v, err := in.prop(ctx, object, name)
	if err != nil {
		return "", err
	}
	b, err := in.text(ctx, v, 64<<10)
	return string(b), err
}

func (in *instance) prop(ctx context.Context, object value, name string) (v value, err error) {
	err = in.withBytes(ctx, []byte(name), func(p uint32) error {
		r, err := in.do(ctx, in.qjs.getProp, uint64(object), uint64(p))
		v = value(r)
		return err
	})
	return v, err
}

// tooLongError says that text crossing the boundary exceeds its limit.
type tooLongError struct{ size, most int }

func (e *tooLongError) Error() string {
	return fmt.Sprintf("%d bytes cross the boundary, %d may", e.size, e.most)
}

// test asks one of the predicates about a value.
func (in *instance) test(ctx context.Context, predicate api.Function, v value) (bool, error) {
	r, err := in.do(ctx, predicate, uint64(v))
	return uint32(r) != 0, err
}

// drop gives a boxed value back.
func (in *instance) drop(ctx context.Context, v value) error {
	_, err := in.do(ctx, in.qjs.freeValue, uint64(v))
	return err
}

// Flags of JS_Eval and qjs_compile (quickjs.h, and the README of quickjs-wasi).
const (
	evalStrict      = 1 << 3
	evalCompileOnly = 1 << 5
	stripSource     = 1 << 4
)

// eval runs a script of ours.
func (in *instance) eval(ctx context.Context, name, text string, flags uint64) (value, error) {
	var v value
	err := in.withBytes(ctx, []byte(text), func(p uint32) error {
		return in.withBytes(ctx, []byte(name), func(f uint32) error {
			r, err := in.do(ctx, in.qjs.eval, uint64(p), uint64(len(text)), uint64(f), flags)
			v = value(r)
			return err
		})
	})
	if err != nil {
		return 0, err
	}
	return v, in.thrown(ctx, v)
}

// evalBytecode runs what this process compiled.
func (in *instance) evalBytecode(ctx context.Context, code []byte) (value, error) {
	var v value
	err := in.withBytes(ctx, code, func(p uint32) error {
		r, err := in.do(ctx, in.qjs.evalBytecode, uint64(p), uint64(len(code)))
		v = value(r)
		return err
	})
	if err != nil {
		return 0, err
	}
	return v, in.thrown(ctx, v)
}

// call calls a function with undefined as its this.
func (in *instance) call(ctx context.Context, f value, args ...value) (value, error) {
	argv := in.fixed.scratch + scratchArgs
	if len(args) > maxArgs {
		return 0, fmt.Errorf("a call has %d arguments, and %d may be", len(args), maxArgs)
	}
	for i, a := range args {
		if !in.mod.Memory().WriteUint32Le(argv+4*uint32(i), uint32(a)) {
			return 0, errors.New("the instance has no room for arguments")
		}
	}
	r, err := in.do(ctx, in.qjs.call, uint64(f), uint64(in.fixed.undefined), uint64(len(args)), uint64(argv))
	if err != nil {
		return 0, err
	}
	return value(r), in.thrown(ctx, value(r))
}

// thrownError is an exception that came out of a script of ours: during boot,
// or a syntax error. What a program throws the kernel catches.
type thrownError struct{ text string }

func (e *thrownError) Error() string { return e.text }

// thrown turns an exception value into an error.
func (in *instance) thrown(ctx context.Context, v value) error {
	bad, err := in.test(ctx, in.qjs.isException, v)
	if err != nil || !bad {
		return err
	}
	exc, err := in.do(ctx, in.qjs.exception)
	if err != nil {
		return err
	}
	text, err := in.text(ctx, value(exc), 64<<10)
	if err != nil {
		return err
	}
	return &thrownError{string(text)}
}
