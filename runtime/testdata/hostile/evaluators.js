// Ways to text that runs as code (docs/CONFINEMENT.md, rows 1 and 2). None of them
// may run anything: an evaluator that is reached throws, whatever it is given.

//// Function and its kin, by the constructor of each kind of function
//= ["TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError"]
const kinds = [function () {}, () => {}, async () => {}, function* () {}, async function* () {}, class {}, { m() {} }.m, Math.max];
exports.main = () => kinds.map(f => { try { f.constructor('return globalThis')(); return 'ran'; } catch (e) { return e.name; } });

//// the same with new
//= ["TypeError","TypeError","TypeError","TypeError","TypeError"]
const kinds = [function () {}, async () => {}, function* () {}, async function* () {}, Object.getOwnPropertyDescriptor(Map.prototype, 'size').get];
exports.main = () => kinds.map(f => { try { new f.constructor('return globalThis')(); return 'ran'; } catch (e) { return e.name; } });

//// a body that closes its function and runs the rest at once
//= ["TypeError","TypeError","TypeError","TypeError","TypeError","undefined"]
const bodies = ['}); globalThis.leak = 1; (function(){', '});globalThis.leak=1;(async function*(){', '} globalThis.leak = 1; {', '*/}); globalThis.leak = 1; (function(){ /*', '\u2028}); globalThis.leak = 1; (function(){'];
exports.main = () => bodies.map(b => { try { (() => {}).constructor(b); return 'parsed'; } catch (e) { return e.name; } }).concat(typeof leak);

//// parameters that close their list
//= ["TypeError","TypeError","TypeError","undefined"]
const params = ['){}); globalThis.leak = 1; (function(', 'a = (globalThis.leak = 1)', '/*'];
exports.main = () => params.map(p => { try { (() => {}).constructor(p, '*/ return 1')(); return 'parsed'; } catch (e) { return e.name; } }).concat(typeof leak);

//// Function by reflection
//= ["TypeError","TypeError","TypeError","TypeError"]
const F = (() => {}).constructor;
const ways = [
  () => Reflect.construct(F, ['return 1']), () => Reflect.apply(F, null, ['return 1']),
  () => F.bind(null, 'return 1')(), () => Reflect.construct(F, ['return 1'], class {}),
];
exports.main = () => ways.map(f => { try { f(); return 'ran'; } catch (e) { return e.name; } });

//// Function as a base class
//= ["TypeError","TypeError","TypeError"]
const bases = [Function, (async () => {}).constructor, (function* () {}).constructor];
exports.main = () => bases.map(B => { try { return typeof new (class extends B { constructor() { super('return 1'); } })(); } catch (e) { return e.name; } });

//// Function of Function, and of what is not a function's
//= [true,true,true,true]
exports.main = () => {
  const F = (() => {}).constructor;
  return [F === F.constructor, F === Function, Object.constructor === F, Reflect.getPrototypeOf(() => {}).constructor === F];
};

//// eval under every name
//= ["ReferenceError","TypeError","TypeError","TypeError","TypeError"]
const ways = [
  () => eval('globalThis'), () => globalThis.eval('globalThis'), () => (0, globalThis['ev' + 'al'])('globalThis'),
  () => Reflect.get(globalThis, 'eval')('1'), () => globalThis.globalThis.eval?.call(null, '1') ?? null.x,
];
exports.main = () => ways.map(f => { try { f(); return 'ran'; } catch (e) { return e.name; } });

//// eval spelled with escapes
//= ["ReferenceError","ReferenceError"]
exports.main = () => [() => \u0065val('1'), () => ev\u{61}l('1')].map(f => { try { f(); return 'ran'; } catch (e) { return e.name; } });

//// a function of one's own that is called eval
//! program_error SyntaxError: …
exports.main = () => { const eval = x => x; return eval('globalThis.leak = 1'); };

//// a property called eval is not a direct eval
//= ["leak = 1","undefined"]
exports.main = () => { const o = { eval: x => x }; return [o.eval('leak = 1'), typeof leak]; };

//// import of anything
//= ["ReferenceError","ReferenceError","ReferenceError","ReferenceError","ReferenceError","ReferenceError","ReferenceError"]
const names = ['fs', 'node:fs', './kernel.js', 'https://example.com/x.js', 'data:text/javascript,globalThis.leak=1', 'kernel.js', '0'.repeat(64)];
exports.main = () => Promise.all(names.map(n => import(n).then(() => 'imported', e => e.name)));

//// import with a name that is an object, and with attributes
//= ["ReferenceError","TypeError","RangeError","ReferenceError"]
exports.main = () => Promise.all([
  import({ toString: () => 'os' }), import(Symbol()), import({ toString() { throw new RangeError(); } }), import('x', { with: { type: 'json' } }),
].map(p => p.then(() => 'imported', e => e.name)));

//// import of a module that is there for require
//= "ReferenceError"
exports.main = () => import('@0').then(m => Object.keys(m), e => e.name);
//// module
exports.x = 1;

//// import twice, since the first may have left something
//= ["ReferenceError","ReferenceError"]
exports.main = async () => [await import('a').catch(e => e.name), await import('a').catch(e => e.name)];

//// compilers of other names
//= ["undefined","undefined","undefined","undefined","undefined","undefined","undefined","undefined","undefined"]
exports.main = () => [typeof Compartment, typeof ModuleSource, typeof StaticModuleRecord, typeof ShadowRealm, typeof WebAssembly, typeof setTimeout, typeof lockdown, typeof repairIntrinsics, typeof hardenIntrinsics];

//// engine's own modules and helpers
//= ["undefined","undefined","undefined","undefined","undefined","undefined","undefined","undefined"]
exports.main = () => [typeof std, typeof os, typeof bjson, typeof print, typeof scriptArgs, typeof gc, typeof navigator, typeof process];

//// names that the kernel and the boot scripts use inside
//= []
const names = ['host', 'boot', 'kernel', 'hardener', 'boundary', 'sink', 'places', 'permits', 'functors', 'universalThis', 'assert', 'secure', 'tame'];
exports.main = () => names.filter(n => n in globalThis);

//// a regular expression is no evaluator
//= ["SyntaxError","SyntaxError","SyntaxError"]
exports.main = () => ['(', '[b-a]', '(?<a>)(?<a>)'].map(s => { try { new RegExp(s); return 'ran'; } catch (e) { return e.name; } });

//// JSON is no evaluator
//= ["SyntaxError","SyntaxError","SyntaxError",true]
exports.main = () => ['{"a":alert()}', '(1)', '1;leak=1'].map(s => { try { JSON.parse(s); return 'ran'; } catch (e) { return e.name; } })
  .concat(Object.getPrototypeOf(JSON.parse('{"__proto__":{"x":1}}')) === Object.prototype);

//// the text of functions does not tell what is in them
//= ["function () {\n    [native code]\n}",false,false]
const secret = () => 'hunter2';
class Safe { #pin = 1234; pin() { return this.#pin; } }
exports.main = () => [Function.prototype.toString.call(function () { return 'x'; }), String(secret).includes('hunter2'), String(Safe).includes('1234')];

//// nor that of a parent's functions
//= ["number",false,false]
exports.main = ({ next }) => next.load()({ add: function add() { return 'hunter2'.length; } });
//// child
exports.main = ({ power }) => [typeof power.add(), String(power.add).includes('hunter2'), power.add.toString().includes('hunter2')];

//// arguments of the module wrapper hold nothing more
//= ["object","object","function","undefined",4]
exports.args = Array.from(arguments, x => typeof x).concat(arguments.length);
exports.main = () => exports.args;

//// this of the module wrapper
//= [true,true]
exports.self = this;
exports.main = function () { return [exports.self === exports, this !== globalThis]; };
