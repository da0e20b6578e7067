package runtime

import (
	"bytes"
	"testing"
)

// TestVersions holds what we say of QuickJS against what it says itself.
func TestVersions(t *testing.T) {
	ctx := t.Context()
	e := plainEngine(t)
	in, p, err := e.take(ctx)
	if err != nil {
		t.Fatal(err)
	}
	at, err := in.do(ctx, in.qjs.version)
	if err != nil {
		t.Fatal(err)
	}
	b, ok := in.mod.Memory().Read(uint32(at), 16)
	if !ok {
		t.Fatal("the version lies outside the memory")
	}
	if got := string(b[:bytes.IndexByte(b, 0)]); got != Versions()["quickjs-ng"] {
		t.Errorf("quickjs.wasm is %s, and we say %s", got, Versions()["quickjs-ng"])
	}
	if err := p.give(ctx, in, true); err != nil {
		t.Error(err)
	}
	for name, v := range Versions() {
		if v == "" || v == "unknown" && name != "wazero" {
			t.Errorf("the version of %s is %q", name, v)
		}
	}
}
