// What a program must not have: clocks, randomness, timers, the collector, the
// host's locale and time zone, shared memory (docs/PROGRAMS.md;
// docs/CONFINEMENT.md, row 13).

//// the clock
//= ["TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError"]
const ways = [
  () => Date.now(), () => new Date(), () => Date(), () => Date(5), () => Reflect.construct(Date, []),
  () => new (class extends Date {})(), () => Reflect.construct(Date, [], Object),
];
exports.main = () => ways.map(w => { try { return typeof w() } catch (e) { return e.name } });

//// dates that need no clock
//= ["1970-01-01T00:00:00.000Z",null,"2020-02-29T00:00:00.000Z",86400000,true]
exports.main = () => [new Date(0).toISOString(), new Date(undefined).toJSON(), new Date(2020, 1, 29).toISOString(), Date.UTC(1970, 0, 2), new Date(0) instanceof Date];

//// texts that date's parser has to guess at
//= [false,false,false,false,false,false]
const odd = ['now', 'today', '12:00', 'x'.repeat(1000), '1'.repeat(1000), ''];
exports.main = () => odd.map(s => Number.isFinite(Date.parse(s)) && Math.abs(Date.parse(s)) > 1e12);

//// the time zone
//= [0,0,"Thu Jan 01 1970 00:00:00 GMT+0000","Mon Jul 01 2024 00:00:00 GMT+0000"]
exports.main = () => [new Date(0).getTimezoneOffset(), new Date(2024, 6).getTimezoneOffset(), new Date(0).toString(), new Date(2024, 6).toString()];

//// the locale
//= ["undefined","1234.5","i","1/1","Thu Jan 01 1970",-1]
exports.main = () => [typeof Intl, (1234.5).toLocaleString('de'), 'I'.toLocaleLowerCase('tr'), [1, 1].toLocaleString('de').replace(',', '/'), new Date(0).toLocaleDateString('de'), 'a'.localeCompare('b', 'sv')];

//// randomness
//= ["TypeError","TypeError","undefined"]
exports.main = () => [() => Math.random(), () => Reflect.apply(Math.random, Math, []), () => typeof crypto].map(w => { try { return w() } catch (e) { return e.name } });

//// an order that depends on an address, or a hash with a seed
//= ["b,a,1","1,b,a",["b","a"]]
exports.main = () => [[...new Map([['b'], ['a'], [1]]).keys()].join(), Object.keys({ b: 1, a: 1, 1: 1 }).join(), [...new Set(['b', 'a'])]];

//// timers and queues
//= ["undefined","undefined","undefined","undefined","undefined","undefined"]
exports.main = () => [typeof setTimeout, typeof setInterval, typeof setImmediate, typeof queueMicrotask, typeof requestAnimationFrame, typeof performance];

//// the collector
//= ["undefined","undefined","undefined","undefined"]
exports.main = () => [typeof WeakRef, typeof FinalizationRegistry, typeof gc, typeof Symbol.prototype.gc];

//// shared memory
//= ["undefined","undefined","undefined"]
exports.main = () => [typeof SharedArrayBuffer, typeof Atomics, typeof globalThis.Atomics?.wait];

//// the network, files, processes
//= ["undefined","undefined","undefined","undefined","undefined","undefined","undefined","undefined"]
exports.main = () => [typeof fetch, typeof XMLHttpRequest, typeof WebSocket, typeof process, typeof Deno, typeof Bun, typeof require.resolve, typeof require.cache];

//// cloning, workers, messages
//= ["undefined","undefined","undefined","undefined"]
exports.main = () => [typeof structuredClone, typeof Worker, typeof MessageChannel, typeof postMessage];

//// what SES leaves behind
//= ["undefined","undefined","undefined","undefined","undefined","undefined"]
exports.main = () => [typeof assert, typeof Compartment, typeof lockdown, typeof Base64, typeof hardenIntrinsics, typeof __shimTransforms__];

//// globals of any name
//= ["undefined","undefined","undefined","undefined"]
exports.main = () => [typeof global, typeof window, typeof self, typeof frames];

//// fuel that is left cannot be seen
//= "undefined"
exports.main = () => typeof qvat_fuel;

//// how deep the stack is cannot be seen: it traps
//! stack_overflow
exports.main = () => { let depth = 0; const f = () => { depth++; f() }; try { f() } catch { } return depth };

//// how much memory there is cannot be seen: it traps
//! out_of_memory
exports.main = () => { let n = 0; const all = []; try { for (;;) { all.push(new ArrayBuffer(1e5)); n++ } } catch { } return n };
