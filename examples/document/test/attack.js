// What a member, or the owner by mistake, may try.
const works = f => {
  try {
    f()
    return true
  } catch {
    return false
  }
}

const attacks = {
  names: ({ power }) => [Object.keys(power), Object.isFrozen(power)],

  write: ({ power }) => power.write('mine', 0),
  grant: ({ power }) => power.grant('0'.repeat(64), 'writer', 0),

  // What was read is the reader's to spoil, and nobody else's.
  spoil: ({ power }) => {
    works(() => { power.read().text = 'spoilt' })
    return power.read().text
  },

  texts: ({ power }) => {
    let looks = 0
    const changing = { toString: () => looks++, get length() { return looks++ }, toJSON: () => 'x'.repeat(1e6) }
    const texts = [changing, new Proxy({}, { get: () => looks++ }), null, undefined, 7, ['x'], new String('x'), 'x'.repeat(100_001), '\ud800']
    const versions = ['0', -0.5, NaN, null, undefined, [0], 1, { valueOf: () => 0 }]
    const tried = [...texts.map(text => works(() => power.write(text, 0))), ...versions.map(version => works(() => power.write('x', version)))]
    return [tried.filter(Boolean).length, looks]
  },

  // Two writes of one version, in one message.
  twice: ({ power }) => ['a', 'b'].map(text => works(() => power.write(text, 0))),

  members: ({ power }) => {
    let looks = 0
    const key = 'ab'.repeat(32)
    const changing = { toString: () => { looks++; return key } }
    const keys = [key.toUpperCase(), ` ${key}`, `${key}\n`, key.slice(1), key + '0', '__proto__', '', null, undefined, [key], changing]
    const roles = ['owner', 'Reader', 'constructor', '__proto__', 'toString', '', null, undefined, ['reader'], { toString: () => 'writer' }]
    const tried = [...keys.map(k => works(() => power.grant(k, 'writer', 0))), ...roles.map(role => works(() => power.grant(key, role, 0)))]
    return [tried.filter(Boolean).length, looks]
  },
}

exports.main = argument => attacks[argument.input](argument)
