// What a model may write, or be talked into writing.
const works = f => {
  try {
    f()
    return true
  } catch {
    return false
  }
}

const attacks = {
  // Everything that is in reach.
  look: ({ power, next, input }) => JSON.stringify([
    Object.keys(power), next === undefined, input,
    ['process', 'fetch', 'WebAssembly', 'Deno', 'setTimeout', 'XMLHttpRequest', 'SharedArrayBuffer', 'WeakRef'].filter(name => name in globalThis),
    works(() => Function('return 1')()), works(() => globalThis.eval('1')), works(() => Date.now()), works(() => Math.random()),
    works(() => { globalThis.x = 1 }), works(() => { Array.prototype.map = 1 }),
  ]),

  // The functions of the tools lead nowhere.
  climb: ({ power: { search } }) => JSON.stringify([
    works(() => search.constructor('return power')()), 'caller' in search && search.caller !== undefined,
    Object.getOwnPropertyNames(search).sort(), works(() => { search.entries = 1 }), works(() => Object.getPrototypeOf(search).call = 1),
  ]),

  calls: ({ power: { search, note } }) => {
    let n = 0
    while (n < 1000 && works(() => n % 2 ? search('lake') : note('x'))) n++
    return `${n} ${works(() => note('one more'))}`
  },

  hostile: ({ power: { search, note } }) => {
    let looks = 0
    const changing = { toString: () => looks++ ? 'secret' : 'lake', get length() { return looks++ ? 1e9 : 1 } }
    const words = [changing, new Proxy({}, { get: () => looks++ }), '', 'x'.repeat(41), null, undefined, { prefix: '' }, ['lake'], new String('lake')]
    const tried = words.map((word, n) => works(() => n % 2 ? search(word) : note(word)))
    return `${tried.filter(Boolean).length} ${looks}`
  },

  words: ({ power: { search } }) => [search('lake').length, search('lake\u0000').length, search('x, secret').length].join(' '),

  // Goes on after the result.
  late: ({ power: { note } }) => {
    const go = n => Promise.resolve().then(() => { works(() => note(`late ${n}`)); return n < 10 ? go(n + 1) : 0 })
    go(0)
    return 'done'
  },

  // What it was given, to keep, and to give to whoever comes after.
  keep: ({ power, next }) => next.load()(power),

  // Computes for ever, by all ways in which one can.
  spin: ({ power: { note } }) => { note('before'); for (;;); },
  jobs: () => { const go = () => Promise.resolve().then(go); return go() },
  regexp: () => `${/^(a+)+$/.test(`${'a'.repeat(60)}b`)}`,
  sort: () => `${Array.from({ length: 1e7 }, (_, n) => -n).sort()[0]}`,
  memory: () => { const all = []; for (;;) all.push(new Uint8Array(1 << 20)) },
  deep: () => { const go = () => go() + 1; return go() },
  wait: () => new Promise(() => {}),

  // Answers that are none, or too much.
  object: () => ({ toString: () => 'x' }),
  proxy: () => new Proxy({}, {}),
  function: () => () => 'x',
  large: () => 'x'.repeat(10_001),
  nothing: () => {},
  thenable: () => ({ then: resolve => resolve('by a thenable') }),
}

exports.main = argument => attacks[argument.input ?? 'keep'](argument)
