// The guest half of the boundary: data goes out as JSON text that says exactly
// what the value was, or not at all; data that comes in is frozen.
//
// A value is first copied, strictly: each property is read once, with
// intrinsics captured before any program ran, so a getter that changes its mind
// changes nothing (confinement.md, row 13). The copy holds nothing of the
// program's, and JSON.stringify does the rest.
(function makeBoundary() {
  'use strict';
  const { ownKeys, getPrototypeOf, apply } = Reflect;
  const { freeze, keys, is } = Object;
  const { isArray } = Array;
  const { stringify } = JSON;
  const { isFinite } = Number;
  const { isWellFormed, indexOf } = String.prototype;
  const ObjectPrototype = Object.prototype;
  const ArrayPrototype = Array.prototype;
  const TypeErr = TypeError;

  // DEPTH bounds the recursion, well within the stack; cycles meet it too.
  const DEPTH = 128;

  // A refusal goes up through the copying as it is thrown, and each level puts
  // its key before the path.
  class Refused { constructor(why) { this.why = why; this.path = ''; } }
  const refuse = why => { throw new Refused(why); };
  const within = (e, step) => {
    if (e instanceof Refused && e.path.length < 1000) e.path = step + e.path;
    throw e;
  };

  const copyArray = (a, on) => {
    if (getPrototypeOf(a) !== ArrayPrototype) refuse('is an array with a prototype of its own');
    const n = a.length;
    if (ownKeys(a).length !== n + 1) refuse('is a sparse array, or one with properties');
    const out = [];
    let i = 0;
    try {
      for (; i < n; i++) out[i] = copy(a[i], on);
    } catch (e) {
      within(e, `[${i}]`);
    }
    return out;
  };

  const copyObject = (o, on) => {
    const proto = getPrototypeOf(o);
    if (proto !== ObjectPrototype && proto !== null) refuse('is an object with a prototype of its own');
    const names = keys(o);
    const n = names.length;
    if (ownKeys(o).length !== n) refuse('has properties that are symbols or not enumerable');
    const out = { __proto__: null };
    let i = 0;
    try {
      for (; i < n; i++) {
        const name = names[i];
        out[name] = copy(o[name], on);
      }
    } catch (e) {
      within(e, `.${names[i]}`);
    }
    return out;
  };

  // on holds the objects that enclose the one at hand.
  const copy = (v, on) => {
    switch (typeof v) {
      case 'string':
      case 'boolean':
        return v;
      case 'number':
        if (!isFinite(v)) refuse(`is ${v}, which JSON cannot carry`);
        if (v === 0 && is(v, -0)) refuse('is -0, which JSON cannot carry');
        return v;
      case 'object':
        break;
      case 'undefined':
        return refuse('is undefined, which JSON cannot carry');
      default:
        return refuse(`is a ${typeof v}, which JSON cannot carry`);
    }
    if (v === null) return null;
    const depth = on.length;
    for (let i = 0; i < depth; i++) {
      if (on[i] === v) refuse('is part of a cycle');
    }
    if (depth >= DEPTH) refuse(`lies more than ${DEPTH} deep`);
    on[depth] = v;
    const out = isArray(v) ? copyArray(v, on) : copyObject(v, on);
    on.length = depth;
    return out;
  };

  // findLone refuses a copy that holds half of a surrogate pair.
  const LONE = 'holds a lone surrogate, which JSON cannot carry';
  const findLone = v => {
    if (typeof v === 'string' && !apply(isWellFormed, v, [])) refuse(LONE);
    if (typeof v !== 'object' || v === null) return;
    const names = keys(v);
    for (let i = 0; i < names.length; i++) {
      if (!apply(isWellFormed, names[i], [])) refuse(LONE);
      try {
        findLone(v[names[i]]);
      } catch (e) {
        within(e, isArray(v) ? `[${i}]` : `.${names[i]}`);
      }
    }
  };

  // encode gives a value's JSON text. A TypeError names the path to what it
  // cannot carry, starting with name.
  const encode = (v, name) => {
    try {
      const safe = copy(v, []);
      const text = stringify(safe);
      // JSON.stringify escapes a lone surrogate, and no other.
      if (apply(indexOf, text, ['\\ud']) !== -1) findLone(safe);
      return text;
    } catch (e) {
      if (e instanceof Refused) throw new TypeErr(`${name}${e.path} ${e.why}`);
      throw e;
    }
  };

  // freezeData deep-freezes what JSON.parse made.
  const freezeData = v => {
    if (typeof v !== 'object' || v === null) return v;
    const names = keys(v);
    for (let i = 0; i < names.length; i++) freezeData(v[names[i]]);
    return freeze(v);
  };

  freeze(Refused.prototype);
  return { encode, freezeData };
})()
