package meter_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/tetratelabs/wazero"

	"qvat/guest"
	"qvat/runtime/meter"
)

// FuzzRewrite wants no panic for any bytes, and of a module that is valid
// either an error or another module that is valid.
func FuzzRewrite(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(assemble(fn{typ: takesOne, body: argument}))
	f.Add(assemble(fn{typ: takesOne, body: countdown(0x20, 0, 0x10, 1, 0x1a)}))
	f.Add(assemble(fn{typ: takesOne, body: recurse(2)}, fn{typ: takesOne, body: recurse(1)}))
	f.Add(assemble(fn{typ: takesOne, body: []byte{0x20, 0, 0x41, 0, 0x11, takesOne, 0}, listed: true}))
	f.Add(assemble(fn{typ: takesOne, body: []byte{0x41, 0, 0x41, 0, 0x20, 0, 0xfc, 10, 0, 0, 0x41, 2}}))
	f.Add(assemble(fn{typ: takesOne, body: []byte{0x41, 0, 0x41, 1, 0x20, 0, 0xfc, 11, 0, 0x20, 0, 0x40, 0}}))
	f.Add(guest.QuickJS[:1<<12])
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	f.Cleanup(func() {
		if err := r.Close(ctx); err != nil {
			f.Error(err)
		}
	})
	valid := func(wasm []byte) error {
		m, err := r.CompileModule(ctx, wasm)
		if err != nil {
			return err
		}
		return m.Close(ctx)
	}
	f.Fuzz(func(t *testing.T, wasm []byte) {
		before := bytes.Clone(wasm)
		out, err := meter.Rewrite(wasm, options)
		if !bytes.Equal(before, wasm) {
			t.Fatal("the module was changed in place")
		}
		if err != nil || valid(wasm) != nil {
			return
		}
		if err := valid(out); err != nil {
			t.Errorf("a valid module came out invalid: %v\n% x\n% x", err, wasm, out)
		}
	})
}
