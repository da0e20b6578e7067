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
  const ObjectPrototype = Object.prototype;
  const FunctionPrototype = Function.prototype;

  // getterOf gives a property's getter, without the descriptor that another
  // would make to hold it. (It looks further up where o has no such property.)
  const getterOf = Function.prototype.call.bind(Object.prototype.__lookupGetter__);

  // hard holds what is frozen with all that can be reached from it, and clean
  // what has also been checked that way. They are two, or a program could
  // harden a result first and so slip it past the check.
  const hard = new WeakSet();
  const clean = new WeakSet();
  const FEW = 16; // where a set of what was seen begins to pay
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

  // harden freezes v and what hangs on it.
  const harden = v => {
    if (isObject(v) && !hard.has(v)) walk(hard, v);
    return v;
  };

  // hardenChecked does so for v, which is called name: check is asked about each
  // object before it is frozen, and throws to refuse it.
  const hardenChecked = (v, check, name) => {
    if (isObject(v) && !clean.has(v)) walk(clean, v, check, name);
    return v;
  };

  // walk is both, for what is not done yet.
  //
  // Nothing is noted as done before all of it is: where the walk fails half-way,
  // what it has seen may still lead to what is not frozen.
  //
  // Messages cross here several times, and most of what crosses is small: so
  // there is no closure to make, no set before there is much to hold, and no
  // descriptor where a getter can be asked for.
  const walk = (done, root, check, name) => {
    const queue = [root]; // may hold an object more than once: the first counts
    const paths = check && [name]; // of what is in the queue
    let seen;
    for (let at = 0; at < queue.length; at++) {
      const o = queue[at];
      if (at >= FEW) {
        if (seen === undefined) seen = new SetOf(queue.slice(0, at));
        if (seen.has(o)) continue;
        seen.add(o);
      } else if (at > 0 && queue.indexOf(o) < at) {
        continue;
      }
      if (check !== undefined) check(o, paths[at]);
      if (typeof o === 'function' || !isView(o)) freeze(o);
      else freezeView(o);
      const proto = getPrototypeOf(o);
      if (proto !== FunctionPrototype && proto !== ObjectPrototype && proto !== null && !done.has(proto)) {
        if (check !== undefined) paths[queue.length] = paths[at];
        queue[queue.length] = proto;
      }
      const keys = ownKeys(o);
      for (let i = 0; i < keys.length; i++) {
        // What is frozen and has no getter is read without running anything.
        const value = getterOf(o, keys[i]) === undefined ? o[keys[i]] : undefined;
        if (typeof value === 'object' ? value !== null : typeof value === 'function') {
          if (done.has(value)) continue;
          if (check !== undefined) paths[queue.length] = `${paths[at]}.${StringOf(keys[i])}`;
          queue[queue.length] = value;
        } else if (value === undefined) {
          accessors(getOwnPropertyDescriptor(o, keys[i]), queue, paths, at);
        }
      }
    }
    for (let at = 0; at < queue.length; at++) {
      hard.add(queue[at]);
      if (check !== undefined) clean.add(queue[at]);
    }
  };

  // accessors puts a property's getter and setter in the queue, if it has any.
  const accessors = (d, queue, paths, at) => {
    if (d === undefined) return;
    for (const f of [d.get, d.set]) {
      if (f === undefined) continue;
      if (paths !== undefined) paths[queue.length] = paths[at];
      queue[queue.length] = f;
    }
  };

  return { harden: freeze(harden), hardenChecked, mark, isObject };
})()
