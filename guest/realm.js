// After SES: makes the one realm that kernel and programs share harmless, and
// refuses to go on where it cannot. Programs run in the start realm, since on
// this engine no evaluator of SES's keeps them out of it (docs/CONFINEMENT.md,
// row 1); so the start realm holds nothing to steal. Powers live in closures.
//
// Takes what boot.js kept, the table of permits, text.js's classes, and
// harden.js.
(function realm(boot, permits, text, hardener) {
  'use strict';
  const { ownKeys, getPrototypeOf, setPrototypeOf, getOwnPropertyDescriptor, defineProperty, apply } = Reflect;
  const { freeze, isFrozen } = Object;
  const TypeErr = TypeError;

  repairIntrinsics({
    errorTaming: 'safe',
    overrideTaming: 'min',
    consoleTaming: 'unsafe',
    stackFiltering: 'verbose',
    localeTaming: 'safe',
    domainTaming: 'unsafe',
    evalTaming: 'no-eval',
    regExpTaming: 'safe',
  });

  // SES puts an Error of its own in the place of the engine's, to hide stacks.
  // The engine's has lost its powers in boot.js, and is forty times as fast.
  const EngineError = boot.EngineError;
  const sesErrors = new Set([Error, EngineError.prototype.constructor]);
  for (const e of sesErrors) boot.dangerous.set(e, 'Error, as SES has it');
  defineProperty(EngineError.prototype, 'constructor', { value: EngineError });
  const kinds = [AggregateError, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, ...boot.hidden];
  for (const kind of kinds) {
    if (sesErrors.has(getPrototypeOf(kind))) setPrototypeOf(kind, EngineError);
  }

  // A frozen prototype makes an assignment of the same name to what inherits
  // from it fail, in strict code (the override mistake). Where packages are
  // known to assign, an accessor takes the assignment in. SES's own lists do
  // it to methods that are called all the time, which makes them slow here.
  const behind = []; // what the accessors answer: no walk by properties finds it
  const overridable = (owner, name) => {
    const d = getOwnPropertyDescriptor(owner, name);
    if (d === undefined || !('value' in d) || !d.configurable) return;
    const { value } = d;
    behind.push(value);
    const { get, set } = {
      get() { return value; },
      set(v) {
        // This is strict code's assignment: where it cannot be done, it throws.
        const own = { value: v, writable: true, enumerable: true, configurable: true };
        if (this === owner || !defineProperty(this, name, own)) throw new TypeErr(`${name} is read-only here`);
      },
    };
    defineProperty(owner, name, { get, set, enumerable: d.enumerable, configurable: true });
  };
  for (const path of ownKeys(permits.overridable)) {
    const owner = path.split('.').reduce((o, k) => o[k], globalThis);
    for (const name of permits.overridable[path]) overridable(owner, name);
  }

  hardenIntrinsics();
  if (!isFrozen(Object.prototype) || !isFrozen(Array.prototype) || typeof harden !== 'function') {
    throw new Error('lockdown did not finish');
  }

  // The tamed versions of what is powerful stand in a compartment's globals.
  const tame = new Compartment().globalThis;
  const values = {
    globalThis, Error: EngineError, harden: hardener.harden, console: boot.console,
    TextEncoder: text.TextEncoder, TextDecoder: text.TextDecoder,
  };
  values.Function = getPrototypeOf(() => {}).constructor;
  for (const name of permits.tamed) values[name] = tame[name];
  for (const name of permits.globals) {
    if (!(name in values)) values[name] = globalThis[name];
    if (values[name] === undefined && name !== 'undefined') throw new Error(`the realm has no ${name}, which is permitted`);
  }
  for (const key of ownKeys(globalThis)) {
    if (!(typeof key === 'string' && key in values) && !Reflect.deleteProperty(globalThis, key)) {
      throw new Error('the global ' + String(key) + ' is not permitted and cannot be removed');
    }
  }
  for (const name of permits.globals) {
    const now = getOwnPropertyDescriptor(globalThis, name);
    if (now && !now.configurable && !now.writable) continue; // Infinity, NaN, undefined
    defineProperty(globalThis, name, { value: values[name], writable: false, enumerable: false, configurable: false });
  }

  // Everything that syntax alone can make, so that intrinsics no global names
  // are found as well: a walk from the globals would miss them
  // (docs/CONFINEMENT.md, row 3).
  const caught = f => { try { f(); } catch (e) { return e; } return undefined; };
  const produce = () => {
    const sync = function* () { yield 1; };
    const later = async function* () { yield 1; };
    const tag = s => s;
    const dispose = { [Symbol.dispose]() { throw 1; } };
    return [
      sync, sync(), later, later(), async () => {}, async function () {}, class { static #p = 1; }, class extends Array {},
      (function () { return arguments; })(), tag`t`, /x/, /x/d.exec('x'), 'x'.matchAll(/x/g), 'x'[Symbol.iterator](),
      [][Symbol.iterator](), new Map().entries(), new Set().values(), Iterator.from({ next() {} }), [].values().map(tag),
      [].values().filter(tag), [].values().take(1), [].values().drop(1), [].values().flatMap(tag), 1, 1n, 's', true, Symbol(),
      Object(1n), Object(Symbol()), Promise.resolve(), Proxy.revocable({}, {}),
      caught(() => { using a = dispose; throw 2; }), caught(() => null.x), caught(() => x), caught(() => ''.repeat(-1)),
      caught(() => JSON.parse('{')), caught(() => decodeURI('%')), caught(() => 'x'.padEnd(2 ** 30 + 1)),
      caught(() => 'x'.repeat(2 ** 30)), caught(() => new RegExp('(')), caught(() => 1n / 0n), caught(() => new Proxy({}, null)),
      ...boot.hidden,
    ].map(Object);
  };

  // secure freezes what can be reached, and throws where the walk meets
  // something with power.
  const seen = new WeakSet();
  const secure = (root, where) => {
    const queue = [[root, where]];
    while (queue.length > 0) {
      const [o, path] = queue.pop();
      if (Object(o) !== o || seen.has(o)) continue;
      if (boot.dangerous.has(o)) {
        throw new Error('the realm leads to the start realm\'s ' + boot.dangerous.get(o) + ' by ' + path);
      }
      seen.add(o);
      queue.push([getPrototypeOf(o), path + '.[[Prototype]]']);
      for (const key of ownKeys(o)) {
        const at = path + '.' + String(key);
        const d = getOwnPropertyDescriptor(o, key);
        queue.push([d.value, at], [d.get, at + '.[[Get]]'], [d.set, at + '.[[Set]]']);
      }
      if (!ArrayBuffer.isView(o)) freeze(o);
      hardener.mark(o);
    }
  };

  secure(globalThis, 'globalThis');
  for (const o of behind) secure(o, 'what an accessor answers');
  for (const o of produce()) secure(o, 'a ' + apply(Object.prototype.toString, o, []));
  if (!isFrozen(globalThis)) throw new Error('the global object is not frozen');
})
