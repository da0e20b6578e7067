// Results that are not data: each is an error that names the path to what JSON
// cannot carry, never a silent change (docs/CONFINEMENT.md, row 13).

//// every kind of value that is no data
//! program_error TypeError: result is a function, which JSON cannot carry
exports.main = () => () => 1;

//// a symbol
//! program_error TypeError: result.s is a symbol, which JSON cannot carry
exports.main = () => ({ s: Symbol('x') });

//// a BigInt
//! program_error TypeError: result[1].n is a bigint, which JSON cannot carry
exports.main = () => [0, { n: 1n }];

//// NaN
//! program_error TypeError: result.a[2] is NaN, which JSON cannot carry
exports.main = () => ({ a: [1, 2, NaN] });

//// an infinity
//! program_error TypeError: result is -Infinity, which JSON cannot carry
exports.main = () => -1 / 0;

//// negative zero
//! program_error TypeError: result[0] is -0, which JSON cannot carry
exports.main = () => [-0];

//// undefined inside
//! program_error TypeError: result.a is undefined, which JSON cannot carry
exports.main = () => ({ a: undefined });

//// numbers at the edges
//= [0,5e-324,1.7976931348623157e+308,9007199254740992,0.1,1e+21,-1e-7]
exports.main = () => [0, 5e-324, Number.MAX_VALUE, 9007199254740993, 0.1, 1e21, -1e-7];

//// a cycle
//! program_error TypeError: result.a.b is part of a cycle
exports.main = () => { const o = { a: {} }; o.a.b = o; return o };

//// a cycle of an array
//! program_error TypeError: result[0][0] is part of a cycle
exports.main = () => { const a = []; a.push([a]); return a };

//// the same object twice is no cycle
//= [{"x":1},{"x":1}]
exports.main = () => { const o = { x: 1 }; return [o, o] };

//// a sparse array
//! program_error TypeError: result is a sparse array, or one with properties
exports.main = () => [1, , 3];

//// an array with a property
//! program_error TypeError: result is a sparse array, or one with properties
exports.main = () => Object.assign([1], { x: 2 });

//// an array with a hole that a property makes up for
//! program_error TypeError: result…
exports.main = () => { const a = [1, , 3]; a.x = 2; return a };

//// an array with a getter
//= [1]
exports.main = () => Object.defineProperty([0], 0, { get: () => 1, enumerable: true });

//// a length of four thousand millions
//! program_error TypeError: result is a sparse array, or one with properties
exports.main = () => { const a = []; a.length = 2 ** 32 - 1; return a };

//// an array of a subclass
//! program_error TypeError: result is an array with a prototype of its own
exports.main = () => new (class extends Array {})();

//// an object of a class
//! program_error TypeError: result.p is an object with a prototype of its own
exports.main = () => ({ p: new (class Point {})() });

//// an object without a prototype
//= {"a":1}
exports.main = () => Object.assign(Object.create(null), { a: 1 });

//// collections, dates, regular expressions, errors, wrappers
//= ["result is an object","result is an object","result is an object","result is an object","result is an object","result is an object","result is an object"]
exports.main = async ({ power }) => [new Map([[1, 2]]), new Set(), new Date(0), /x/, new Error('x'), Object('x'), new WeakMap()]
  .map(v => { try { power.echo(v); return 'passed' } catch (e) { return e.message.replace('arguments[0]', 'result').split(' with')[0] } });

//// typed arrays and buffers
//= ["TypeError","TypeError","TypeError","TypeError"]
exports.main = ({ power }) => [new Uint8Array(2), new ArrayBuffer(2), new DataView(new ArrayBuffer(1)), new Float64Array(0)].map(v => { try { power.echo(v); return 'passed' } catch (e) { return e.name } });

//// toJSON of one's own
//! program_error TypeError: result.toJSON is a function, which JSON cannot carry
exports.main = () => ({ a: 1, toJSON: () => 'forged' });

//// toJSON that is not enumerable
//! program_error TypeError: result has properties that are symbols or not enumerable
exports.main = () => Object.defineProperty({ a: 1 }, 'toJSON', { value: () => 'forged' });

//// toJSON inherited
//! program_error TypeError: result is an object with a prototype of its own
exports.main = () => ({ a: 1, __proto__: { toJSON: () => 'forged' } });

//// toJSON that is data
//= {"toJSON":1}
exports.main = () => ({ toJSON: 1 });

//// keys that are symbols
//! program_error TypeError: result has properties that are symbols or not enumerable
exports.main = () => ({ [Symbol('x')]: 1 });

//// a key called __proto__
//= {"__proto__":{"a":1},"b":2}
exports.main = () => JSON.parse('{"__proto__":{"a":1},"b":2}');

//// keys that are numbers, and their order
//= {"1":"b","2":"a","x":0}
exports.main = () => ({ x: 0, 2: 'a', 1: 'b' });

//// odd keys
//= {"":1,"constructor":2,"toString":3,"hasOwnProperty":4,"\"":5,"\u0000":6," ":7}
exports.main = () => ({ '': 1, constructor: 2, toString: 3, hasOwnProperty: 4, '"': 5, '\0': 6, '\u2028': 7 });

//// half a surrogate pair in a value
//! program_error TypeError: result.a[1] holds a lone surrogate, which JSON cannot carry
exports.main = () => ({ a: ['ok', 'x\ud800'] });

//// half a surrogate pair in a key
//! program_error TypeError: result holds a lone surrogate, which JSON cannot carry
exports.main = () => ({ 'x\udc00': 1 });

//// pairs in the wrong order
//! program_error TypeError: result holds a lone surrogate, which JSON cannot carry
exports.main = () => '\udc00\ud800';

//// whole pairs, and text that looks like an escape
//= ["😀","\\ud800","�"]
exports.main = () => ['\u{1f600}', '\\ud800', '\ufffd'];

//// letters that need an escape
//= "\u0000\u001f\"\\/  "
exports.main = () => '\0\x1f"\\/\u2028\u2029\x7f';

//// a getter is read once
//= [{"n":1},1]
let reads = 0;
exports.main = ({ power }) => [power.echo({ get n() { return ++reads } })[0], reads];

//// a getter that changes what comes after it
//! program_error TypeError: result.b is undefined, which JSON cannot carry
exports.main = () => ({ get a() { delete this.b; return 1 }, b: 2 });

//// a getter that grows the array it is in
//= [1,2]
exports.main = () => { const a = [0, 2]; return Object.defineProperty(a, 0, { enumerable: true, get() { a.push(3); return 1 } }) };

//// a getter that throws
//! program_error RangeError: mine
exports.main = () => ({ a: { get b() { throw new RangeError('mine') } } });

//// a getter that never ends
//! out_of_fuel
exports.main = () => ({ get a() { for (;;); } });

//// a getter that makes itself anew, for ever
//! program_error TypeError: result.a.a.a.a…
const f = () => ({ get a() { return f() } });
exports.main = f;

//// as deep as may be
//= true
exports.main = ({ power }) => { let a = 1; for (let i = 0; i < 126; i++) a = [a]; return JSON.stringify(power.echo(a)) === JSON.stringify([a]) };

//// deeper than may be
//! program_error TypeError: result[0][0][0]…
exports.main = () => { let a = 1; for (let i = 0; i < 129; i++) a = [a]; return a };

//// a hundred thousand deep
//! program_error TypeError: result.a.a…
exports.main = () => { let a = 1; for (let i = 0; i < 1e5; i++) a = { a }; return a };

//// larger than may be
//! program_error RangeError: the result is 100002 bytes of JSON, and 65536 are allowed
exports.main = () => 'x'.repeat(1e5);

//// larger than may be, in bytes and not in letters
//! program_error RangeError: the result is 90002 bytes of JSON, and 65536 are allowed
exports.main = () => '\u4e00'.repeat(3e4);

//// wide
//! program_error RangeError: the result is 70001 bytes of JSON, and 65536 are allowed
exports.main = () => new Array(35e3).fill(0);

//// much larger than may be
//! out_of_memory
exports.main = () => { const s = 'x'.repeat(1e6); return new Array(100).fill(s) };

//// the same large object many times
//! out_of_fuel
exports.main = () => { let a = ['xxxxxxxx']; for (let i = 0; i < 40; i++) a = [a, a]; return a };

//// a proxy of data is read once, as data
//= {"a":1}
exports.main = () => new Proxy({ a: 1 }, {});

//// a proxy that answers otherwise each time
//! program_error TypeError: …
let n = 0;
exports.main = () => new Proxy({}, { ownKeys: () => n++ % 2 ? ['a', 'b'] : ['a'], getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }), get: () => 1 });

//// a proxy of an array whose length lies
//! program_error TypeError: result is a sparse array, or one with properties
exports.main = () => new Proxy([1, 2], { get: (t, k) => k === 'length' ? 1e9 : t[k] });

//// a proxy that throws from each trap
//! program_error RangeError: trap
exports.main = () => new Proxy({}, new Proxy({}, { get() { throw new RangeError('trap') } }));

//// a revoked proxy
//! program_error TypeError: …
exports.main = () => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy };

//// arguments, which look like an array
//! program_error TypeError: …
exports.main = function () { return arguments };

//// the result of a promise of a promise
//= 5
exports.main = async () => new Promise(r => r(Promise.resolve(Promise.resolve(5))));

//// main's argument itself
//! program_error TypeError: result.power.echo is a function, which JSON cannot carry
exports.main = arg => ({ power: arg.power });

//// the global object
//! program_error TypeError: …
exports.main = () => globalThis;

//// a generator
//! program_error TypeError: result is an object with a prototype of its own
exports.main = function* () { yield 1 };

//// an async generator
//! program_error TypeError: result is an object with a prototype of its own
exports.main = async function* () { yield 1 };
