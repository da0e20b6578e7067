// harden: deep-freezes a value, and all that can be reached from it. It is the
// `harden` that programs see, and what the kernel does to everything that
// crosses between programs.
(function makeHarden() {
  'use strict';
  const { apply, ownKeys, getPrototypeOf, getOwnPropertyDescriptor, preventExtensions, defineProperty } = Reflect;
  const { freeze } = Object;
  const { isView } = ArrayBuffer;
  const TypeErr = TypeError;
  const StringOf = String;
  const { has, add } = WeakSet.prototype;

  const done = new WeakSet();
  const isObject = v => typeof v === 'object' ? v !== null : typeof v === 'function';
  const isHard = o => apply(has, done, [o]);
  const mark = o => { apply(add, done, [o]); };

  // The elements of a typed array cannot be frozen; its shape can.
  const freezeOne = o => {
    if (!isView(o)) return freeze(o);
    if (!preventExtensions(o)) throw new TypeErr('an object cannot be frozen');
    const keys = ownKeys(o);
    for (let i = 0; i < keys.length; i++) {
      const d = getOwnPropertyDescriptor(o, keys[i]);
      if (d !== undefined && d.configurable && !('value' in d && d.writable && d.enumerable)) {
        defineProperty(o, keys[i], 'value' in d ? { configurable: false, writable: false } : { configurable: false });
      }
    }
    return o;
  };

  // deepFreeze freezes root and what hangs on it. check, where it is given, is
  // asked about each object before it is frozen, and throws to refuse it; name
  // is what root is called in what it says.
  const deepFreeze = (root, check, name) => {
    if (!isObject(root) || isHard(root)) return root;
    const queue = [root];
    const paths = [name];
    const visit = (v, path) => {
      if (!isObject(v) || isHard(v)) return;
      queue[queue.length] = v;
      paths[paths.length] = path;
    };
    for (let at = 0; at < queue.length; at++) {
      const o = queue[at];
      if (isHard(o)) continue;
      const path = paths[at];
      if (check !== undefined) check(o, path);
      freezeOne(o);
      mark(o);
      visit(getPrototypeOf(o), path);
      const keys = ownKeys(o);
      for (let i = 0; i < keys.length; i++) {
        const d = getOwnPropertyDescriptor(o, keys[i]);
        if (d === undefined) continue;
        const v = d.value;
        if (v !== undefined) {
          if (isObject(v)) visit(v, check && `${path}.${StringOf(keys[i])}`);
        } else {
          visit(d.get, path);
          visit(d.set, path);
        }
      }
    }
    return root;
  };

  return { harden: freeze(v => deepFreeze(v)), deepFreeze, mark, isObject };
})()
