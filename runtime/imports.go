package runtime

import (
	"context"
	"encoding/binary"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// What the engine imports: host functions, which only the kernel holds, and
// otherwise answers that say nothing of this machine. The clock stands still,
// randomness is zeros, the time zone is UTC, files cannot be written. (Programs
// see neither clock nor randomness; QuickJS itself asks for both when it starts.)

// wasiErrBadf is EBADF of wasi_snapshot_preview1.
const wasiErrBadf = 8

func inFrame(ctx context.Context) *frame { return ctx.(*frame) }

// addImports defines the two modules that quickjs.wasm imports from.
func addImports(ctx context.Context, r wazero.Runtime) error {
	i32, i64 := api.ValueTypeI32, api.ValueTypeI64
	type imp struct {
		module, name    string
		params, results []api.ValueType
		f               api.GoModuleFunc
	}
	zero := func(_ context.Context, _ api.Module, s []uint64) { s[0] = 0 }
	drop := func(context.Context, api.Module, []uint64) {}
	badf := func(_ context.Context, _ api.Module, s []uint64) { s[0] = wasiErrBadf }
	const wasi = "wasi_snapshot_preview1"
	imports := []imp{
		{"env", "host_call", []api.ValueType{i32, i32, i32, i32, i32}, []api.ValueType{i32}, hostCall},
		{"env", "host_interrupt", nil, []api.ValueType{i32}, func(ctx context.Context, _ api.Module, s []uint64) {
			inFrame(ctx).in.refill(ctx)
			s[0] = 0
		}},
		{"env", "host_promise_rejection", []api.ValueType{i32, i32, i32}, nil, drop},
		{"env", "host_module_normalize", []api.ValueType{i32, i32}, []api.ValueType{i32}, zero},
		{"env", "host_module_load", []api.ValueType{i32, i32}, []api.ValueType{i32}, zero},
		{"env", "host_get_timezone_offset", []api.ValueType{i32, i32}, []api.ValueType{i32}, zero},
		{wasi, "clock_time_get", []api.ValueType{i32, i64, i32}, []api.ValueType{i32}, clockTimeGet},
		{wasi, "random_get", []api.ValueType{i32, i32}, []api.ValueType{i32}, randomGet},
		{wasi, "fd_close", []api.ValueType{i32}, []api.ValueType{i32}, badf},
		{wasi, "fd_fdstat_get", []api.ValueType{i32, i32}, []api.ValueType{i32}, badf},
		{wasi, "fd_seek", []api.ValueType{i32, i64, i32, i32}, []api.ValueType{i32}, badf},
		{wasi, "fd_write", []api.ValueType{i32, i32, i32, i32}, []api.ValueType{i32}, badf},
	}
	for _, module := range []string{"env", wasi} {
		b := r.NewHostModuleBuilder(module)
		for _, i := range imports {
			if i.module == module {
				b.NewFunctionBuilder().WithGoModuleFunction(i.f, i.params, i.results).Export(i.name)
			}
		}
		if _, err := b.Instantiate(ctx); err != nil {
			return err
		}
	}
	return nil
}

// clockTimeGet answers the epoch.
func clockTimeGet(_ context.Context, mod api.Module, s []uint64) {
	if !mod.Memory().WriteUint64Le(uint32(s[2]), 0) {
		panic("clock_time_get: address outside the memory")
	}
	s[0] = 0
}

func randomGet(_ context.Context, mod api.Module, s []uint64) {
	b, ok := mod.Memory().Read(uint32(s[0]), uint32(s[1]))
	if !ok {
		panic("random_get: address outside the memory")
	}
	clear(b)
	s[0] = 0
}

// hostCall is what the kernel's host functions call: (name, length, this, argc,
// argv).
func hostCall(ctx context.Context, mod api.Module, s []uint64) {
	in := inFrame(ctx).in
	argc, argv := uint32(s[3]), uint32(s[4])
	name, named := mod.Memory().Read(uint32(s[0]), uint32(s[1]))
	b, ok := mod.Memory().Read(argv, argc*4)
	if !ok || !named || argc > maxHostArgs || in.host == nil {
		panic("host_call: not a call of the kernel's")
	}
	var room [maxHostArgs]value
	args := room[:argc]
	for i := range args {
		args[i] = value(binary.LittleEndian.Uint32(b[4*i:]))
	}
	v, err := in.host(ctx, in, name, args)
	if err != nil {
		in.stop(err)
	}
	if v == 0 {
		u, err := in.do(ctx, in.qjs.undefined)
		if err != nil {
			in.stop(err)
		}
		v = value(u)
	}
	s[0] = uint64(v)
}

// maxHostArgs is how many arguments the kernel passes at the most.
const maxHostArgs = 5
