// Promises and thenables that are rigged (docs/CONFINEMENT.md, rows 4 and 5).

//// await of a promise whose constructor throws, in a function of the program's own
//= ["caught rig","finally","after"]
const rig = () => Object.defineProperty(Promise.resolve(1), 'constructor', { get() { throw new Error('rig') } });
const log = [];
const f = async () => { try { await rig() } catch (e) { log.push('caught ' + e.message) } finally { log.push('finally') } log.push('after') };
exports.main = async () => { await f(); return log };

//// the same in every other place that awaits
//= ["for await: rig","await using: rig","yield: rig","yield*: rig","generator's await: rig","return: rig","sync iterator: rig"]
const rig = () => Object.defineProperty(Promise.resolve(1), 'constructor', { get() { throw new Error('rig') } });
const drain = async g => { for await (const x of g); };
const ways = {
  'for await': async () => { try { for await (const x of { [Symbol.asyncIterator]: () => ({ next: rig }) }); } catch (e) { return e.message } },
  'await using': async () => { try { await using x = { [Symbol.asyncDispose]: rig } } catch (e) { return e.message } },
  yield: async () => { try { await drain((async function* () { yield rig() })()) } catch (e) { return e.message } },
  'yield*': async () => { try { await drain((async function* () { yield* [rig()] })()) } catch (e) { return e.message } },
  "generator's await": async () => { try { await drain((async function* () { await rig() })()) } catch (e) { return e.message } },
  return: async () => { try { await (async () => rig())() } catch (e) { return e.message } },
  'sync iterator': async () => { try { for await (const x of [rig()]); } catch (e) { return e.message } },
};
exports.main = async () => { const out = []; for (const k in ways) out.push(`${k}: ${await ways[k]()}`); return out };

//// rigged by its prototype, by a subclass, by a proxy as its prototype
//= ["a","b","c","finally finally finally"]
const a = () => Object.setPrototypeOf(Promise.resolve(1), { __proto__: Promise.prototype, get constructor() { throw new Error('a') } });
class B extends Promise { get ['constructor']() { throw new Error('b') } }
const c = () => Object.setPrototypeOf(Promise.resolve(1), new Proxy(Promise.prototype, { get(t, k, r) { if (k === 'constructor') throw new Error('c'); return Reflect.get(t, k, t) } }));
const done = [];
const f = async make => { try { await make() } catch (e) { return e.message } finally { done.push('finally') } };
exports.main = async () => [await f(a), await f(() => new B(r => r(1))), await f(c), done.join(' ')];

//// a parent that awaits what its child passes to its function
//= {"log":["begin","caught rig","end"],"open":0,"child":"refused"}
exports.main = async ({ next }) => {
  const log = [];
  let open = 0;
  const f = async p => { open++; log.push('begin'); try { return await p } catch (e) { log.push('caught ' + e.message); return 'refused' } finally { open--; log.push('end') } };
  const child = await next.load()({ f });
  return { log, open, child };
};
//// child
exports.main = ({ power }) => power.f(Object.defineProperty(Promise.resolve(1), 'constructor', { get() { throw new Error('rig') } }));

//// a parent that awaits what its child's function returns
//= ["caught rig","end"]
exports.main = async ({ next }) => {
  const log = [];
  const { f } = await next.load()({});
  try { await f() } catch (e) { log.push('caught ' + e.message) } finally { log.push('end') }
  return log;
};
//// child
exports.main = () => ({ f: () => Object.defineProperty(Promise.resolve(1), 'constructor', { get() { throw new Error('rig') } }) });

//// a parent that awaits its own promise, which its child rigged
//= [["caught rig","end"],"ok"]
exports.main = async ({ next }) => {
  const log = [], shared = Promise.resolve(1);
  const child = await next.load()({ get: () => shared });
  try { await shared } catch (e) { log.push('caught ' + e.message) } finally { log.push('end') }
  return [log, child];
};
//// child
exports.main = ({ power }) => { Object.defineProperty(power.get(), 'constructor', { get() { throw new Error('rig') } }); return 'ok' };

//// what a parent awaits of its child is the kernel's own promise
//= [true,true,false,"TypeError",7]
exports.main = async ({ next }) => {
  const p = next.load()({});
  let put;
  try { Object.defineProperty(p, 'then', { value: 1 }) } catch (e) { put = e.name }
  return [Object.getPrototypeOf(p) === Promise.prototype, Object.isFrozen(p), Object.hasOwn(p, 'then'), put, await p];
};
//// child
class P extends Promise { then() { throw new Error('mine') } get ['constructor']() { throw new Error('rig') } }
exports.main = () => Object.setPrototypeOf(Promise.resolve(7), Promise.prototype);

//// a child that returns a rigged promise: its parent catches, and its finally runs
//= ["caught Error: rig","end"]
exports.main = async ({ next }) => {
  const log = [];
  try { await next.load()({}) } catch (e) { log.push('caught ' + e) } finally { log.push('end') }
  return log;
};
//// child
exports.main = () => Object.defineProperty(Promise.resolve(1), 'constructor', { get() { throw new Error('rig') } });

//// a child that returns a thenable that answers twice, and late
//= ["first"]
exports.main = async ({ next }) => [await next.load()({})];
//// child
exports.main = () => ({ then(ok, bad) { ok('first'); ok('second'); bad(new Error('third')); throw new Error('fourth') } });

//// a thenable that never answers
//! never_settled
exports.main = () => ({ then() {} });

//// a thenable that answers with itself
//! out_of_fuel
exports.main = () => { const t = { then(ok) { ok(t) } }; return t };

//// a promise that answers with itself
//! program_error TypeError: …
exports.main = () => { let r; const p = new Promise(ok => { r = ok }); r(p); return p };

//// a thenable whose then is a getter that throws
//! program_error RangeError: then
exports.main = () => ({ get then() { throw new RangeError('then') } });

//// a thenable whose then is a getter that answers once
//! program_error TypeError: result.then is a function, which JSON cannot carry
exports.main = () => { let n = 0; return { get then() { return n++ === 1 ? undefined : ok => ok({ then: () => 1 }) } } };

//// a promise below the top of a result
//! program_error TypeError: result.a.b is a promise, which may not cross to a parent: await it first
exports.main = ({ next }) => next.load()({});
//// child
exports.main = () => ({ a: { b: Promise.resolve(1) } });

//// a hardened promise below the top of a result
//! program_error TypeError: result.a is a promise, which may not cross to a parent: await it first
exports.main = ({ next }) => next.load()({});
//// child
exports.main = () => harden({ a: Promise.resolve(1) });

//// a result hidden behind a harden that failed
//! program_error TypeError: result.first is a proxy, which may not cross to a parent
exports.main = ({ next }) => next.load()({});
//// child
const o = { first: new Proxy({}, { preventExtensions() { throw 1 } }), second: { n: 0 } };
try { harden(o) } catch {}
exports.main = () => o;

//// a thenable below the top of a result
//! program_error TypeError: result.a is a thenable, which may not cross to a parent
exports.main = ({ next }) => next.load()({});
//// child
exports.main = () => ({ a: { then: ok => ok(1) } });

//// thenables by a getter, by a prototype, as a function's property, under a symbol
//= ["result.a is a thenable","result.a is a thenable","result.a is a thenable","result.Symbol(s) is a thenable"]
exports.main = async ({ next }) => {
  const out = [];
  for (let i = 0; i < 4; i++) await next.load()({ i }).catch(e => out.push(e.message.split(',')[0]));
  return out;
};
//// child
class T { then(ok) { ok(1) } }
const odd = [{ a: { get then() {} } }, { a: new T() }, { a: Object.assign(() => 1, { then: ok => ok(1) }) }, { [Symbol('s')]: new T() }];
exports.main = ({ power }) => odd[power.i];

//// a then that is data is no thenable
//= {"a":{"then":"now"}}
exports.main = ({ next }) => next.load()({});
//// child
exports.main = () => ({ a: { then: 'now' } });

//// proxies below the top of a result, and behind it
//= ["result.a is a proxy","result.b inherits from a proxy","result is a proxy","result.c inherits from a proxy"]
exports.main = async ({ next }) => {
  const out = [];
  for (let i = 0; i < 4; i++) await next.load()({ i }).catch(e => out.push(e.message.split(',')[0]));
  return out;
};
//// child
const p = new Proxy({}, {});
const odd = [{ a: p }, { b: Object.create(p) }, p, { c: () => 1 }];
Object.setPrototypeOf(odd[3].c, p);
exports.main = ({ power }) => odd[power.i];

//// a proxy of a function that a child gives up as a promise's answer
//! program_error TypeError: result is a proxy, which may not cross to a parent
exports.main = ({ next }) => next.load()({});
//// child
exports.main = async () => new Proxy(() => 1, {});

//// species of one's own in then, catch and finally
//= ["constructed",true]
exports.main = async () => {
  const log = [];
  class P extends Promise { static get [Symbol.species]() { return function (f) { log.push('constructed'); f(() => {}, () => {}) } } }
  const r = P.resolve(1).then(x => x);
  return [log[0], !(r instanceof Promise)];
};

//// Promise's statics on a constructor of one's own
//= ["TypeError","TypeError","TypeError"]
const ways = [() => Promise.resolve.call(function (f) { f(1, 2) }, 1), () => Promise.all.call(function () {}, []), () => Promise.withResolvers.call(5)];
exports.main = () => ways.map(w => { try { w(); return 'ok' } catch (e) { return e.name } });

//// an iterator that throws while Promise.all closes it
//= ["next","Error"]
exports.main = async () => {
  const log = [];
  const it = { [Symbol.iterator]: () => ({ next() { log.push('next'); throw new Error() }, return() { log.push('return') } }) };
  return Promise.all(it).catch(e => [...log, e.name]);
};

//// a loop in an executor, caught
//! out_of_fuel
exports.main = () => new Promise(() => { for (;;); }).catch(() => 'caught');

//// a loop in Promise.try, caught
//! out_of_fuel
exports.main = () => Promise.try(() => { for (;;); }).catch(() => 'caught').finally(() => 'again');

//// a loop in a thenable, caught
//! out_of_fuel
exports.main = async () => { try { await { then() { for (;;); } } } catch { return 'caught' } };

//// a loop in a finally
//! out_of_fuel
exports.main = async () => { try { for (;;); } finally { for (;;); } };

//// jobs without end
//! out_of_fuel
exports.main = () => new Promise(() => { const f = () => Promise.resolve().then(f); f() });

//// async functions without end
//! out_of_fuel
exports.main = async () => { const f = async () => { await null; return f() }; return f() };

//// jobs that go on when the result is there
//= "done"
exports.main = () => { const f = () => Promise.resolve().then(f); f(); return 'done' };

//// a child's jobs that go on when the result is there
//= "done"
exports.main = async ({ next }) => { next.load()({}); await null; await null; return 'done' };
//// child
exports.main = () => new Promise(() => { const f = () => Promise.resolve().then(f); f() });

//// an answer that comes late, and is not waited for
//= 1
exports.main = ({ power }) => { power.later('x'); return 1 };

//// answers that come late, rigged by who gets them
//= ["rig",["x"]]
exports.main = async ({ power }) => {
  const p = power.later('x');
  Object.defineProperty(p, 'constructor', { configurable: true, get() { throw new Error('rig') } });
  const out = [await (async () => { try { return await p } catch (e) { return e.message } })()];
  delete p.constructor;
  return [...out, await p];
};
