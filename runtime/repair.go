package runtime

import (
	"errors"
	"strings"
)

// QuickJS-NG ends async functions half-way (seen in 0.17). `await p`, where p is a
// native promise, first reads p.constructor; if that throws, the function
// should see the error thrown at the await, but js_async_function_resume
// (quickjs.c) ends it then and there: no catch and no finally of its own runs.
// A program could so stop another's function half-way, by handing it a promise
// with a getter (docs/CONFINEMENT.md, row 4); and no check at the boundary between
// programs keeps such promises out, since functions cross it.
//
// It is repaired where the error comes from, js_promise_resolve, by one byte:
// where the getter throws, the branch goes not to the end, but to where a
// promise of another constructor is wrapped in a new one. That one then rejects
// with the same error, at the await. (So Promise.resolve(p) for such a p
// returns a rejected promise, and does not throw.)
const (
	// constructorThrows is js_promise_resolve from JS_GetProperty(ctx, p,
	// JS_ATOM_constructor) to the branch on what it answered.
	constructorThrows = "\x20\x00\x20\x05\x41\xc0\x00" + // ctx, p, JS_ATOM_constructor
		"\x10\x6b\x22\x05" + // call JS_GetProperty; local.tee
		"\x42\x80\x80\x80\x80\x70\x83" + // its tag
		"\x42\x80\x80\x80\x80\xe0\x00\x51" + // is JS_TAG_EXCEPTION
		"\x0d" // br_if
	branchOut    = "\x01" // out of the function
	branchToWrap = "\x00" // to where a promise of another constructor goes
)

var errOtherEngine = errors.New("quickjs.wasm is not the version whose await repair.go mends")

// repair patches quickjs.wasm. It fails where the place is not found exactly once.
func repair(wasm []byte) ([]byte, error) {
	text := string(wasm)
	if strings.Count(text, constructorThrows+branchOut) != 1 {
		return nil, errOtherEngine
	}
	return []byte(strings.Replace(text, constructorThrows+branchOut, constructorThrows+branchToWrap, 1)), nil
}
