// Channels between the programs of one message (docs/CONFINEMENT.md, row 8): each
// program has module instances of its own, and what is shared is frozen. In
// each pair below both programs require the same module; the child writes, the
// parent reads, and must see what nobody wrote.

//// closures
//= [0,1]
const m = require('@0');
exports.main = async ({ next }) => { const child = await next.load()({}); return [m.get(), child] };
//// child
const m = require('@0');
exports.main = () => { m.set(1); return m.get() };
//// module
let x = 0;
exports.set = v => { x = v };
exports.get = () => x;

//// Map and Set
//= [0,0,2]
const { map, set } = require('@0');
exports.main = async ({ next }) => { const child = await next.load()({}); return [map.size, set.size, child] };
//// child
const { map, set } = require('@0');
exports.main = () => { map.set(1, 1); set.add(1); return map.size + set.size };
//// module
exports.map = new Map();
exports.set = new Set();

//// WeakMap and WeakSet keyed by what both have
//= [false,false,true]
const { map, set } = require('@0');
exports.main = async ({ next }) => { const child = await next.load()({}); return [map.has(Object), set.has(Object), child] };
//// child
const { map, set } = require('@0');
exports.main = () => { map.set(Object, 1); set.add(Object); return map.has(Object) && set.has(Object) };
//// module
exports.map = new WeakMap();
exports.set = new WeakSet();

//// typed arrays and buffers
//= [0,0,8,3]
const { bytes, view } = require('@0');
exports.main = async ({ next }) => { const child = await next.load()({}); return [bytes[0], view.getUint8(0), bytes.length, child] };
//// child
const { bytes, view } = require('@0');
exports.main = () => { bytes[0] = 1; view.setUint8(0, 2); return bytes[0] + view.getUint8(0) };
//// module
exports.bytes = new Uint8Array(8);
exports.view = new DataView(new ArrayBuffer(8));

//// lastIndex
//= [0,0,"TypeError"]
const { re, sticky } = require('@0');
exports.main = async ({ next }) => { const child = await next.load()({}); return [re.lastIndex, sticky.lastIndex, child] };
//// child
const { re, sticky } = require('@0');
exports.main = () => { try { re.test('xx'); sticky.test('xx') } catch (e) { return e.name } };
//// module
exports.re = /x/g;
exports.sticky = /x/y;

//// Date
//= [0,5]
const { date } = require('@0');
exports.main = async ({ next }) => { const child = await next.load()({}); return [date.getTime(), child] };
//// child
const { date } = require('@0');
exports.main = () => { date.setTime(5); return date.getTime() };
//// module
exports.date = new Date(0);

//// private fields, static and own
//= [0,0,2]
const { Box, box } = require('@0');
exports.main = async ({ next }) => { const child = await next.load()({}); return [Box.get(), box.get(), child] };
//// child
const { Box, box } = require('@0');
exports.main = () => { Box.set(1); box.set(1); return Box.get() + box.get() };
//// module
class Box { static #x = 0; #y = 0; static set(v) { Box.#x = v } static get() { return Box.#x } set(v) { this.#y = v } get() { return this.#y } }
exports.Box = Box;
exports.box = new Box();

//// private fields stamped on what is frozen and shared
//= [false,"TypeError"]
const { Stamp } = require('@0');
exports.main = async ({ next }) => { const child = await next.load()({}); return [Stamp.on(Object.prototype), child] };
//// child
const { Stamp } = require('@0');
exports.main = () => { try { new Stamp(Object.prototype); return 'stamped' } catch (e) { return e.name } };
//// module
class Return { constructor(o) { return o } }
exports.Stamp = class extends Return { #x = 1; static on(o) { return #x in o } };

//// a stamp by one class that both have, on what a parent passes
//= [false,true]
const { Stamp } = require('@0');
exports.main = async ({ next }) => { const shared = () => 1; const child = await next.load()(shared); return [Stamp.on(shared), child] };
//// child
const { Stamp } = require('@0');
exports.main = ({ power }) => { try { new Stamp(power) } catch { return true } return Stamp.on(power) };
//// module
class Return { constructor(o) { return o } }
exports.Stamp = class extends Return { #x = 1; static on(o) { return #x in o } };

//// generators
//= [1,1]
const { gen } = require('@0');
exports.main = async ({ next }) => { const child = await next.load()({}); return [gen.next().value, child] };
//// child
const { gen } = require('@0');
exports.main = () => gen.next().value;
//// module
exports.gen = (function* () { let i = 0; for (;;) yield ++i })();

//// proxies
//= [0,1]
const { proxy } = require('@0');
exports.main = async ({ next }) => { const child = await next.load()({}); return [proxy.x, child] };
//// child
const { proxy } = require('@0');
exports.main = () => { proxy.x; return proxy.x };
//// module
let n = 0;
exports.proxy = new Proxy(Object.freeze({}), { get: () => n++ });

//// iterators
//= [1,1]
const { it } = require('@0');
exports.main = async ({ next }) => { const child = await next.load()({}); return [it.next().value, child] };
//// child
const { it } = require('@0');
exports.main = () => it.next().value;
//// module
exports.it = [1, 2, 3].values();

//// the module's own functions and templates are others in each program
//= [true,true]
const { f, t } = require('@0');
exports.main = async ({ next }) => next.load()({ f, t });
//// child
const { f, t } = require('@0');
exports.main = ({ power }) => [f !== power.f, t() !== power.t()];
//// module
exports.f = () => {};
exports.t = () => (s => s)`template`;

//// a module of a module
//= [0,1]
const m = require('@1');
exports.main = async ({ next }) => { const child = await next.load()({}); return [m.get(), child] };
//// child
const m = require('@1');
exports.main = () => { m.set(1); return m.get() };
//// module
let x = 0;
exports.set = v => { x = v };
exports.get = () => x;
//// module
module.exports = require('@0');

//// a module that is a program of the chain
//= [0,1]
exports.main = async ({ next }) => { const child = await next.load()({}); return [require('@0').get(), child] };
//// child
const m = require('@0');
exports.main = () => { m.set(1); return m.get() };
//// module
let x = 0;
exports.set = v => { x = v };
exports.get = () => x;
exports.main = () => x;

//// within one program a module is one
//= [true,1]
const a = require('@0'), b = require('@1');
exports.main = () => { a.set(1); return [a === b.again, b.again.get()] };
//// module
let x = 0;
exports.set = v => { x = v };
exports.get = () => x;
//// module
exports.again = require('@0');

//// one child, loaded twice, shares nothing with itself
//= [1,1]
exports.main = async ({ next }) => [await next.load()({}), await next.load()({})];
//// child
let n = 0;
exports.main = () => ++n;

//// one child, loaded once and called twice, is one evaluation
//= [1,2]
exports.main = async ({ next }) => { const f = next.load(); return [await f({}), await f({})] };
//// child
let n = 0;
exports.main = () => ++n;

//// siblings meet only in what their parent gives them
//= ["undefined","undefined"]
exports.main = async ({ next }) => [await next.load()({ write: true }), await next.load()({})];
//// child
const spots = [globalThis, Object.prototype, Array.prototype, Function.prototype, Promise, Symbol.iterator, console, harden, Error.prototype, (function* () {}).__proto__];
exports.main = ({ power }) => {
  if (power.write) for (const s of spots) try { s.leak = 1 } catch { }
  return spots.some(s => s.leak !== undefined) ? 'leak' : typeof leak;
};

//// what a child hardens, its parent does not learn but by being frozen
//= [false,true]
exports.main = async ({ next }) => { const mine = {}; const f = await next.load()({ get: () => mine }); const before = Object.isFrozen(mine); f(); return [before, Object.isFrozen(mine)] };
//// child
exports.main = ({ power }) => () => harden(power.get());

//// power is frozen as it goes down, and results as they come up
//= {"down":["TypeError",true,true],"up":["TypeError",true,true]}
const t = f => { try { f(); return 'changed' } catch (e) { return e.name } };
exports.main = async ({ next }) => {
  const up = await next.load()({ deep: { list: [1] }, f() {} });
  return { down: up.seen, up: [t(() => { up.own.list.push(1) }), Object.isFrozen(up), Object.isFrozen(up.f.prototype)] };
};
//// child
const t = f => { try { f(); return 'changed' } catch (e) { return e.name } };
exports.main = ({ power }) => ({
  seen: [t(() => { power.deep.list.push(1) }), Object.isFrozen(power), Object.isFrozen(power.f)], own: { list: [] }, f: function () {},
});
