// Package guest holds the JavaScript that lives inside an instance, and the
// two packages that npm brings (`npm ci` in this folder): QuickJS-NG compiled
// to WebAssembly, and SES. It only embeds.
package guest

import (
	_ "embed"
	"encoding/json"
)

var (
	// QuickJS is the engine: quickjs.wasm of the npm package quickjs-wasi.
	//go:embed node_modules/quickjs-wasi/quickjs.wasm
	QuickJS []byte

	// SES is hardened JavaScript: the npm package ses as one script.
	//go:embed node_modules/ses/dist/lockdown.umd.js
	SES string

	// Boot runs before SES: what it needs to find in the realm.
	//go:embed boot.js
	Boot string

	// Permits is the table of what the realm holds, as JSON: "globals" are the
	// names that a program sees, "tamed" those that SES replaces.
	//go:embed permits.json
	Permits string

	// Text is TextEncoder and TextDecoder.
	//go:embed text.js
	Text string

	// Harden is the deep freeze of programs and kernel.
	//go:embed harden.js
	Harden string

	// Realm runs after SES: it makes the realm harmless, and asserts it.
	//go:embed realm.js
	Realm string

	// Cross is what goes from one program to another.
	//go:embed cross.js
	Cross string

	// Slots is the capabilities in data.
	//go:embed slots.js
	Slots string

	// Encode is the guest half of the boundary: data in, data out.
	//go:embed encode.js
	Encode string

	// Kernel runs programs: loader, require, next, the turn itself.
	//go:embed kernel.js
	Kernel string

	//go:embed node_modules/quickjs-wasi/package.json
	quickjsPackage []byte

	//go:embed node_modules/ses/package.json
	sesPackage []byte
)

// Versions gives the versions of the embedded packages, by their names.
func Versions() map[string]string {
	return map[string]string{
		"quickjs-wasi": version(quickjsPackage),
		"ses":          version(sesPackage),
	}
}

func version(manifest []byte) string {
	var p struct{ Version string }
	if err := json.Unmarshal(manifest, &p); err != nil {
		return "unknown"
	}
	return p.Version
}
