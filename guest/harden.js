// harden: deep-freezes a value, and all that can be reached from it. It is the
// `harden` that programs see, and what the kernel does to everything that
// crosses between programs.
//
// It calls methods of its own collections by their names: their prototypes are
// frozen before any program runs.
(function makeHarden() {
  'use strict';
  const { ownKeys, getPrototypeOf, getOwnPropertyDescriptor, preventExtensions, defineProperty } = Reflect;
  const { freeze } = Object;
  const { isView } = ArrayBuffer;
  const TypeErr = TypeError;
  const StringOf = String;
  const SetOf = Set;

  // hard holds what is frozen with all that can be reached from it, and clean
  // what has also been checked that way. They are two, or a program could
  // harden a result first and so slip it past the check.
  const hard = new WeakSet();
  const clean = new WeakSet();
  const isObject = v => typeof v === 'object' ? v !== null : typeof v === 'function';
  const mark = o => {
    hard.add(o);
    clean.add(o);
  };

  // The elements of a typed array cannot be frozen; its shape can.
  const freezeView = o => {
    if (!preventExtensions(o)) throw new TypeErr('an object cannot be frozen');
    const keys = ownKeys(o);
    for (let i = 0; i < keys.length; i++) {
      const d = getOwnPropertyDescriptor(o, keys[i]);
      if (d !== undefined && d.configurable && !('value' in d && d.writable && d.enumerable)) {
        defineProperty(o, keys[i], 'value' in d ? { configurable: false, writable: false } : { configurable: false });
      }
    }
  };

  // deepFreeze freezes root and what hangs on it. check, where it is given, is
  // asked about each object before it is frozen, and throws to refuse it; name
  // is what root is called in what it says.
  //
  // Nothing is noted as done before all of it is: where the walk fails half-way,
  // what it has seen may still lead to what is not frozen.
  const deepFreeze = (root, check, name) => {
    const done = check === undefined ? hard : clean;
    if (!isObject(root) || done.has(root)) return root;
    const queue = [root];
    const paths = [name];
    const seen = new SetOf();
    seen.add(root);
    const visit = (v, path) => {
      if (seen.has(v) || done.has(v)) return;
      seen.add(v);
      queue[queue.length] = v;
      paths[paths.length] = path;
    };
    for (let at = 0; at < queue.length; at++) {
      const o = queue[at];
      const path = paths[at];
      if (check !== undefined) check(o, path);
      if (isView(o)) freezeView(o);
      else freeze(o);
      const proto = getPrototypeOf(o);
      if (proto !== null) visit(proto, path);
      const keys = ownKeys(o);
      const n = keys.length;
      for (let i = 0; i < n; i++) {
        const d = getOwnPropertyDescriptor(o, keys[i]);
        if (d === undefined) continue;
        const { value } = d;
        if (isObject(value)) {
          visit(value, check && `${path}.${StringOf(keys[i])}`);
        } else if (value === undefined) {
          if (d.get !== undefined) visit(d.get, path);
          if (d.set !== undefined) visit(d.set, path);
        }
      }
    }
    for (let at = 0; at < queue.length; at++) {
      hard.add(queue[at]);
      if (check !== undefined) clean.add(queue[at]);
    }
    return root;
  };

  return { harden: freeze(v => deepFreeze(v)), deepFreeze, mark, isObject };
})()
