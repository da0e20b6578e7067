// What a client may try that wants more than its row.
const attacks = {
  // Numbers that are none, among them what would compare well.
  numbers: ({ power }) => [NaN, Infinity, -1, 0, 1.5, '7', null, undefined, 2 ** 53, { valueOf: () => 7 }, [7], 7n]
    .filter(number => works(() => power.open(number))).length,

  // Texts that are none, or become another when they are looked at again.
  texts: ({ power }) => {
    const row = power.open(1)
    let looks = 0
    const changing = { toString: () => looks++ ? 'x'.repeat(1e6) : 'x', get length() { return looks++ ? 1e6 : 1 } }
    const hostile = [changing, new Proxy([], { get: () => 1 }), ['x'], null, undefined, 1, new String('x'),
      JSON.parse('{"__proto__": {"length": 1}}'), 'x'.repeat(4097), '\ud800']
    return [hostile.filter(text => works(() => row.set(text))).length, row.get(), looks]
  },

  // A row that was opened stays what it is, and what it hangs on is frozen.
  change: ({ power }) => {
    const row = power.open(1)
    return [power, power.open, row, row.set, Object.getPrototypeOf(row)].filter(o => works(() => { o.key = 'other' })).length
  },

  // Half of what a program does is nothing.
  half: ({ power }) => {
    power.open(1).set('half')
    throw new Error('on purpose')
  },

  // Reads, and tells by its error: it is its own row.
  tell: ({ power }) => { throw new Error(power.open(9).get()) },
}

const works = f => {
  try {
    f()
    return true
  } catch {
    return false
  }
}

exports.main = argument => attacks[argument.input](argument)
