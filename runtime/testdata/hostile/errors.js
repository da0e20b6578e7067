// Stack traces, and what errors tell (docs/CONFINEMENT.md, row 3).

//// prepareStackTrace on Error
//= ["TypeError","undefined","undefined","string"]
exports.main = () => {
  const out = [];
  try { Error.prepareStackTrace = (e, sites) => sites } catch (e) { out.push(e.name) }
  return [...out, typeof Error.prepareStackTrace, typeof Error.stackTraceLimit, typeof new Error('x').stack];
};

//// prepareStackTrace on a class of one's own
//= ["string","string","string"]
const spy = (e, sites) => sites;
class A extends Error { static prepareStackTrace = spy; static stackTraceLimit = 100 }
class B extends TypeError { static prepareStackTrace = spy }
exports.main = () => [new A('x'), new B('x'), Reflect.construct(Error, ['x'], A)].map(e => typeof e.stack);

//// captureStackTrace
//= ["TypeError","TypeError","TypeError"]
exports.main = () => [Error, TypeError, RangeError].map(E => { try { E.captureStackTrace({}); return 'there' } catch (e) { return e.name } });

//// the engine's Error by other ways: subclasses, reflection, what the engine throws
//= [[],[],[],[],[],[]]
const ways = [() => new TypeError('x'), () => Reflect.construct(Error, []), () => { null.x }, () => { undefinedName }, () => JSON.parse('{'), () => decodeURI('%')];
const has = E => ['prepareStackTrace', 'captureStackTrace', 'stackTraceLimit'].filter(k => k in E);
exports.main = () => ways.map(w => { let e; try { e = w() } catch (x) { e = x } return has(e.constructor).concat(has(Object.getPrototypeOf(e.constructor))) });

//// a stack tells nothing of where it was
//= ["Error: x","TypeError: cannot read property 'x' of null",["message"]]
exports.main = () => { const e = new Error('x'); let t; try { null.x } catch (x) { t = x.stack } return [e.stack, t, Reflect.ownKeys(e)] };

//// a parent's stack, through an error that its function throws at a child
//= {"stack":"RangeError: mine","keys":["message"]}
exports.main = ({ next }) => next.load()({ boom: function secretName() { throw new RangeError('mine') } });
//// child
exports.main = ({ power }) => { try { power.boom() } catch (e) { return { stack: e.stack, keys: Reflect.ownKeys(e) } } };

//// call sites by a getter of what is being thrown
//= "TypeError"
exports.main = () => { class E extends Error { get stack() { return this.constructor.sites } } return (() => { try { return new E().stack[0].getFunction() } catch (e) { return e.name } })() };

//// an error with a name of the program's own keeps its class's text to itself
//! program_error Error: x
exports.main = () => { const e = new Error('x'); e.name = '<script>'; throw e };

//// the name is one of the language's
//! program_error RangeError: x
exports.main = () => { const e = new Error('x'); e.name = 'RangeError'; throw e };

//// a name that is a property of every object
//! program_error Error: x
exports.main = () => { const e = new Error('x'); e.name = '__proto__'; throw e };

//// getters that throw
//! program_error Error: something that is not an Error was thrown
exports.main = () => { throw { get name() { throw 1 }, get message() { throw 2 } } };

//// getters that answer otherwise each time
//! program_error Error: 1
let n = 0;
exports.main = () => { throw { get name() { return ++n }, get message() { return String(n) } } };

//// a getter that never ends
//! out_of_fuel
exports.main = () => { throw { get message() { for (;;); } } };

//// a getter that throws itself
//! program_error Error: something that is not an Error was thrown
exports.main = () => { const e = { get message() { throw e } }; throw e };

//// a revoked proxy
//! program_error Error: something that is not an Error was thrown
exports.main = () => { const { proxy, revoke } = Proxy.revocable(new Error('x'), {}); revoke(); throw proxy };

//// a proxy that answers everything with itself
//! program_error Error: something that is not an Error was thrown
exports.main = () => { const p = new Proxy(() => p, { get: () => p, has: () => true, apply: () => p, getPrototypeOf: () => Error.prototype }); throw p };

//// undefined
//! program_error Error: undefined
exports.main = () => { throw undefined };

//// null
//! program_error Error: null
exports.main = () => { throw null };

//// a symbol
//! program_error Error: a symbol was thrown
exports.main = () => { throw Symbol('secret') };

//// a BigInt
//! program_error Error: 12345678901234567890
exports.main = () => { throw 12345678901234567890n };

//// a function
//! program_error Error: something that is not an Error was thrown
exports.main = () => { const f = () => {}; f.toString = () => { throw 1 }; throw f };

//// an object whose texts are objects
//! program_error Error: something that is not an Error was thrown
exports.main = () => { throw { name: { toString: () => 'TypeError' }, message: { toString: () => 'no' } } };

//// a text of a million letters
//! program_error Error: xxxxxxxxxxxxxxxx…
exports.main = () => { throw new Error('x'.repeat(1e6)) };

//// a thrown text of a million letters
//! program_error Error: yyyyyyyyyyyyyyyy…
exports.main = () => { throw 'y'.repeat(1e6) };

//// half a surrogate pair in a message
//! program_error Error: a�b
exports.main = () => { throw new Error('a\ud800b') };

//// a message cut in the middle of a pair
//! program_error Error: xxxx…
exports.main = () => { throw new Error('x'.repeat(4095) + '\u{1f600}') };

//// control letters and a NUL in a message
//! program_error Error: a…
exports.main = () => { throw new Error('a\u0000b') };

//// a thenable is thrown
//! program_error Error: something that is not an Error was thrown
exports.main = async () => { throw { then(ok) { ok('result') } } };

//// a promise is thrown
//! program_error Error: something that is not an Error was thrown
exports.main = async () => { throw Promise.resolve('result') };

//// an Error whose prototype is gone
//! program_error Error: x
exports.main = () => { throw Object.setPrototypeOf(new Error('x'), null) };

//// thrown while the module is evaluated
//! program_error TypeError: early
throw new TypeError('early');

//// thrown by the getter of main
//! program_error RangeError: late
Object.defineProperty(exports, 'main', { get() { throw new RangeError('late') } });

//// thrown in a job that nobody waits for
//= 1
exports.main = () => { Promise.reject(new Error('x')); Promise.resolve().then(() => { throw 1 }); return 1 };

//// rejected with a cycle of causes
//! program_error Error: x
exports.main = () => { const e = new Error('x'); e.cause = e; e.errors = [e]; return Promise.reject(e) };

//// a child's failure as its parent sees it
//= [true,true,"TypeError","no",["message","name"],true,"undefined"]
exports.main = async ({ next }) => {
  try { await next.load()({}) } catch (e) {
    return [e instanceof Error, Object.isFrozen(e), e.name, e.message, Reflect.ownKeys(e), Object.getPrototypeOf(e) === Error.prototype, typeof e.secret];
  }
};
//// child
exports.main = () => { const e = new TypeError('no'); e.secret = () => 1; Object.defineProperty(e, 'toString', { get() { throw 1 } }); throw e };

//// each hostile failure of a child is an Error that its parent can read
//= ["Error: undefined","Error: a symbol was thrown","Error: something that is not an Error was thrown","Error: something that is not an Error was thrown","TypeError: m"]
exports.main = async ({ next }) => {
  const out = [];
  for (let i = 0; i < 5; i++) await next.load()({ i }).catch(e => out.push(`${e}`));
  return out;
};
//// child
const bad = [undefined, Symbol(), new Proxy({}, { get() { throw 1 } }), { then(ok) { ok(1) } }, { name: 'TypeError', message: 'm' }];
exports.main = ({ power }) => { throw bad[power.i] };

//// a failure that goes up through two programs keeps its place and name
//! program_error RangeError: deep
exports.main = ({ next }) => next.load()({});
//// child
exports.main = async ({ next }) => { try { return await next.load()({}) } catch (e) { throw e } };
//// child
exports.main = () => { throw new RangeError('deep') };

//// an error that a power throws
//= ["RangeError","refused",["message"],true]
exports.main = ({ power }) => { try { power.refuse() } catch (e) { return [e.name, e.message, Reflect.ownKeys(e), e instanceof RangeError] } };

//// an error that a power throws, uncaught
//! program_error RangeError: refused
exports.main = ({ power }) => power.refuse();

//// a syntax error of a module, caught
//= ["SyntaxError","string"]
exports.main = () => { try { require('@0') } catch (e) { return [e.name, typeof e.message] } };
//// module
exports.x = (

//// a module that throws is evaluated again
//= ["no","no"]
exports.main = () => [1, 2].map(() => { try { require('@0') } catch (e) { return e.message } });
//// module
throw new Error('no');
