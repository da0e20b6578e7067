// What the holder of a coupon may try that wants more than its points.
const works = f => {
  try {
    f()
    return true
  } catch {
    return false
  }
}

const attacks = {
  twice: ({ power }) => ['a', 'a', 'b'].filter(account => works(() => power.redeem(account))),

  // Redeems while it is being redeemed, out of what the arguments run.
  again: ({ power }) => {
    const redeem = () => { works(() => power.redeem('inner')); return 'outer' }
    const account = { toString: redeem, valueOf: redeem, [Symbol.toPrimitive]: redeem, toJSON: redeem }
    const trap = new Proxy(account, { get: redeem, has: redeem, getPrototypeOf: () => { redeem(); return String.prototype } })
    return [account, trap, [account], new String('outer')].filter(a => works(() => power.redeem(a))).length
  },

  // Side by side, in jobs of one message.
  jobs: ({ power }) => Promise.allSettled([1, 2, 3].map(async n => power.redeem(`job-${n}`)))
    .then(ends => ends.filter(end => end.status === 'fulfilled').length),

  // A second go after the result has gone to the parent.
  late: ({ power }) => {
    Promise.resolve().then(() => Promise.resolve()).then(() => { works(() => power.redeem('late')) })
    return power.redeem('early')
  },

  // Says another sum, by all ways in which functions can be called.
  more: ({ power: { redeem } }) => {
    redeem.call({ POINTS: 1000 }, 'a', 1000)
    return typeof redeem.prototype + works(() => new redeem('b')) + works(() => { redeem.points = 1000 })
  },

  accounts: ({ power }) => ['', 'A', 'a/b', '__proto__', 'a'.repeat(41), 'a\n', 'ä', null, undefined, 7, {}]
    .filter(account => works(() => power.redeem(account))).length,

  // Takes the points, and has the message fail.
  fail: ({ power }) => { throw new Error(JSON.stringify(power.redeem('a'))) },
}

exports.main = argument => attacks[argument.input](argument)
