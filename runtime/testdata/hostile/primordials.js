// Poisoned primordials: what all programs and the kernel share is frozen. Each
// attempt throws and changes nothing.

//// assignments to shared objects, by name
//= ["TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError"]
const f = () => 'mine';
const ways = [
  () => { Array.prototype.push = f }, () => { Array.prototype[0] = f }, () => { Object.prototype.leak = 1 },
  () => { Object.prototype.toJSON = f }, () => { Promise.prototype.then = f }, () => { Function.prototype.call = f },
  () => { JSON.parse = f }, () => { WeakMap.prototype.get = f }, () => { RegExp.prototype.exec = f },
  () => { Reflect.apply = f }, () => { String.prototype.charCodeAt = f }, () => { Array.prototype.length = 5 },
];
exports.main = () => ways.map(w => { try { w(); return 'changed' } catch (e) { return e.name } });

//// symbols that the engine itself asks for
//= ["TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError"]
const ways = [
  () => { Array.prototype[Symbol.iterator] = 1 }, () => { Promise[Symbol.species] = 1 }, () => { Array[Symbol.species] = 1 },
  () => { Function.prototype[Symbol.hasInstance] = 1 }, () => { Object.prototype[Symbol.toPrimitive] = 1 },
  () => { RegExp.prototype[Symbol.replace] = 1 }, () => { Object.prototype[Symbol.toStringTag] = 1 }, () => { Array.prototype[Symbol.isConcatSpreadable] = 1 },
];
exports.main = () => ways.map(w => { try { w(); return 'changed' } catch (e) { return e.name } });

//// definitions, deletions and prototypes
//= ["TypeError","TypeError","TypeError","TypeError","TypeError","TypeError",false,false,false,false]
const ways = [
  () => Object.defineProperty(Array.prototype, 'x', { get() {} }), () => Object.defineProperties(Map.prototype, { get: { value: 1 } }),
  () => delete Array.prototype.map, () => Object.setPrototypeOf(Object.prototype, {}),
  () => { Array.prototype.__proto__ = null }, () => Object.prototype.__defineGetter__.call(Array.prototype, 'x', () => 1),
  () => Reflect.set(Array.prototype, 'map', 1), () => Reflect.defineProperty(Array.prototype, 'x', { value: 1 }),
  () => Reflect.deleteProperty(Array.prototype, 'map'), () => Reflect.setPrototypeOf(Array.prototype, null),
];
exports.main = () => ways.map(w => { try { return w() } catch (e) { return e.name } });

//// the global object
//= ["TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","undefined"]
const ways = [
  () => { globalThis.leak = 1 }, () => { Object = 1 }, () => { undefined = 1 }, () => { NaN = 1 }, () => delete globalThis.Array,
  () => Object.defineProperty(globalThis, 'leak', { value: 1 }), () => Object.setPrototypeOf(globalThis, {}),
];
exports.main = () => ways.map(w => { try { w(); return 'changed' } catch (e) { return e.name } }).concat(typeof leak);

//// prototypes that no global names
//= [true,true,true,true,true,true,true,true,true,true,true,true]
const proto = Object.getPrototypeOf;
exports.main = () => [
  proto(function* () {}), proto(async function* () {}), proto(async () => {}), proto(proto((function* () {})())),
  proto([][Symbol.iterator]()), proto(new Map().entries()), proto(new Set().values()), proto(''[Symbol.iterator]()),
  proto('x'.matchAll(/x/g)), proto([].values().map(x => x)), proto(Iterator.from({ next() {} })), proto(Int8Array),
].map(o => o !== null && Object.isFrozen(o) && Object.isFrozen(proto(o)) && Object.isFrozen(o.constructor ?? o));

//// hidden intrinsics: SuppressedError by using
//= ["SuppressedError",true,true,true,"TypeError"]
exports.main = () => {
  try { using x = { [Symbol.dispose]() { throw new Error('a') } }; throw new Error('b') } catch (e) {
    const P = Object.getPrototypeOf(e);
    let put;
    try { P.leak = 1 } catch (e) { put = e.name }
    return [e.name, Object.isFrozen(P), Object.isFrozen(P.constructor), Object.getPrototypeOf(P) === Error.prototype, put];
  }
};

//// hidden intrinsics: InternalError by a string that is too long
//= ["InternalError",true,true,true,true]
exports.main = () => {
  try { let s = 'x'; for (;;) s += s } catch (e) {
    const P = Object.getPrototypeOf(e);
    return [e.name, Object.isFrozen(P), Object.isFrozen(P.constructor), Object.getPrototypeOf(P.constructor) === Error, Object.getPrototypeOf(P) === Error.prototype];
  }
};

//// hidden intrinsics: AggregateError by Promise.any
//= ["AggregateError",true,true,true]
exports.main = () => Promise.any([]).catch(e => {
  const P = Object.getPrototypeOf(e);
  return [e.name, Object.isFrozen(P), Object.isFrozen(P.constructor), P.constructor === AggregateError];
});

//// hidden intrinsics: nothing leads to the disposable stacks
//= ["undefined","undefined","undefined","undefined"]
exports.main = () => [typeof DisposableStack, typeof AsyncDisposableStack, typeof SuppressedError, typeof InternalError];

//// accessors that take assignments in: own properties of one's own objects alone
//= ["mine",["toString"],"[object Object]",true,"TypeError"]
exports.main = () => {
  const mine = {};
  mine.toString = () => 'mine';
  let shared;
  try { Object.prototype.toString = 1 } catch (e) { shared = e.name }
  return [String(mine), Object.keys(mine), String({}), Object.prototype.toString === Object.prototype.toString, shared];
};

//// the setters of such accessors, called with a foreign this
//= ["TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","ok","TypeError"]
const set = Object.getOwnPropertyDescriptor(Object.prototype, 'toString').set;
const these = [Object.prototype, Array.prototype, globalThis, undefined, 5, Object.freeze({}), Object.preventExtensions([]), {}, Object.create(null, { toString: { value: 1 } })];
exports.main = () => these.map(o => { try { set.call(o, () => 'x'); return 'ok' } catch (e) { return e.name } });

//// such a setter through a proxy, a receiver and a prototype
//= ["TypeError",["defineProperty"],"TypeError",true]
const set = Object.getOwnPropertyDescriptor(Error.prototype, 'message').set;
exports.main = () => {
  const seen = [];
  const t = f => { try { return f() } catch (e) { return e.name } };
  set.call(new Proxy({}, { defineProperty: (...a) => { seen.push('defineProperty'); return Reflect.defineProperty(...a) } }), 'x');
  return [t(() => set.call(new Proxy(Error.prototype, {}), 'x')), seen, t(() => Reflect.set(Error.prototype, 'message', 'x', Object.freeze({}))), Reflect.set(Error.prototype, 'message', 'x', {})];
};

//// an error's stack is a getter without memory that programs share
//= ["own","TypeError",["stack"],"string"]
exports.main = () => {
  const { get, set } = Object.getOwnPropertyDescriptor(Error.prototype, 'stack');
  const e = new Error('x'), frozen = Object.freeze(new Error('y')), o = {};
  set.call(e, 'own');
  let put;
  try { set.call(frozen, 'hidden'); put = get.call(frozen) } catch (x) { put = x.name }
  set.call(o, 'kept');
  return [e.stack, put, Reflect.ownKeys(o), typeof get.call(frozen)];
};

//// symbols of the registry carry nothing
//= [true,true,"TypeError"]
exports.main = () => {
  const s = Symbol.for('channel');
  let put;
  try { s.leak = 1 } catch (e) { put = e.name }
  return [s === Symbol.for('channel'), s.leak === undefined, put];
};

//// the statics of RegExp
//= [["length","name","prototype","Symbol(Symbol.species)"],"undefined","undefined","undefined"]
exports.main = () => { /(s)ecret/.exec('secret'); return [Reflect.ownKeys(RegExp).map(String), typeof RegExp.$1, typeof RegExp.lastMatch, typeof RegExp.input] };

//// the real RegExp, Date, Symbol and Math behind the tame ones
//= [true,true,true,true,"TypeError"]
exports.main = () => [
  /x/.constructor === RegExp, new Date(0).constructor === Date, Symbol.iterator.constructor === Symbol,
  Object.getPrototypeOf(Math) === Object.prototype, (() => { try { new (new Date(0).constructor)() } catch (e) { return e.name } })(),
];

//// frozen once, and no way back
//= [true,false,"TypeError"]
exports.main = () => {
  const o = harden({ a: { b: 1 } });
  let put;
  try { o.a.b = 2 } catch (e) { put = e.name }
  return [Object.isFrozen(o.a), Reflect.set(o.a, 'b', 2), put];
};

//// harden that fails half-way leaves nothing marked as done
//= ["refused",true]
const mutable = { n: 0 };
const root = { first: new Proxy({}, { preventExtensions() { throw 'refused' } }), mutable };
exports.main = () => {
  const out = [];
  try { harden(root) } catch (e) { out.push(e) }
  delete mutable.x;
  const again = { mutable };
  harden(again);
  return out.concat(Object.isFrozen(mutable));
};

//// harden of odd things
//= [true,true,true,"TypeError",true,true,true,"TypeError"]
exports.main = () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const t = f => { try { return f() } catch (e) { return e.name } };
  const bytes = harden(new Uint8Array([1, 2]));
  const cyclic = {}; cyclic.self = cyclic;
  return [
    harden(1) === 1, harden(undefined) === undefined, harden(null) === null, t(() => harden(proxy)), Object.isFrozen(harden(cyclic)),
    !Object.isExtensible(bytes), (bytes[0] = 9, bytes[0] === 9), t(() => { bytes.leak = 1 }),
  ];
};

//// harden of what is wide, deep and leads to itself
//= [true,true,true]
exports.main = () => {
  const all = [];
  const make = depth => {
    const o = { all, next: undefined, get self() { return o }, f: () => depth, [Symbol('s')]: [depth] };
    all.push(o, o, o.f, Object.getOwnPropertyDescriptor(o, 'self').get);
    if (depth > 0) o.next = make(depth - 1);
    return o;
  };
  const big = make(40), bigger = all.length;
  const small = { a: () => 1, b: { c: [] } };
  small.b.back = small;
  harden(small);
  harden(big);
  const symbols = all.every(o => Object.getOwnPropertySymbols(o).every(s => Object.isFrozen(o[s])));
  return [all.every(Object.isFrozen) && bigger === 164, symbols, [all, small, small.a, small.b, small.b.c].every(Object.isFrozen)];
};

//// harden of an accessor's functions and of symbols' properties
//= [true,true,true]
exports.main = () => {
  const s = Symbol(), get = function () {}, o = { [s]: { deep: {} } };
  Object.defineProperty(o, 'x', { get, configurable: true });
  harden(o);
  return [Object.isFrozen(o[s].deep), Object.isFrozen(get), Object.isFrozen(get.prototype)];
};

//// poisons on objects of a program's own
//= [4,"1,2",["a"]]
exports.main = () => {
  class A extends Array { push() { return 0 } get [Symbol.toStringTag]() { return 'x' } static get [Symbol.species]() { return Array } }
  const a = A.from([1, 2]);
  Object.defineProperty(a, 'map', { value: () => 'poison' });
  return [Object.assign([], [1, 2]).push(3, 4), a.join(), Object.keys({ a: 1, __proto__: a })];
};
