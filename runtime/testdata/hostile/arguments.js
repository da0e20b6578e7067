// Arguments of host calls are data, by the same rule as results, and the
// refusal is an exception that the program can catch.

//// what is no data
//= ["arguments[0] is a function","arguments[0] is a symbol","arguments[1] is a bigint","arguments[0].x is NaN","arguments[0] is -0","arguments[0] is undefined","arguments[0][0] is part of a cycle","arguments[0] is a sparse array"]
const cycle = []; cycle.push(cycle);
const odd = [[() => 1], [Symbol()], [1, 2n], [{ x: NaN }], [-0], [undefined], [cycle], [[, 1]]];
exports.main = ({ power }) => odd.map(args => { try { power.echo(...args); return 'passed' } catch (e) { return e.message.split(',')[0] } });

//// half a surrogate pair
//= ["arguments[0] holds a lone surrogate, which JSON cannot carry","arguments[0].a holds a lone surrogate, which JSON cannot carry"]
exports.main = ({ power }) => [['\ud800'], [{ a: { '\ud800': 1 } }]].map(args => { try { power.echo(...args); return 'passed' } catch (e) { return e.message } });

//// toJSON, prototypes, accessors
//= ["TypeError","TypeError","TypeError",[{"x":1}]]
const odd = [{ toJSON: () => 1 }, new (class { toJSON() { return 1 } })(), [Object.create({ a: 1 })], { get x() { return 1 } }];
exports.main = ({ power }) => odd.map(o => { try { return power.echo(o) } catch (e) { return e.name } });

//// arguments that are too large
//= ["RangeError","a call carries 100004 bytes, and 65536 are allowed"]
exports.main = ({ power }) => { try { power.echo('x'.repeat(1e5)) } catch (e) { return [e.name, e.message] } };

//// too many arguments
//= "RangeError"
exports.main = ({ power }) => { try { power.echo(...new Array(33e3).fill(0)) } catch (e) { return e.name } };

//// no arguments
//= []
exports.main = ({ power }) => power.echo();

//// answers are fresh objects, the caller's own
//= [true,2,[{"a":1}]]
exports.main = ({ power }) => {
  const one = power.echo({ a: 1 }), two = power.echo({ a: 1 });
  one[0].a = 2;
  return [one !== two, one[0].a, two];
};

//// an answer with a __proto__ key
//= [true,"__proto__"]
exports.main = ({ power }) => { const [o] = power.echo(JSON.parse('{"__proto__":{"x":1}}')); return [Object.getPrototypeOf(o) === Object.prototype, Object.keys(o)[0]] };

//// a call without its object, with another, and as a constructor
//= [[1],[1],"TypeError"]
exports.main = ({ power: { echo } }) => [echo(1), echo.call({ host: null }, 1), (() => { try { new echo(1) } catch (e) { return e.name } })()];

//// a getter among the arguments that calls the power again
//= [{"a":[2],"b":1}]
exports.main = ({ power }) => power.echo({ get a() { return power.echo(2) }, b: 1 });

//// a proxy among the arguments
//= [{"a":1}]
exports.main = ({ power }) => power.echo(new Proxy({ a: 1 }, {}));

//// more calls than a message may make
//! out_of_fuel
exports.main = ({ power }) => { for (;;) { try { power.echo() } catch { } } };

//// more lines than a message may log
//! out_of_fuel
exports.main = () => { for (;;) { try { console.log('x') } catch { } } };

//// more late answers than a message may ask for
//! out_of_fuel
exports.main = async ({ power }) => { for (;;) { try { power.later(1) } catch { } } };

//// late answers in a ring
//! out_of_fuel
exports.main = async ({ power }) => { for (;;) await power.later(1) };

//// a late answer whose promise is dropped
//! never_settled
exports.main = ({ power }) => { power.later(1); return new Promise(() => {}) };

//// a refusal, caught, a thousand times
//! out_of_fuel
exports.main = ({ power }) => { for (;;) { try { power.refuse() } catch { } } };

//// a method that is no string, where a power lets its caller name it
//= ["TypeError","TypeError","TypeError","TypeError",[1]]
const odd = [{ toString: () => 'echo' }, Symbol(), undefined, ['echo'], 'echo'];
exports.main = ({ power }) => odd.map(m => { try { return power.any(m, 1) } catch (e) { return e.name } });

//// a method whose text calls the power again
//= "TypeError"
exports.main = ({ power }) => { try { return power.any({ toString() { power.echo(1); return 'echo' } }, 1) } catch (e) { return e.name } };

//// a method of a million letters
//= "RangeError"
exports.main = ({ power }) => { try { return power.any('x'.repeat(1e6), 1) } catch (e) { return e.name } };

//// the powers are frozen, all of them
//= [true,true,true,"TypeError"]
exports.main = ({ power }) => { let put; try { power.echo = 1 } catch (e) { put = e.name } return [Object.isFrozen(power), Object.isFrozen(power.echo), power.echo.prototype === undefined, put] };

//// the argument of main is frozen
//= [true,["power","next","input"],"undefined","undefined"]
exports.main = arg => [Object.isFrozen(arg), Object.keys(arg), typeof arg.next, typeof arg.input];

//// the input is frozen, all of it
//= [true,true,"TypeError",{"a":[{"b":1}]}]
//< {"a":[{"b":1}]}
exports.main = ({ input }) => { let put; try { input.a[0].b = 2 } catch (e) { put = e.name } return [Object.isFrozen(input), Object.isFrozen(input.a[0]), put, input] };

//// an input with a __proto__ key and numbers at the edges
//= [true,"__proto__",1e+308]
//< {"__proto__":{"toString":1},"n":1e308}
exports.main = ({ input }) => [Object.getPrototypeOf(input) === Object.prototype, Object.keys(input)[0], input.n];

//// a console with odd things
//= 8
exports.main = () => {
  const odd = [Symbol('x'), 1n, { get name() { throw 1 }, message: 'm' }, new Proxy({}, { get() { throw 1 } }), () => 1, { toString() { throw 1 } }, 'x'.repeat(1e6), undefined];
  for (const o of odd) console.log(o);
  return odd.length;
};

//// a console line that calls the console
//= 1
exports.main = () => { console.log({ get name() { console.log('inner'); return 'x' }, message: 'm' }); return 1 };

//// a console line that never ends
//! out_of_fuel
exports.main = () => { console.log({ get name() { for (;;); } }); return 1 };

//// a console that is handed on, bound and called by others
//= [true,"TypeError"]
exports.main = ({ next }) => { [1].forEach(console.log); Promise.resolve(1).then(console.error); let put; try { console.log = 1 } catch (e) { put = e.name } return [Object.isFrozen(console), put] };
