package bundle

import (
	"maps"
	"slices"
	"strings"
)

// What Node.js and browsers have and a vat has not, with what helps. It is
// checked against the realm's own table by a test.

// builtins are the modules of Node.js.
var builtins = map[string]string{
	"fs":          "files are a power: take qvat:files as a power from whoever grants it",
	"crypto":      "hashes and signatures come from pure packages, such as @noble/hashes; randomness is a power, qvat:random",
	"http":        "the network is a power: qvat:http",
	"https":       "the network is a power: qvat:http",
	"http2":       "the network is a power: qvat:http",
	"net":         "the network is a power: qvat:http",
	"tls":         "the network is a power: qvat:http",
	"dns":         "the network is a power: qvat:http",
	"dgram":       "the network is a power: qvat:http",
	"timers":      "nothing waits in a vat: a message ends when its promise settles; the time is a power, qvat:clock",
	"perf_hooks":  "the time is a power: qvat:clock",
	"sqlite":      "rows are a power: qvat:store",
	"path":        "the package path-browserify does the same: npm install it, and --shim path=path-browserify",
	"util":        "the package util does much the same: npm install it",
	"events":      "the package events does the same: npm install it",
	"buffer":      "the package buffer does the same: npm install it",
	"url":         "the package url does much the same: npm install it",
	"querystring": "the package querystring-es3 does the same: --shim querystring=querystring-es3",
	"assert":      "the package assert does the same: npm install it",
	"punycode":    "the package punycode does the same: --shim punycode=punycode/",
	"process":     "--shim process=MODULE names what stands in for it",
	"os":          "", "stream": "", "zlib": "", "child_process": "", "cluster": "", "console": "", "constants": "", "diagnostics_channel": "",
	"domain": "", "inspector": "", "module": "", "readline": "", "repl": "", "string_decoder": "", "sys": "", "test": "", "trace_events": "",
	"tty": "", "v8": "", "vm": "", "wasi": "", "worker_threads": "", "async_hooks": "", "sea": "",
}

// builtin gives the hint for a module of Node.js, and tells whether name is one.
func builtin(name string) (hint string, ok bool) {
	bare, node := strings.CutPrefix(name, "node:")
	bare, _, _ = strings.Cut(bare, "/")
	hint, ok = builtins[bare]
	if hint == "" {
		hint = "--shim " + name + "=MODULE names what stands in for it; --shim " + name + "= says that it is not needed"
	}
	return hint, ok || node
}

const (
	noTimers  = "nothing waits in a vat: a message ends when its promise settles"
	noNetwork = "the network is a power: qvat:http"
	noHost    = "there is no browser around a vat"
)

// globals are what is found in Node.js or a browser without being declared.
var globals = map[string]string{
	"process": "--shim process=MODULE names what stands in for it", "Buffer": "Uint8Array, TextEncoder and TextDecoder are there; or npm install buffer, and --shim Buffer=MODULE",
	"setTimeout": noTimers, "setInterval": noTimers, "setImmediate": noTimers, "clearTimeout": noTimers, "clearInterval": noTimers, "clearImmediate": noTimers,
	"requestAnimationFrame": noTimers, "queueMicrotask": "Promise.resolve().then(f) does the same",
	"__dirname": "a program has no place on a disk", "__filename": "a program has no place on a disk",
	"fetch": noNetwork, "XMLHttpRequest": noNetwork, "WebSocket": noNetwork, "EventSource": noNetwork, "Headers": noNetwork, "Request": noNetwork, "Response": noNetwork,
	"window": noHost, "document": noHost, "navigator": noHost, "location": noHost, "localStorage": "rows are a power: qvat:store", "sessionStorage": "rows are a power: qvat:store",
	"indexedDB": "rows are a power: qvat:store", "alert": noHost, "self": "globalThis is what it would be", "Worker": noHost, "MessageChannel": noHost, "postMessage": noHost, "importScripts": noHost,
	"crypto": "randomness is a power: qvat:random", "performance": "the time is a power: qvat:clock", "Intl": "take a pure package for what it formats, or --shim Intl=MODULE",
	"URL": "", "URLSearchParams": "", "AbortController": "", "AbortSignal": "", "Blob": "", "File": "", "FormData": "", "Event": "", "EventTarget": "", "structuredClone": "JSON.parse(JSON.stringify(x)) does it for data",
	"atob": "", "btoa": "", "WeakRef": "a program cannot see the collector", "FinalizationRegistry": "a program cannot see the collector",
	"SharedArrayBuffer": "there is one thread, and none to share with", "Atomics": "there is one thread, and none to share with", "WebAssembly": "",
	"eval": "no text becomes code in a vat: have it made ahead, as a module",
}

// always are what stands in for some of these without being asked, as in other
// bundlers.
var always = map[string]string{
	"global":               "globalThis",
	"process.env.NODE_ENV": `"production"`,
}

// globalHint says what helps where a global is missing.
func globalHint(name string) string {
	if hint := globals[name]; hint != "" {
		return hint
	}
	return "--shim " + name + "=MODULE names what stands in for it; --shim " + name + "= leaves it alone"
}

// globalNames are the globals that are missing and have no shim.
func (p *project) globalNames() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(globals)), func(name string) bool {
		_, shimmed := p.shims[name]
		_, defined := p.define[name]
		return shimmed || defined
	})
}
