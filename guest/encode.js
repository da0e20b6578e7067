// The guest half of the boundary: data goes out as JSON text that says exactly
// what the value was, or not at all; data that comes in is frozen.
//
// A value is first copied, strictly: each property is read once, with
// intrinsics captured before any program ran, so a getter that answers
// differently the next time changes nothing (docs/CONFINEMENT.md, row 13). The copy
// holds nothing of the program's, and JSON.stringify does the rest.
//
// Takes what slots.js made.
(function makeBoundary(slots) {
  'use strict';
  const { ownKeys, getPrototypeOf } = Reflect;
  const { freeze, keys } = Object;
  const { isArray } = Array;
  const { stringify } = JSON;
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
    return copyItems(a, n, on);
  };

  const copyItems = (a, n, on) => {
    const out = [];
    let i = 0;
    try {
      for (; i < n; i++) {
        const v = a[i];
        out[i] = typeof v === 'string' ? v : copy(v, on);
      }
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
        const v = o[name];
        out[name] = typeof v === 'string' ? v : copy(v, on);
      }
    } catch (e) {
      within(e, `.${names[i]}`);
    }
    return out;
  };

  // on holds the objects that enclose the one at hand; below them stands CARRIES
  // where the value may hold slots.
  const CARRIES = freeze({ __proto__: null });
  const copyFunction = (f, on) => {
    const mark = slots.markOf(f);
    if (mark === undefined) refuse('is a function, which JSON cannot carry');
    if (on[0] !== CARRIES) refuse('is a capability, which this cannot take');
    return mark;
  };
  const copy = (v, on) => {
    switch (typeof v) {
      case 'string':
      case 'boolean':
        return v;
      case 'number':
        if (v - v !== 0) refuse(`is ${v}, which JSON cannot carry`);
        if (v === 0 && 1 / v < 0) refuse('is -0, which JSON cannot carry');
        return v;
      case 'object':
        break;
      case 'undefined':
        return refuse('is undefined, which JSON cannot carry');
      case 'function':
        return copyFunction(v, on);
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
    if (typeof v === 'string' && !v.isWellFormed()) refuse(LONE);
    if (typeof v !== 'object' || v === null) return;
    const names = keys(v);
    for (let i = 0; i < names.length; i++) {
      if (!names[i].isWellFormed()) refuse(LONE);
      try {
        findLone(v[names[i]]);
      } catch (e) {
        within(e, isArray(v) ? `[${i}]` : `.${names[i]}`);
      }
    }
  };

  const write = safe => {
    const text = stringify(safe);
    // JSON.stringify escapes a lone surrogate, and no other.
    if (text.includes('\\ud')) findLone(safe);
    return text;
  };
  const explain = (e, name) => e instanceof Refused ? new TypeErr(`${name}${e.path} ${e.why}`) : e;

  // encode gives a value's JSON text. A TypeError names the path to what it
  // cannot carry, starting with name.
  const encode = (v, name) => {
    try {
      return write(copy(v, []));
    } catch (e) {
      throw explain(e, name);
    }
  };

  // encodeList does so for an array of the kernel's own, which holds what is
  // not.
  const encodeList = (list, name) => {
    try {
      return write(copyItems(list, list.length, [list]));
    } catch (e) {
      throw explain(e, name);
    }
  };

  // encodeSlotted does what encode does for a value that may hold slots.
  const encodeSlotted = (v, name) => {
    try {
      return write(slots.put(copy(v, [CARRIES])));
    } catch (e) {
      throw explain(e, name);
    }
  };

  const encodeSlottedList = (list, name) => {
    try {
      return write(slots.put(copyItems(list, list.length, [CARRIES, list])));
    } catch (e) {
      throw explain(e, name);
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
  return { encode, encodeList, encodeSlotted, encodeSlottedList, freezeData };
})
