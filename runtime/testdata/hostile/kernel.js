// What the kernel gives to programs: require, module, exports, next, load, main.

//// require of what is no hash
//= ["TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError"]
const odd = ['fs', './x.js', 'qvat:store', 'test:echo', '', undefined, 5, ['@0'], 'A'.repeat(64), '0'.repeat(65)];
exports.main = () => odd.map(n => { try { require(n); return 'there' } catch (e) { return e.name } });
//// module
exports.x = 1;

//// require of what becomes a hash
//= ["TypeError","TypeError","TypeError"]
let n = 0;
const odd = [{ toString: () => '@0' }, Object('@0'), new Proxy({}, { get: () => () => '@0' })];
exports.main = () => odd.map(n => { try { require(n); return 'there' } catch (e) { return e.name } });
//// module
exports.x = 1;

//// require of a hash with something around it
//= ["TypeError","TypeError","TypeError"]
const odd = ['@0\n', ' @0', '@0\0'];
exports.main = () => odd.map(n => { try { require(n); return 'there' } catch (e) { return e.name } });
//// module
exports.x = 1;

//// require of a program that is not here
//! program_error Error: no program 0000000000000000000000000000000000000000000000000000000000000000 is here: send it with the message, or before
exports.main = () => require('0'.repeat(64));

//// require at run time, without an object, twice
//= [1,true]
exports.main = () => { const r = require; return [r.call(null, '@0').x, r('@0') === require('@0')] };
//// module
exports.x = 1;

//// require of another program than the one that calls it
//= ["own","own"]
exports.main = async ({ next }) => [await next.load()({ require }), require('@0').who];
//// child
exports.main = ({ power }) => power.require('@0').who;
//// module
exports.who = 'own';

//// exports of a module are frozen, and what they hold
//= [true,true,"TypeError"]
const m = require('@0');
exports.main = () => { let put; try { m.o.x = 2 } catch (e) { put = e.name } return [Object.isFrozen(m), Object.isFrozen(m.o), put] };
//// module
exports.o = { x: 1 };

//// a module that replaces its exports by a proxy, whose traps run as its own
//= ["value","TypeError"]
exports.main = () => { const m = require('@0'); let put; try { m.x = 1 } catch (e) { put = e.name } return [m.x, put] };
//// module
module.exports = new Proxy({ x: 'value' }, {});

//// a module whose exports cannot be frozen
//! program_error RangeError: no
exports.main = () => require('@0').x;
//// module
module.exports = new Proxy({}, { preventExtensions() { throw new RangeError('no') } });

//// a module whose exports are a getter
//= 1
exports.main = () => require('@0');
//// module
let n = 0;
Object.defineProperty(module, 'exports', { get: () => ++n });

//// a module that freezes, seals and revokes what the kernel gave it
//= 1
exports.main = () => 1;
Object.freeze(module); Object.freeze(exports);
try { module.exports = 5 } catch { }

//// main by every kind of function
//= ["async","bound","method"]
exports.main = async ({ next }) => [await next.load()(0), await next.load()(1), await next.load()(2)];
//// child
const mains = [async () => 'async', (a => a).bind(null, 'bound'), { m() { return 'method' } }.m];
exports.main = ({ power }) => mains[power]();

//// main that is bound
//= "bound"
exports.main = (a => a).bind(null, 'bound');

//// main that is a class
//! program_error TypeError: …
exports.main = class { constructor() { return {} } };

//// main that is a proxy
//= "trapped"
exports.main = new Proxy(() => 1, { apply: () => 'trapped' });

//// main that is no function
//! program_error TypeError: the program exports no main function
exports.main = { call: () => 1 };

//// main by a getter that answers a function once
//= 1
let n = 0;
Object.defineProperty(exports, 'main', { get: () => n++ === 0 ? () => 1 : 5 });

//// exports that are a function with a main
//= "outer"
module.exports = () => 'outer';
module.exports.main = () => 'inner';

//// exports that are null
//! program_error TypeError: the program exports no main function
module.exports = null;

//// main's this
//= "undefined"
exports.main = function () { return typeof this };

//// next of the last program
//= "undefined"
exports.main = ({ next }) => typeof next;

//// next is frozen, and is what it says
//= [true,["hash","signedBy","boundBy","load"],64,true]
exports.main = ({ next }) => [Object.isFrozen(next), Object.keys(next), next.hash.length, Object.isFrozen(next.load) && Object.isFrozen(next.load())];
//// child
exports.main = () => 1;

//// keys that are none
//= [11,true,true]
const odd = [
  '', 'root', undefined, null, 5, 'A'.repeat(64), '0'.repeat(63), '0'.repeat(65), '€'.repeat(64), '\ud800'.repeat(64),
  { length: 64, toString: () => '0'.repeat(64) },
];
const name = f => { try { return f() } catch (e) { return e.name } };
exports.main = ({ next }) => [odd.length, ...['signedBy', 'boundBy'].map(m => odd.every(k => name(() => next[m](k)) === 'TypeError'))];
//// child
exports.main = () => 1;

//// keys that look like keys: small order, not canonical, not on the curve
//= [false,false,false,false,false,false]
const odd = [
  '0100000000000000000000000000000000000000000000000000000000000000', '0000000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', 'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', '0200000000000000000000000000000000000000000000000000000000000000',
];
exports.main = ({ next }) => odd.map(k => next.signedBy(k) || next.boundBy(k));
//// child
exports.main = () => 1;

//// signedBy of one link answers for that link, whoever calls it
//= [false,true]
exports.main = ({ next }) => next.load()({ asked: next.signedBy });
//// child
exports.main = ({ power, next }) => [power.asked(next.hash), typeof next.signedBy === 'function'];
//// child
exports.main = () => 1;

//// load of a child that does not parse
//= ["SyntaxError","string"]
exports.main = ({ next }) => { try { next.load() } catch (e) { return [e.name, typeof e.message] } };
//// child
exports.main = () => {

//// load of a child that throws, again and again
//= ["early","early"]
exports.main = ({ next }) => [1, 2].map(() => { try { next.load() } catch (e) { return e.message } });
//// child
throw new Error('early');

//// a child's module body runs when it is loaded, and not before
//= ["before","after"]
exports.main = async ({ next }) => { const log = ['before']; const f = next.load(); log.push('after'); await f({ log }).catch(() => log.push('frozen')); return log };
//// child
exports.main = ({ power }) => 1;

//// powers of every kind
//= ["undefined","object","number","string","symbol","bigint","function"]
exports.main = async ({ next }) => { const out = []; for (const p of [undefined, null, 1, 's', Symbol(), 1n, () => 1]) out.push(await next.load()(p)); return out };
//// child
exports.main = ({ power }) => typeof power;

//// a power that cannot be frozen
//= "Error"
exports.main = ({ next }) => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return next.load()(proxy).catch(e => Object.getPrototypeOf(e) === Error.prototype ? 'Error' : 'other') };
//// child
exports.main = () => 1;

//// a power whose freezing runs code of its owner's
//= ["preventExtensions","done"]
exports.main = async ({ next }) => { const log = []; const p = new Proxy({}, { preventExtensions(t) { log.push('preventExtensions'); return Reflect.preventExtensions(t) } }); log.push(await next.load()(p)); return log };
//// child
exports.main = () => 'done';

//// a chain's middle program that never calls the next
//= "middle"
exports.main = ({ next }) => next.load()({});
//// child
exports.main = () => 'middle';
//// child
exports.main = () => { for (;;); };

//// a child that calls its parent, which calls it, and so on
//! stack_overflow
exports.main = ({ next }) => next.load()({ f: g => g(g) });
//// child
exports.main = ({ power }) => { const g = h => power.f(h); return power.f(g) };

//// a child that catches the end of the stack
//! stack_overflow
exports.main = async ({ next }) => { try { await next.load()({}) } catch { return 'caught' } };
//// child
exports.main = () => { const f = () => { try { f() } catch { } finally { f() } }; f() };

//// a child that burns all there is, in its parent's try
//! out_of_fuel
exports.main = async ({ next }) => { try { await next.load()({}) } catch { return 'caught' } finally { return 'finally' } };
//// child
exports.main = () => { for (;;); };

//// a child that takes all the memory, in its parent's try
//! out_of_memory
exports.main = async ({ next }) => { try { await next.load()({}) } catch { return 'caught' } finally { return 'finally' } };
//// child
exports.main = () => { const a = []; for (;;) a.push(new Uint8Array(1e5)) };

//// the host's objects are nowhere on the way
//= []
exports.main = arg => {
  const seen = new Set(), found = [], queue = [arg, module, require, exports];
  for (const o of queue) {
    if (Object(o) !== o || seen.has(o)) continue;
    seen.add(o);
    if (typeof o === 'function' && /^(host|settle|start|explain|addModule|setRootPower|cross|evaluate)$/.test(o.name)) found.push(o.name);
    queue.push(Object.getPrototypeOf(o));
    for (const k of Reflect.ownKeys(o)) { const d = Reflect.getOwnPropertyDescriptor(o, k); queue.push(d.value, d.get, d.set) }
  }
  return found;
};
