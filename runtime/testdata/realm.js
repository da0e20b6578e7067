// Walks everything that a program can reach or make, and tells what of it is
// shared and yet not frozen.
//
// What is made anew each time is the program's own; what is the same object
// twice is shared. So each thing is made twice, and the two are walked side by
// side: where they meet, everything beyond must be frozen.
const { ownKeys, getPrototypeOf, getOwnPropertyDescriptor, apply, construct } = Reflect;
const isObject = v => Object(v) === v;

const open = new Map(); // what is shared and not frozen, to the path where it was found
const shared = new Set();
const each = (o, path, f) => {
  f(getPrototypeOf(o), path + '.[[Prototype]]', []);
  for (const key of ownKeys(o)) {
    const d = getOwnPropertyDescriptor(o, key);
    for (const part of ['value', 'get', 'set']) f(d[part], `${path}.${String(key)}${part === 'value' ? '' : '.' + part}`, [key, part]);
  }
};

// A typed array's elements cannot be frozen, so one that is shared is open.
const walkShared = (root, from) => {
  const queue = [[root, from]];
  for (const [o, path] of queue) {
    if (!isObject(o) || shared.has(o)) continue;
    shared.add(o);
    if (!Object.isFrozen(o)) open.set(o, path);
    each(o, path, (v, at) => { if (isObject(v) && !shared.has(v)) queue.push([v, at]) });
  }
};

const walkPair = (a, b, from) => {
  const queue = [[a, b, from]];
  const seen = new Set();
  for (const [a, b, path] of queue) {
    if (!isObject(a)) continue;
    if (a === b) { walkShared(a, path); continue }
    if (seen.has(a) || !isObject(b) || queue.length > 500) continue;
    seen.add(a);
    each(a, path, (v, at, [key, part]) => {
      const w = key === undefined ? getPrototypeOf(b) : getOwnPropertyDescriptor(b, key)?.[part];
      if (isObject(v)) queue.push([v, w, at]);
    });
  }
};

const outcome = f => { try { return f() } catch (e) { return e } };
const until = (p, log) => p.then(v => log.push(v), e => log.push(e));

// Everything that syntax makes, and what the engine throws.
const made = () => {
  const tag = s => s;
  const gen = function* () { yield 1 };
  const agen = async function* () { yield 1 };
  const thrower = { [Symbol.dispose]() { throw 1 } };
  const bound = tag.bind(null, 1);
  return [
    function () { }, () => { }, async () => { }, async function () { }, gen, agen, gen(), agen(), bound, { m() { }, get g() { return 1 }, set g(v) { } },
    class { }, class { static #p = 1; #q = 2; static s = 3; static { } get a() { return 1 } }, class extends Array { }, new (class extends Error { })('x'), new (class { #x = 1; y = 2 })(),
    (function () { return arguments })(1), [], {}, { __proto__: null }, /x/, /x/dgimsuy, /x/d.exec('x'), /(?<a>x)/.exec('x'), 'x'.matchAll(/x/g), ''[Symbol.iterator](),
    [][Symbol.iterator](), [].entries(), new Map().entries(), new Set().values(), Object(1), Object(1n), Object('x'), Object(true), Object(Symbol()), new Date(0),
    Iterator.from({ next() { } }), Iterator.from([1]), [].values().map(tag), [].values().filter(tag), [].values().take(1), [].values().drop(1), [].values().flatMap(tag),
    Iterator.concat?.([1]), Iterator.zip?.([[1]]), Iterator.zipKeyed?.({ a: [1] }),
    Promise.resolve(), Promise.withResolvers(), Promise.all([]), Array.fromAsync([]), new Proxy({}, {}), Proxy.revocable({}, {}), new (class extends Promise { })(() => { }),
    new ArrayBuffer(8), new ArrayBuffer(8, { maxByteLength: 16 }), new DataView(new ArrayBuffer(8)), new Uint8Array(1), new Float64Array(1), new BigInt64Array(1), new Float16Array(1),
    new Map(), new Set(), new WeakMap(), new WeakSet(), new TextEncoder(), new TextDecoder(), new TextEncoder().encode('x'), Object.groupBy([1], String), Map.groupBy([1], String),
    outcome(() => { using x = thrower; throw 2 }), outcome(() => null.x), outcome(() => nowhere), outcome(() => ''.repeat(-1)), outcome(() => JSON.parse('{')), outcome(() => decodeURI('%')),
    outcome(() => { let s = 'x'; for (; ;) s += s }), outcome(() => new RegExp('(')), outcome(() => 1n / 0n), outcome(() => new Array(-1)), outcome(() => { let x = y; let y }), outcome(() => { const c = 1; c = 2 }),
    outcome(() => Symbol() + ''), outcome(() => new Proxy({}, null)), outcome(() => require('x')), outcome(() => console.log()), outcome(() => Date.now()), outcome(() => (() => { }).constructor('')),
    outcome(() => new TextDecoder('latin1')), outcome(() => new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255]))), outcome(() => harden(1)),
    new AggregateError([1]), new Error('x', { cause: 1 }), tag`a${1}b`.raw === undefined,
  ];
};
const template = () => (s => s)`x${1}`;

// Receivers and arguments to call each function with that the walk has found.
const receivers = () => [
  {}, [3, 1], 'ab', 5n, /b/g, new Map([[1, 2]]), new Set([1]), new Date(0), Promise.resolve(1), new Uint8Array(2), new ArrayBuffer(2),
  [1, 2].values(), (function* () { yield 1 })(), new DataView(new ArrayBuffer(8)), Promise, [1].values().map(x => x),
];
const lists = () => [[], [[1, 2]], [() => 1, 2], [{}, 'a', { value: 1 }]];

const callAll = functions => {
  let calls = 0;
  for (const [f, path] of functions) {
    const n = receivers().length, m = lists().length;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m; j++) {
        calls++;
        walkPair(outcome(() => apply(f, receivers()[i], lists()[j])), outcome(() => apply(f, receivers()[i], lists()[j])), `${path}()`);
      }
    }
    for (let j = 0; j < m; j++) walkPair(outcome(() => construct(f, lists()[j])), outcome(() => construct(f, lists()[j])), `new ${path}()`);
  }
  return calls;
};

const later = async () => {
  const log = [];
  await until(Promise.any([]), log);
  await until(import('x'), log);
  await until((async () => { await using x = { [Symbol.asyncDispose]() { throw 1 } }; throw 2 })(), log);
  for await (const x of (async function* () { yield* [{}] })()) log.push(x);
  return log;
};

const roots = { module, exports, require };
exports.main = async ({ power, next, input }) => {
  walkShared(globalThis, 'globalThis');
  for (const [name, o] of Object.entries({ power, next, input, ...roots })) walkShared(o, name);
  walkShared(next.load(), 'next.load()');
  const child = next.load()({});
  walkShared(child, 'next.load()()');
  walkShared(await child, 'await next.load()()');
  walkShared(await next.load()({ fail: true }).catch(e => e), 'a failure of a child');
  const a = made(), b = made();
  a.forEach((o, i) => walkPair(o, b[i], `made[${i}]`));
  walkShared(template(), 'a template');
  const c = await later(), d = await later();
  c.forEach((o, i) => walkPair(o, d[i], `later[${i}]`));
  const functions = [...shared].filter(o => typeof o === 'function' && o !== exports.main).map(f => [f, f.name]);
  const calls = callAll(functions);
  return {
    globals: ownKeys(globalThis).map(String).sort(),
    open: [...open.values()].sort(),
    shared: shared.size,
    calls,
    own: Object.keys(roots),
  };
};
