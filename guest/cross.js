// What goes from one program to another. Takes what harden.js made, and the host's
// function that says whether an object is a proxy or a promise.
(function makeCrossing(hardener, hostBrand) {
  'use strict';
  const { getPrototypeOf, getOwnPropertyDescriptor } = Reflect;
  const ObjectPrototype = Object.prototype;
  const ArrayPrototype = Array.prototype;
  const FunctionPrototype = Function.prototype;
  const TypeErr = TypeError;
  const { harden, hardenChecked } = hardener;

  // Answers of hostBrand.
  const PROXY = 1, PROMISE = 2;

  // checkResult refuses what could run a program's code while its parent runs: a
  // promise or a thenable, and a proxy, which can become one at any time.
  const checkResult = (o, path) => {
    const brand = hostBrand(o);
    if (brand === PROXY) throw new TypeErr(`${path} is a proxy, which may not cross to a parent`);
    if (brand === PROMISE) throw new TypeErr(`${path} is a promise, which may not cross to a parent: await it first`);
    const proto = getPrototypeOf(o);
    if (!isPlain(proto)) checkPrototypes(proto, path);
    // Nothing of a program's runs: neither it nor what it inherits from is a proxy.
    if ('then' in o && isThen(o)) throw new TypeErr(`${path} is a thenable, which may not cross to a parent`);
  };
  const isPlain = proto => proto === ObjectPrototype || proto === FunctionPrototype || proto === ArrayPrototype || proto === null;
  const checkPrototypes = (first, path) => {
    for (let p = first; !isPlain(p); p = getPrototypeOf(p)) {
      if (hostBrand(p) === PROXY) throw new TypeErr(`${path} inherits from a proxy, which may not cross to a parent`);
    }
  };
  // isThen tells whether the first then that is found is, or could be, a method.
  const isThen = o => {
    let d;
    for (let p = o; d === undefined; p = getPrototypeOf(p)) d = getOwnPropertyDescriptor(p, 'then');
    return d.get !== undefined || d.set !== undefined || typeof d.value === 'function';
  };

  // What goes from one program to another is deep-frozen; a child's result is
  // checked as well.
  const cross = harden;
  const crossUp = v => hardenChecked(v, checkResult, 'result');
  return { cross, crossUp };
})
