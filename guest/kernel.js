// The kernel: runs one message's chain. It is evaluated once, when the image
// is made; what it captures here is what it trusts afterwards. Programs get
// closures of its making, never an object through which the host is reached.
//
// The host functions are the only way out. What they are called with is the
// kernel's own: numbers, strings, and values for the host to look at. (One for
// each operation: that is cheaper than one that takes the operation's name.)
(function kernel(boot, hardener, crossing, slots, boundary, hostLoad, hostRequire, hostSigned, hostCall, hostLog, hostDone, hostFail) {
  'use strict';
  const { apply, getPrototypeOf, defineProperty } = Reflect;
  const { freeze, hasOwn } = Object;
  const parse = JSON.parse;
  const PromiseOf = Promise;
  const PromisePrototype = Promise.prototype;
  const ErrorOf = Error;
  const TypeErr = TypeError;
  const RangeErr = RangeError;
  const SyntaxErr = SyntaxError;
  const StringOf = String;
  const SetOf = Set;
  const { encode, encodeList, encodeSlotted, encodeSlottedList, freezeData } = boundary;
  const { isObject } = hardener;
  const { cross, crossUp } = crossing;

  // Answers of hostSigned.
  const YES = 1, NO_KEY = 2;

  // Where errors arose: the engine calls prepare for each error that is made.
  // What it returns is the error's visible stack, which is none.
  const places = new WeakMap();
  const exec = RegExp.prototype.exec;
  const HASH = freeze(/^[0-9a-f]{64}$/);
  const isHash = s => typeof s === 'string' && apply(exec, HASH, [s]) !== null;
  const ROOT_POWER = 'root-power.js';
  let callSite;
  const place = sites => {
    for (let i = 0; i < sites.length; i++) {
      const s = sites[i];
      const file = apply(callSite.getFileName, s, []);
      if (!isHash(file) && file !== ROOT_POWER) continue;
      return { file, line: apply(callSite.getLineNumber, s, []), column: apply(callSite.getColumnNumber, s, []) };
    }
    return undefined;
  };
  boot.setPrepare((error, sites) => {
    if (callSite === undefined && sites.length > 0) {
      const proto = getPrototypeOf(sites[0]);
      callSite = { getFileName: proto.getFileName, getLineNumber: proto.getLineNumber, getColumnNumber: proto.getColumnNumber };
      freeze(proto);
      return '';
    }
    const at = place(sites);
    if (at !== undefined) places.set(error, at);
    return '';
  });
  boot.setTraceLimit(8);
  new ErrorOf('a first error, for its call site');

  // What a program threw becomes an Error of the kernel's making, so that a
  // parent can catch and read it without running the program's code again.
  const NAMES = freeze({
    __proto__: null, Error: 1, TypeError: 1, RangeError: 1, ReferenceError: 1, SyntaxError: 1, URIError: 1,
    EvalError: 1, AggregateError: 1, InternalError: 1, SuppressedError: 1,
  });
  const failures = new WeakSet();
  const MESSAGE = 4096;
  const shorten = s => s.length > MESSAGE ? s.slice(0, MESSAGE) + '…' : s;
  const readText = (o, k, otherwise) => {
    try {
      const v = o[k];
      return typeof v === 'string' ? shorten(v) : otherwise;
    } catch {
      return otherwise;
    }
  };
  const describe = thrown => {
    if (!isObject(thrown)) {
      return { name: 'Error', message: shorten(typeof thrown === 'symbol' ? 'a symbol was thrown' : `${thrown}`) };
    }
    return { name: readText(thrown, 'name', 'Error'), message: readText(thrown, 'message', 'something that is not an Error was thrown') };
  };
  const failure = (thrown, program) => {
    if (isObject(thrown) && failures.has(thrown)) return thrown;
    const { name, message } = describe(thrown);
    const error = new ErrorOf(message);
    defineProperty(error, 'name', { value: name in NAMES ? name : 'Error', enumerable: false });
    let at = isObject(thrown) ? places.get(thrown) : undefined;
    if (at === undefined) at = { file: program, line: 0, column: 0 };
    places.set(error, at);
    failures.add(error);
    return cross(error);
  };

  // own gives a promise for what a thenable of a program's comes to that can be
  // awaited: one of the kernel's, unless it is as plain as that. One that is
  // rigged could end the function that awaits it half-way (docs/CONFINEMENT.md, row 4).
  const own = v => getPrototypeOf(v) === PromisePrototype && !hasOwn(v, 'constructor')
    ? v : new PromiseOf(resolve => resolve(v));
  const isThenable = v => isObject(v) && typeof v.then === 'function';

  const show = v => {
    if (typeof v === 'string') return shorten(v);
    try {
      if (!isObject(v)) return shorten(StringOf(v));
      if (typeof v === 'function') return '[function]';
      const { name, message } = v;
      if (typeof message === 'string' && typeof name === 'string') return shorten(`${name}: ${message}`);
      return shorten(encode(v, 'value'));
    } catch {
      return '[something that JSON cannot carry]';
    }
  };

  // early is true while root-power.js is evaluated before there is a message,
  // and undefined once it has asked the host for something.
  let early = false;
  const notYet = () => {
    if (early === false) return false;
    early = undefined;
    return true;
  };

  // A console line is put down to the program whose code is innermost.
  boot.sink.write = (level, args) => {
    if (notYet()) return;
    let line = '';
    for (let i = 0; i < args.length; i++) line += (i > 0 ? ' ' : '') + show(args[i]);
    const at = places.get(new ErrorOf());
    hostLog(level, at === undefined ? '' : at.file, shorten(line));
  };

  // The message: the hashes of its links, the index of the last, its input.
  let hashes = '';
  let last;
  let input;
  let slotted = false; // its data may hold capabilities
  const hashOf = i => hashes.slice(i * 64, i * 64 + 64);

  // evaluate runs a module's text, compiled and wrapped by the host.
  const evaluate = (wrapper, require, caller) => {
    const module = { exports: {} };
    wrapper.call(module.exports, module, module.exports, require, caller);
    return module.exports;
  };

  // loaded is the wrapper that the host gave for a program.
  const loaded = (wrapper, hash) => {
    if (typeof wrapper === 'function') return wrapper;
    if (wrapper === undefined) throw new ErrorOf(`no program ${hash} is here: send it with the message, or before`);
    const { message, line, column } = parse(wrapper);
    const error = new SyntaxErr(message);
    places.set(error, { file: hash, line, column });
    throw error;
  };

  // Each program has module instances of its own (docs/CONFINEMENT.md, row 8).
  const requireFor = () => {
    let instances; // most programs require nothing
    const require = name => {
      if (!isHash(name)) throw new TypeErr('require takes the hash of a program: 64 lower-case hex digits');
      instances ??= new Map();
      const had = instances.get(name);
      if (had !== undefined) return had.exports;
      const exports = cross(evaluate(loaded(hostRequire(name), name), require));
      instances.set(name, { exports });
      return exports;
    };
    return require;
  };

  // kept are the links' wrappers, each as it was loaded last: what the message
  // ends with need not be taken apart piece by piece.
  const kept = [];
  const mainOf = i => {
    const wrapper = hostLoad(i);
    kept[i] = wrapper;
    const exports = evaluate(typeof wrapper === 'function' ? wrapper : loaded(wrapper, hashOf(i)), requireFor());
    const main = typeof exports === 'function' ? exports : isObject(exports) ? exports.main : undefined;
    if (typeof main !== 'function') throw new TypeErr('the program exports no main function');
    return main;
  };

  // The host modules that the vat grants, and root-power.js: wrappers that are
  // in the image, evaluated afresh for each message.
  const hostModules = new Map();
  let rootPower;
  const pending = new Map();
  const answer = (text) => {
    if (text === undefined) return undefined;
    const tag = text.charCodeAt(0);
    const rest = text.slice(1);
    if (tag === 61) return parse(rest); // '='
    if (tag === 58) return undefined; // ':'
    const { name, message } = parse(rest);
    const E = name === 'TypeError' ? TypeErr : name === 'RangeError' ? RangeErr : ErrorOf;
    throw new E(message);
  };
  const carriers = new SetOf(); // modules that may be given slots, and may give them
  const answerOf = (text, take) => text !== undefined && text.charCodeAt(0) === 61 ? take(parse(text.slice(1))) : answer(text);
  const caller = module => (method, ...args) => {
    // The host makes text of it, which must not run a program's toString.
    if (typeof method !== 'string') throw new TypeErr('a method is named by a string');
    if (notYet()) throw new ErrorOf('not before the message');
    if (slotted && carriers.has(module)) {
      return answerOf(hostCall(module, method, encodeSlottedList(args, 'arguments')), slots.takeOwn);
    }
    const text = hostCall(module, method, encodeList(args, 'arguments'));
    if (text !== undefined && text.charCodeAt(0) === 63) { // '?'
      const id = text.slice(1);
      return new PromiseOf((resolve, reject) => { pending.set(id, { resolve, reject }); });
    }
    return answer(text);
  };
  // A capability in the message's data is called under the module of no name.
  slots.setCall(async (n, args) => {
    if (args.length > 1) throw new TypeErr('a capability is called with one value, or with none');
    const data = args.length === 0 || args[0] === undefined ? undefined : encodeSlotted(args[0], 'the data');
    return answerOf(hostCall('', StringOf(n), data === undefined ? '' : data), slots.takeData);
  });
  const evaluatePower = () => {
    const instances = new Map();
    const require = name => {
      const had = instances.get(name);
      if (had !== undefined) return had.exports;
      const wrapper = hostModules.get(name);
      if (wrapper === undefined) throw new ErrorOf(`root-power.js requires ${StringOf(name)}, which this vat does not grant`);
      const exports = cross(evaluate(wrapper, require, caller(name)));
      instances.set(name, { exports });
      return exports;
    };
    return cross(evaluate(rootPower, require));
  };

  // root-power.js is evaluated afresh for each message. Where that takes no
  // call of a power, it can be done before the image is taken: no program can
  // tell the difference.
  // The host throws an instance away in which that failed.
  let power;
  const setRootPower = wrapper => { rootPower = wrapper; };
  const tryRootPower = () => {
    early = true;
    power = evaluatePower();
    if (early === undefined) throw new ErrorOf('root-power.js calls a power'); // and caught what that threw
    early = false;
  };
  const none = cross({});
  const powerOf = () => {
    if (power === undefined) power = rootPower === undefined ? none : evaluatePower();
    return power;
  };

  const asked = (bound, i, key) => {
    const answer = typeof key === 'string' && key.length === 64 ? hostSigned(i, key, bound) : NO_KEY;
    if (answer === NO_KEY) throw new TypeErr('a key is 64 lower-case hex digits');
    return answer === YES;
  };
  const nextOf = i => {
    if (i > last) return undefined;
    return freeze({
      hash: hashOf(i),
      signedBy: freeze(k => asked(0, i, k)),
      boundBy: freeze(k => asked(1, i, k)),
      load: freeze(() => {
        let main;
        try {
          main = mainOf(i);
        } catch (e) {
          throw failure(e, hashOf(i));
        }
        return freeze(power => freeze(run(main, i, power)));
      }),
    });
  };
  const call = (main, i, power) =>
    main(freeze({ power: cross(power), next: nextOf(i + 1), input: i === last ? input : undefined }));

  // run runs a link that is not the first, for its parent. What the parent gets
  // is the promise of this function.
  const run = async (main, i, power) => {
    try {
      const v = call(main, i, power);
      return crossUp(isThenable(v) ? await own(v) : v);
    } catch (e) {
      throw failure(e, hashOf(i));
    }
  };

  const done = v => {
    try {
      hostDone(v === undefined ? undefined : slotted ? encodeSlotted(v, 'result') : encode(v, 'result'));
    } catch (e) {
      fail(e);
    }
  };
  const doneLater = async promise => {
    try {
      done(await promise);
    } catch (e) {
      fail(e);
    }
  };
  const fail = e => {
    const error = failure(e, hashOf(0));
    const at = places.get(error);
    // An error that root-power.js threw at a program is the program's: where
    // in the vat's own files it arose is not told.
    if (at.file === ROOT_POWER) hostFail(error.name, error.message, hashOf(0), 0, 0);
    else hostFail(error.name, error.message, at.file, at.line, at.column);
  };

  // prepare loads and evaluates the root program, before anything but its hash is
  // known here: what comes of it may be kept for other messages. It returns
  // undefined, or true where that failed.
  let root;
  let rootThrew;
  const prepare = hash => {
    hashes = hash;
    try {
      root = mainOf(0);
      return undefined;
    } catch (e) {
      rootThrew = e;
      return true;
    }
  };

  // start runs a message whose root program is prepared. It takes the hashes of
  // the other links. Its input is JSON, or a text that needs no parsing, or JSON
  // in which slots may stand ('' where there is none).
  const start = (otherHashes, json, text, withSlots) => {
    if (otherHashes !== undefined) hashes += otherHashes;
    last = hashes.length / 64 - 1;
    if (withSlots !== undefined) {
      slotted = true;
      if (withSlots !== '') input = slots.takeData(parse(withSlots));
    } else {
      input = json === undefined ? text : freezeData(parse(json));
    }
    try {
      powerOf();
    } catch (e) {
      const error = failure(e, ROOT_POWER);
      const at = places.get(error);
      hostFail(error.name, error.message, ROOT_POWER, at.file === ROOT_POWER ? at.line : 0, at.column);
      return;
    }
    if (root === undefined) {
      fail(rootThrew);
      return;
    }
    try {
      const v = call(root, 0, power);
      if (isThenable(v)) doneLater(own(v));
      else done(v);
    } catch (e) {
      fail(e);
    }
  };

  // The entries that the host keeps.
  return {
    prepare,
    start,
    // settlePending gives a promise of a power's its answer.
    settlePending: (id, text) => {
      const { resolve, reject } = pending.get(id);
      try {
        resolve(answer(text));
      } catch (e) {
        reject(e);
      }
    },
    addModule: (name, wrapper, carries) => {
      hostModules.set(name, wrapper);
      if (carries) carriers.add(name);
    },
    setRootPower,
    tryRootPower,
  };
})
