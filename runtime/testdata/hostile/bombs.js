// Resource bombs in the built-ins (docs/CONFINEMENT.md, rows 6 and 7). Each ends by
// its limit, whatever it catches. Where an engine would rather refuse, it is
// an ordinary exception, and the program goes on.

//// regular expression: exponential backtracking
//! out_of_fuel
exports.main = () => { try { return /^(a+)+$/.test('a'.repeat(40) + 'b') } catch { return 'caught' } };

//// regular expression: polynomial backtracking
//! out_of_fuel
exports.main = () => /a*a*a*a*a*b/.test('a'.repeat(2000));

//// regular expression: backreferences
//! out_of_fuel
exports.main = () => /^(.*)(.*)(.*)(.*)\1\2\3\4x$/.test('ab'.repeat(200));

//// regular expression: lookbehind
//! out_of_fuel
exports.main = () => /(?<=x(a+)+)b/.test('a'.repeat(40) + 'b');

//// regular expression: backtracking that fills the memory
//! out_of_memory
exports.main = () => /(?:a|b)*c/.test('ab'.repeat(1e6));

//// regular expression: compiling nested quantifiers
//! out_of_memory
exports.main = () => { let s = 'a'; for (let i = 0; i < 30; i++) s = `(?:${s}){2,3}${s}`; return new RegExp(s).test('') };

//// regular expression: compiling a hundred thousand alternatives
//! out_of_fuel
exports.main = () => new RegExp('a|'.repeat(2e5)).test('b');

//// regular expression: compiling deep groups
//! stack_overflow
exports.main = () => { try { new RegExp('(?:'.repeat(1e5) + ')'.repeat(1e5)) } catch { return 'caught' } };

//// regular expression: deep classes
//! stack_overflow
exports.main = () => { try { new RegExp('['.repeat(1e5) + ']'.repeat(1e5), 'v') } catch { return 'caught' } };

//// regular expression: a class of every letter, many times
//! out_of_fuel
exports.main = () => { for (;;) new RegExp('[[\\p{L}\\p{N}]--\\p{Lu}]', 'v') };

//// regular expression: replace without end
//! out_of_fuel
exports.main = () => { let s = 'a'; for (;;) s = s.replace(/a/g, 'a a').slice(0, 1e6) };

//// regular expression: matchAll with a lastIndex of one's own
//! out_of_fuel
exports.main = () => { const re = /(?:)/g; for (const m of 'x'.matchAll(re)) { for (;;); } };

//// regular expression: an exec of one's own that always matches
//! out_of_fuel
exports.main = () => RegExp.prototype[Symbol.replace].call({ exec: () => ({ 0: '', index: 0, length: 1 }), flags: 'g', global: true, lastIndex: 0 }, 'x', '');

//// BigInt: power
//! out_of_fuel
exports.main = () => { try { return typeof (7n ** 300000n) } catch { return 'caught' } };

//// BigInt: text
//! out_of_fuel
exports.main = () => String((1n << 1000000n) - 1n).length;

//// BigInt: parse
//! out_of_fuel
exports.main = () => typeof BigInt('9'.repeat(3e5));

//// BigInt: product
//! out_of_fuel
exports.main = () => { let x = 3n; for (;;) x = x * x % (1n << 500000n) };

//// BigInt: division
//! out_of_fuel
exports.main = () => { const x = (1n << 900000n) - 1n, y = (1n << 450000n) + 1n; return typeof (x / y) };

//// BigInt: too large to be
//= ["RangeError","RangeError","RangeError","RangeError"]
exports.main = () => [() => 1n << (1n << 30n), () => 2n ** (1n << 40n), () => BigInt.asUintN(2 ** 53 - 1, -1n), () => { const x = 1n << 1000000n; return x * x }].map(f => { try { return typeof f() } catch (e) { return e.name } });

//// BigInt: parse with a base
//! out_of_fuel
exports.main = () => { const s = '0x' + 'f'.repeat(2e5); for (;;) BigInt(s) };

//// String: repeat
//! out_of_memory
exports.main = () => { try { return 'x'.repeat(2 ** 29).length } catch { return 'caught' } };

//// String: pad
//! out_of_memory
exports.main = () => { try { return 'x'.padEnd(2 ** 29, 'abc').length } catch { return 'caught' } };

//// String: too long to be
//= ["RangeError","RangeError","RangeError"]
exports.main = () => [() => 'x'.repeat(2 ** 31), () => 'ab'.padEnd(2 ** 31), () => 'x'.repeat(-1)].map(f => { try { return typeof f() } catch (e) { return e.name } });

//// String: doubling
//= "InternalError"
exports.main = () => { try { let s = 'x'; for (;;) s += s } catch (e) { return e.name } };

//// String: a rope of doublings, flattened
//! out_of_memory
exports.main = () => { let s = 'xy'; for (let i = 0; i < 28; i++) s += s; return s.charCodeAt(5) };

//// String: a deep rope, flattened
//! out_of_fuel
exports.main = () => { for (;;) { let s = ''; for (let i = 0; i < 1e5; i++) s = 'ab' + s; s.charCodeAt(3) } };

//// String: normalize
//! out_of_fuel
exports.main = () => '\u1e9b\u0323'.repeat(3e5).normalize('NFKD').length;

//// String: replaceAll
//! out_of_memory
exports.main = () => 'a'.repeat(3e4).replaceAll('a', 'b'.repeat(3e4)).length;

//// String: split
//! out_of_memory
exports.main = () => 'a'.repeat(4e6).split('').length;

//// String: localeCompare
//! out_of_fuel
exports.main = () => { const s = 'x'.repeat(1e6); for (;;) s.localeCompare(s) };

//// String: indexOf of what is nearly there
//! out_of_fuel
exports.main = () => ('a'.repeat(2e5)).indexOf('a'.repeat(1e5) + 'b');

//// String: lastIndexOf, includes, startsWith
//! out_of_fuel
exports.main = () => { const s = 'a'.repeat(2e5), t = 'b' + 'a'.repeat(1e5); for (;;) { s.lastIndexOf(t); s.includes(t) } };

//// String: case
//! out_of_fuel
exports.main = () => { const s = '\u0130'.repeat(1e5); for (;;) s.toLowerCase() };

//// String: raw with a length
//! out_of_fuel
exports.main = () => String.raw({ raw: { length: 2 ** 53 - 1 } });

//// String: fromCharCode, of too many
//= "RangeError"
exports.main = () => { try { return String.fromCharCode.apply(null, new Array(1e5).fill(65)).length } catch (e) { return e.name } };

//// String: isWellFormed of much
//! out_of_fuel
exports.main = () => { const s = '\u1234'.repeat(1e6); for (;;) s.toWellFormed() };

//// encodeURI
//! out_of_fuel
exports.main = () => { const s = '\u1234'.repeat(1e5); for (;;) decodeURIComponent(encodeURIComponent(s)) };

//// escape
//! out_of_fuel
exports.main = () => { const s = '\u1234'.repeat(1e5); for (;;) unescape(escape(s)) };

//// parseFloat and Number of long texts
//! out_of_fuel
exports.main = () => { const s = '0.' + '1'.repeat(1e5); for (;;) { Number(s); parseFloat(s); parseInt(s, 36) } };

//// Date: parse
//! out_of_fuel
exports.main = () => { const s = '('.repeat(1e5); for (;;) Date.parse(s) };

//// JSON: parse deep
//! stack_overflow
exports.main = () => { try { return JSON.parse('['.repeat(1e5) + ']'.repeat(1e5)) } catch { return 'caught' } };

//// JSON: parse wide
//! out_of_fuel
exports.main = () => { const s = '[' + '{},'.repeat(3e4) + '0]'; for (;;) JSON.parse(s) };

//// JSON: a reviver that goes on
//! out_of_fuel
exports.main = () => JSON.parse('[0]', function (k, v) { if (k === '0') this.length = 1, this.push(0); for (;;) this[0] = [0] });

//// JSON: stringify deep
//! out_of_fuel
exports.main = () => { let a = []; for (let i = 0; i < 1e4; i++) a = [a]; try { for (;;) JSON.stringify(a) } catch { return 'caught' } };

//// JSON: stringify by toJSON without end
//! out_of_fuel
exports.main = () => { const f = () => ({ toJSON: f, a: { toJSON: () => ({ a: f() }) } }); const deep = { toJSON() { return { x: { toJSON: deep.toJSON } } } }; return JSON.stringify(deep) };

//// JSON: stringify with a wide indent
//! out_of_memory
exports.main = () => { let a = 1; for (let i = 0; i < 3000; i++) a = [a, a === 1 ? 2 : 3]; return JSON.stringify(a, null, 10).length };

//// JSON: the same object many times
//! out_of_fuel
exports.main = () => { let a = [1]; for (let i = 0; i < 30; i++) a = [a, a]; return JSON.stringify(a).length };

//// Date: numbers at the edges
//= [null,null,"+275760-09-13T00:00:00.000Z"]
exports.main = () => [new Date(8.64e15 + 1).toJSON(), new Date(Infinity).toJSON(), new Date(8.64e15).toJSON()];

//// console: a line that is too long
//= 1
exports.main = () => { console.log('x'.repeat(3e6)); return 1 };

//// symbols of long descriptions
//! out_of_fuel
exports.main = () => { const all = []; for (;;) all.push(Symbol('x'.repeat(1e6) + all.length).toString()) };

//// symbols of the registry
//! out_of_fuel
exports.main = () => { for (let i = 0; ; i++) Symbol.for('x'.repeat(3000) + i) };

//// TextEncoder and TextDecoder
//! out_of_fuel
exports.main = () => { const e = new TextEncoder(), d = new TextDecoder(); for (;;) d.decode(e.encode('\u1234'.repeat(1e4))) };

//// harden of much
//! out_of_fuel
exports.main = () => { for (;;) { let a = {}; for (let i = 0; i < 1e4; i++) a = { a }; harden(a) } };

//// Math of many
//! out_of_fuel
exports.main = () => { const a = new Array(6e4).fill(1.5); for (;;) { Math.hypot(...a); Math.max.apply(null, a); Math.sumPrecise?.(a) } };

//// Number: texts with bases and digits
//! out_of_fuel
exports.main = () => { for (;;) { (5e-324).toString(3); (1.7976931348623157e308).toFixed(100); (0.1).toPrecision(100) } };
