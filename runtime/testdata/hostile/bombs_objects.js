// Resource bombs in the built-ins that work on objects (rows 6 and 7).

//// Array: fill of an array-like
//! out_of_memory
exports.main = () => Array.prototype.fill.call({ length: 2 ** 53 - 1 }, 0);

//// Array: join of holes
//! out_of_fuel
exports.main = () => Array.prototype.join.call({ length: 2 ** 53 - 1 }, '');

//// Array: join of holes in an array
//! out_of_fuel
exports.main = () => { const a = []; a.length = 2 ** 32 - 1; return a.join('x') };

//// Array: sort of an array-like
//! out_of_fuel
exports.main = () => Array.prototype.sort.call({ length: 2 ** 53 - 1 });

//// Array: sort with a comparison that lies
//! out_of_fuel
exports.main = () => { for (;;) Array.from({ length: 1000 }, (_, i) => i).sort((a, b) => (a * 7919 + b * 104729) % 3 - 1) };

//// Array: sort with a comparison that never ends
//! out_of_fuel
exports.main = () => [1, 2].sort(() => { for (;;); });

//// Array: reverse, splice and copyWithin of array-likes
//! out_of_fuel
exports.main = () => Array.prototype.reverse.call({ length: 2 ** 53 - 1 });

//// Array: splice of an array-like
//! out_of_fuel
exports.main = () => Array.prototype.splice.call({ length: 2 ** 53 - 1 }, 0, 1);

//// Array: copyWithin of an array-like
//! out_of_fuel
exports.main = () => Array.prototype.copyWithin.call({ length: 2 ** 53 - 1 }, 0, 1);

//// Array: unshift and shift of an array-like
//! out_of_fuel
exports.main = () => Array.prototype.unshift.call({ length: 2 ** 53 - 2 }, 1);

//// Array: indexOf, includes, lastIndexOf of array-likes
//! out_of_fuel
exports.main = () => Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);

//// Array: includes of an array-like
//! out_of_fuel
exports.main = () => Array.prototype.includes.call({ length: 2 ** 53 - 1 }, 1);

//// Array: forEach of holes
//! out_of_fuel
exports.main = () => { const a = []; a.length = 2 ** 32 - 1; a.forEach(() => 1) };

//// Array: flat of the same array many times
//! out_of_fuel
exports.main = () => { let a = [1, 2, 3, 4]; for (let i = 0; i < 20; i++) a = [a, a]; return a.flat(Infinity).length };

//// Array: flat of a cycle
//! stack_overflow
exports.main = () => { const a = []; a.push(a); try { return a.flat(Infinity) } catch { return 'caught' } };

//// Array: concat of array-likes
//! out_of_fuel
exports.main = () => [].concat({ length: 2 ** 32, [Symbol.isConcatSpreadable]: true });

//// Array: doubling by concat
//! out_of_fuel
exports.main = () => { let a = [1]; for (;;) a = a.concat(a) };

//// Array: toSorted, toReversed, with of array-likes
//= ["RangeError","RangeError","RangeError","RangeError"]
exports.main = () => [a => a.toSorted.call(a.huge), a => a.toReversed.call(a.huge), a => a.with.call(a.huge, 0, 1), a => a.toSpliced.call(a.huge, 0, 0)]
  .map(f => { try { return f(Object.assign([], { huge: { length: 2 ** 53 - 1 } })) } catch (e) { return e.name } });

//// Array: from without end
//! out_of_fuel
exports.main = () => Array.from({ [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 1 }) }) });

//// Array: from of a length
//! out_of_fuel
exports.main = () => Array.from({ length: 2 ** 32 - 1 }, () => 1);

//// Array: an own length of four thousand millions, filled
//! out_of_memory
exports.main = () => new Array(2 ** 32 - 1).fill(0).length;

//// Array: push while it is walked
//! out_of_fuel
exports.main = () => { const a = [1]; for (const x of a) a.push(x, x) };

//// Array: toString of a cycle
//! stack_overflow
exports.main = () => { const a = []; a.push(a); try { return String(a) } catch { return 'caught' } };

//// Array: fromAsync without end
//! out_of_fuel
exports.main = () => Array.fromAsync({ async *[Symbol.asyncIterator]() { for (;;) yield new Array(1000).fill(1) } });

//// TypedArray: as large as memory
//! out_of_memory
exports.main = () => { try { return new Uint8Array(2 ** 30).length } catch { return 'caught' } };

//// TypedArray: too large to be
//= ["RangeError","RangeError","RangeError","RangeError"]
exports.main = () => [() => new Uint8Array(2 ** 53), () => new ArrayBuffer(2 ** 40), () => new Float64Array(2 ** 31), () => new ArrayBuffer(8, { maxByteLength: 2 ** 40 })].map(f => { try { return typeof f() } catch (e) { return e.name } });

//// TypedArray: sort
//! out_of_fuel
exports.main = () => { const a = new Float64Array(1e5).map((_, i) => -i); for (;;) a.toSorted((x, y) => x - y) };

//// TypedArray: set, fill, copyWithin, slice
//! out_of_fuel
exports.main = () => { const a = new Uint8Array(8e6); for (;;) { a.set(a.subarray(1)); a.copyWithin(0, 1); a.fill(1) } };

//// TypedArray: set of an array-like
//= "RangeError"
exports.main = () => { try { new Uint8Array(1).set({ length: 2 ** 53 - 1 }) } catch (e) { return e.name } };

//// TypedArray: join
//! out_of_memory
exports.main = () => new Uint8Array(4e6).fill(255).join(', 255, 255, 255, 255').length;

//// TypedArray: keys of ten million elements
//! out_of_memory
exports.main = () => Reflect.ownKeys(new Uint8Array(1e7)).length;

//// TypedArray: base64 and hex, if there
//! out_of_fuel
exports.main = () => { const a = new Uint8Array(1e5); for (;;) { a.toBase64?.(); a.toHex?.(); a.join() } };

//// ArrayBuffer: resize and transfer
//! out_of_memory
exports.main = () => { let b = new ArrayBuffer(8, { maxByteLength: 2 ** 24 }); const all = []; for (;;) { const c = new ArrayBuffer(8, { maxByteLength: 2 ** 24 }); c.resize(2 ** 24); all.push(c.transfer()) } };

//// ArrayBuffer: detached while it is used
//= [0,"TypeError",0]
exports.main = () => { const a = new Uint8Array(8); const b = a.buffer; a.set({ length: 1, get 0() { b.transfer(); return 1 } }); let put; try { new DataView(b) } catch (e) { put = e.name } return [a.length, put, a.byteLength] };

//// ArrayBuffer: shrunk while it is sorted, filled and copied
//= [4,4,4]
exports.main = () => [
  a => a.sort((x, y) => { a.buffer.resize(4); return y - x }), a => a.fill({ valueOf() { a.buffer.resize(4); return 1 } }), a => a.copyWithin({ valueOf() { a.buffer.resize(4); return 2 } }, 0),
].map(f => { const a = new Uint8Array(new ArrayBuffer(64, { maxByteLength: 64 })); try { f(a) } catch { } return a.length });

//// Map: growth
//! out_of_fuel
exports.main = () => { const m = new Map(); for (let i = 0; ; i++) m.set(i, 'x'.repeat(500) + i) };

//// Map: growth while it is walked
//! out_of_fuel
exports.main = () => { const m = new Map([[0, '']]); for (const [k] of m) m.set(k + 1, 'x'.repeat(500) + k) };

//// Map: emptied while it is walked
//= 2
exports.main = () => { const m = new Map([[1, 1], [2, 2]]); let n = 0; for (const [k] of m) { n++; m.clear(); if (n < 2) m.set(k + 5, 1) } return n };

//// Set: union with what pretends to be a set
//! out_of_fuel
exports.main = () => new Set([1]).union({ size: 1, has: () => true, keys: () => ({ next: () => ({ done: false, value: 1 }) }) });

//// Set: growth in its own forEach
//! out_of_fuel
exports.main = () => { const s = new Set([0]); s.forEach(x => { s.delete(x); s.add(x + 1) }) };

//// WeakMap: growth
//! out_of_fuel
exports.main = () => { const m = new WeakMap(), keep = []; for (;;) { const k = {}; keep.push(k); m.set(k, new Array(50).fill(keep)) } };

//// Object: assign, fromEntries, groupBy
//! out_of_fuel
exports.main = () => { const o = Object.fromEntries(Array.from({ length: 1e4 }, (_, i) => ['k' + i, i])); for (;;) { Object.assign({}, o); Object.groupBy(Object.keys(o), k => k) } };

//// Object: groupBy without end
//! out_of_fuel
exports.main = () => Object.groupBy({ *[Symbol.iterator]() { for (let i = 0; ; i++) yield i } }, i => 'k' + i);

//// Object: a million properties
//! out_of_fuel
exports.main = () => { const o = {}; for (let i = 0; ; i++) o['key number ' + i] = 'value number ' + i };

//// Object: getters that call themselves
//! stack_overflow
exports.main = () => { const o = { get x() { try { return this.x } catch { return 1 } } }; return o.x };

//// Object: a deep chain of prototypes
//! out_of_fuel
exports.main = () => { let o = {}; for (let i = 0; i < 5e4; i++) o = Object.create(o); for (;;) o.x };

//// Proxy: a deep chain of proxies
//! stack_overflow
exports.main = () => { let p = {}; for (let i = 0; i < 5e4; i++) p = new Proxy(p, {}); try { return String(p.x) } catch { return 'caught' } };

//// Proxy: one that is its own prototype, and handler
//! stack_overflow
exports.main = () => { const t = {}; const p = new Proxy(t, {}); Object.setPrototypeOf(t, p); try { return p.x } catch { return 'caught' } };

//// Proxy: a handler that is a proxy
//! stack_overflow
exports.main = () => { let h = {}; for (let i = 0; i < 5e4; i++) h = new Proxy({}, h); return h.x };

//// Function: a deep chain of bound functions
//! out_of_memory
exports.main = () => { let f = () => 1; for (let i = 0; i < 8e3; i++) f = f.bind(); try { return f() } catch { return 'caught' } };

//// Function: bound to more and more
//! out_of_fuel
exports.main = () => { let f = () => 1; for (;;) f = f.bind(null, ...new Array(1000).fill(f)) };

//// spread of what is huge
//= "RangeError"
exports.main = () => { try { return Math.max(...new Array(1e5).fill(1)) } catch (e) { return e.name } };

//// arguments of what is huge
//= ["RangeError","RangeError"]
exports.main = () => [() => Math.max.apply(null, { length: 2 ** 31 }), () => Reflect.construct(Array, { length: 2 ** 31 })].map(f => { try { return f() } catch (e) { return e.name } });

//// generators: a deep yield*
//! stack_overflow
exports.main = () => { function* g(n) { if (n > 0) yield* g(n - 1); yield n } try { return [...g(1e5)].length } catch { return 'caught' } };

//// generators: one that runs itself
//= "TypeError"
exports.main = () => { const g = (function* () { yield g.next() })(); try { g.next() } catch (e) { return e.name } };

//// iterator helpers without end
//! out_of_fuel
exports.main = () => { const i = Iterator.from({ next: () => ({ done: false, value: 1 }) }); return i.filter(() => false).map(x => x).next() };

//// iterator helpers: a deep chain
//! stack_overflow
exports.main = () => { let i = [1].values(); for (let n = 0; n < 5e4; n++) i = i.map(x => x); try { return i.next().value } catch { return 'caught' } };

//// iterator helpers: flatMap of itself
//! stack_overflow
exports.main = () => { const f = () => [1].values().flatMap(f); try { return f().next() } catch { return 'caught' } };

//// destructuring without end
//! out_of_fuel
exports.main = () => { const [...all] = { *[Symbol.iterator]() { for (;;) yield 'x'.repeat(100) + 1 } } };

//// async storms
//! out_of_fuel
exports.main = async () => { const f = async () => { await null; f(); f() }; f(); await new Promise(() => { }) };

//// promises that wait for one another
//! out_of_fuel
exports.main = () => { let p = new Promise(() => { }); for (;;) { const q = p; p = new Promise(r => r(q)) } };

//// promises: all of what never ends
//! out_of_fuel
exports.main = () => Promise.all({ *[Symbol.iterator]() { for (;;) yield new Promise(() => { }) } });

//// objects whose destruction is deep
//= 1
exports.main = () => { let a = []; for (let i = 0; i < 1e5; i++) a = [a]; a = null; return 1 };

//// classes that extend one another
//= true
exports.main = () => { let C = class { }; for (let i = 0; i < 300; i++) C = class extends C { }; return new C() instanceof C };

//// a class that extends what it constructs
//! stack_overflow
exports.main = () => { class C { constructor() { return new C() } } try { return new C() } catch { return 'caught' } };

//// errors with errors, deep
//! out_of_fuel
exports.main = () => { for (;;) { let e = new Error('x'); for (let i = 0; i < 1e3; i++) e = new AggregateError([e], 'x', { cause: e }); String(e) } };

//// tagged templates without end
//! out_of_fuel
exports.main = () => { const t = s => s; for (;;) t`a${1}b` };

//// disposal that disposes
//! stack_overflow
exports.main = () => { const f = () => { using x = { [Symbol.dispose]: f } }; try { f() } catch { return 'caught' } };
