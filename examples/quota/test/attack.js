// What the holder of a purse may try that wants more than is in it.
const works = f => {
  try {
    f()
    return true
  } catch {
    return false
  }
}

const attacks = {
  // Amounts that are none, or that add up to something else.
  amounts: ({ power }) => [0, -1, -0, 0.5, NaN, Infinity, -Infinity, 2 ** 53, '5', [5], null, undefined, 5n, { valueOf: () => 5 }]
    .filter((amount, n) => works(() => power.pay(`n-${n}`, 'me', amount))).length,

  // Parts that are larger than the whole, one in another, and side by side.
  parts: ({ power }) => {
    const large = power.part('large', Number.MAX_SAFE_INTEGER)
    const inner = large.part('inner', 1000)
    const beside = power.part('beside', 1000)
    return [large.left(), works(() => inner.pay('a', 'me', 20)), works(() => beside.pay('a', 'me', 20)), large.left(), power.left()]
  },

  limits: ({ power }) => [-1, NaN, Infinity, 1.5, '5', null, undefined, { valueOf: () => 5 }].filter(limit => works(() => power.part('x', limit))).length,

  // Names that lead to purses of others, or become others.
  names: ({ power }) => {
    let looks = 0
    const changing = { toString: () => looks++ ? '../bob' : 'x', length: 1 }
    const names = ['', '..', 'a/b', '/a', 'A', 'a\n', 'a'.repeat(41), '__proto__', null, undefined, 1, ['a'], changing]
    const tried = names.map(name => works(() => power.part(name, 5)) || works(() => power.pay(name, 'me', 1)) || works(() => power.pay('x', name, 1)))
    return [tried.filter(Boolean).length, looks]
  },

  // Spends all while it spends.
  again: ({ power }) => {
    const pay = () => { works(() => power.pay('inner', 'me', 30)); return 30 }
    const hostile = { valueOf: pay, toString: pay, toJSON: pay, [Symbol.toPrimitive]: pay }
    works(() => power.pay('outer', 'me', hostile))
    works(() => power.pay(hostile, 'me', 30))
    works(() => power.part(hostile, hostile))
    return power.left()
  },

  // The same purse made twice is one purse.
  twice: ({ power }) => [power.part('x', 20).pay('a', 'me', 20), works(() => power.part('x', 20).pay('b', 'me', 1))],

  // Pays, fails, and takes the failure back.
  caught: ({ power }) => {
    const before = power.left()
    works(() => power.pay('much', 'me', before + 1))
    works(() => { power.pay('some', 'me', 1); throw 1 })
    return before - power.left()
  },

  // Does one more level than the stack, or a key, has room for.
  deep: ({ power }) => {
    let purse = power
    for (let depth = 0; depth < 40; depth++) purse = purse.part('x'.repeat(40), 5)
    return [works(() => purse.pay('a', 'me', 1)), power.left()]
  },
}

exports.main = argument => attacks[argument.input](argument)
