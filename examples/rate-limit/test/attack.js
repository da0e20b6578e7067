// What a client may try that wants more than its calls.
const works = f => {
  try {
    f()
    return true
  } catch {
    return false
  }
}

const attacks = {
  // Many calls in one message.
  many: ({ power }) => [1, 2, 3, 4, 5].filter(n => works(() => power.post(`many-${n}`, 'x'))),

  // Posts, and has the message fail so that nothing was counted.
  abort: ({ power }) => {
    power.post('aborted', 'x')
    throw new Error('on purpose')
  },

  // The same, by never ending.
  hang: ({ power }) => {
    power.post('hung', 'x')
    return new Promise(() => {})
  },

  // Posts out of the arguments of a post.
  again: ({ power }) => {
    let inner = 0
    const post = () => { if (works(() => power.post(`inner-${++inner}`, 'x'))) return 'outer' }
    const name = { toString: post, valueOf: post, [Symbol.toPrimitive]: post, toJSON: post }
    works(() => power.post(name, 'x'))
    works(() => power.post('outer', new Proxy({}, { get: post, has: post, getPrototypeOf: post })))
    return inner
  },

  // Arguments that are refused: do they count?
  refused: ({ power }) => {
    const names = ['', 'A', 'a/b', '../a', 'a'.repeat(41), 'ä', 'a\n', '__proto__', null, undefined, 1, ['a'], new String('a')]
    const texts = ['x'.repeat(281), null, undefined, 1, ['x'], {}]
    return names.filter(name => works(() => power.post(name, 'x'))).length +
      texts.filter(text => works(() => power.post('name', text))).length
  },
}

exports.main = argument => attacks[argument.input](argument)
