// Slots: capabilities in data. A capability that comes in is a function of the
// kernel's making, which calls the host; one that goes out is one that came in.
//
// On the wire {"@": n} is slot n, and a key of data that begins with "@" has one
// more "@" before it: so no data reads as a slot. (docs/MAIL.md.)
//
// It calls methods of its own collections by their names: their prototypes are
// frozen before any program runs.
(function makeSlots() {
  'use strict';
  const { defineProperty } = Reflect;
  const { freeze, keys } = Object;
  const { isArray } = Array;
  const AT = 64; // "@"

  const marks = new WeakMap(); // by slot: what stands for it in a copy
  const isMark = new WeakSet();
  const slots = new Map(); // by number
  let call; // (number, arguments), the kernel's; its promise settles to the answer

  // slot gives the function of a number: the same one each time.
  const slot = n => {
    let f = slots.get(n);
    if (f !== undefined) return f;
    f = freeze((...args) => freeze(call(n, args)));
    const mark = freeze({ __proto__: null, '@': n });
    slots.set(n, f);
    marks.set(f, mark);
    isMark.add(mark);
    return f;
  };

  // put makes the wire's form of a copy in which marks stand for slots.
  const put = v => {
    if (typeof v !== 'object' || v === null || isMark.has(v)) return v;
    const names = keys(v);
    const list = isArray(v);
    const out = list ? [] : { __proto__: null };
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      out[!list && name.charCodeAt(0) === AT ? `@${name}` : name] = put(v[name]);
    }
    return out;
  };

  // take makes of what JSON.parse read what a program sees. finish is done to each
  // object of it.
  const take = (v, finish) => {
    if (typeof v !== 'object' || v === null) return v;
    const names = keys(v);
    if (!isArray(v)) {
      if (names.length === 1 && names[0] === '@') return slot(v['@']);
      for (let i = 0; i < names.length; i++) {
        if (names[i].charCodeAt(0) === AT) return takeEscaped(v, names, finish);
      }
    }
    // Each is a property of v's own: "__proto__" too is set as one.
    for (let i = 0; i < names.length; i++) v[names[i]] = take(v[names[i]], finish);
    return finish(v);
  };
  const takeEscaped = (v, names, finish) => {
    const out = {};
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      const key = name.charCodeAt(0) === AT ? name.slice(1) : name;
      defineProperty(out, key, { value: take(v[name], finish), writable: true, enumerable: true, configurable: true });
    }
    return finish(out);
  };

  return {
    markOf: f => marks.get(f),
    put,
    takeData: v => take(v, freeze),
    takeOwn: v => take(v, own => own), // what a program may change
    setCall: f => { call = f; },
  };
})()
