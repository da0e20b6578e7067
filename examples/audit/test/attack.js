// What a clerk may try that wants to do something unseen.
const works = f => {
  try {
    f()
    return true
  } catch {
    return false
  }
}

const attacks = {
  // Reads, and tells by its error: the message fails, and the trail forgets.
  tell: ({ power }) => { throw new Error(`ann has ${power.get('ann')}`) },

  // The same, and it never ends.
  hang: ({ power }) => {
    power.get('ann')
    return new Promise(() => {})
  },

  // Arguments that read in one way when they are written down, and in another
  // when they are used.
  change: ({ power }) => {
    let looks = 0
    const name = { toJSON: () => looks++ ? 'ann' : 'ben', toString: () => looks++ ? 'ann' : 'ben' }
    const value = { toJSON: () => looks++ ? 1 : 2, valueOf: () => looks++ ? 1 : 2 }
    power.set(name, value)
    return looks
  },

  // Calls within calls.
  again: ({ power }) => {
    power.set({ toJSON: () => { power.set('inner', 1); return 'outer' } }, 2)
  },

  // As many lines as it takes for the log to drop the next.
  flood: ({ power }) => {
    for (let n = 0; n < 300; n++) works(() => power.get('\u0800'.repeat(n % 5 ? 2400 : 900)))
    return works(() => power.get('ann'))
  },

  // Arguments that cannot be written down. None may be passed on.
  strange: ({ power }) => {
    const cycle = []
    cycle.push(cycle)
    const all = [cycle, 1n, 'x'.repeat(2000), '\ud800', Symbol('x'), () => 'ann', new Proxy({}, { ownKeys: () => { throw 1 } }),
      undefined, NaN, null, JSON.parse('{"__proto__": {"x": 1}}'), Object.create({ toJSON: () => ({}) })]
    return all.filter(one => works(() => power.set(one, 1)) || works(() => power.set('ann', one))).length
  },

  // A call that fails, and whose failure is caught.
  caught: ({ power }) => works(() => power.set('ann', -1)),

  // After the result has gone to the parent.
  late: ({ power }) => {
    Promise.resolve().then(() => power.set('late', 1))
    return 'done'
  },
}

exports.main = argument => attacks[argument.input](argument)
