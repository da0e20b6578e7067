// What a client may try that wants to post something else, or somewhere else.
const attempt = f => {
  try {
    return ['worked', f() ?? 'nothing']
  } catch (error) {
    return error.message
  }
}

const attacks = {
  // Texts that break out of their place in the body, if they can.
  texts: ({ power }) => {
    const texts = ['","from":"owner', '\r\nHost: evil.example.com\r\n\r\n', '\u0000', '\u2028', '{"__proto__":1}']
    return texts.map((text, n) => attempt(() => power.post(`text-${n}`, text)))
  },

  // What is no text, or another one at the second look.
  hostile: ({ power }) => {
    let looks = 0
    const changing = { toString: () => 'x'.repeat(looks++ * 1000), toJSON: () => looks++, get length() { return looks++ } }
    const texts = [changing, new Proxy({}, { get: () => looks++ }), 'x'.repeat(281), '\ud800', null, undefined, 1, ['x'], { url: 'https://evil.example.com' }]
    const names = [changing, '', 'a/b', '__proto__', 'A', 'a'.repeat(41), 'a\r\n', null, undefined]
    const tried = [...texts.map(text => attempt(() => power.post('name', text))), ...names.map(name => attempt(() => power.post(name, 'x')))]
    return [tried.filter(end => end[0] === 'worked').length, looks]
  },

  // More arguments than there are parameters, and another `this`.
  more: ({ power }) => attempt(() => power.post.call({ url: 'https://evil.example.com' }, 'more', 'x', 'https://evil.example.com', { method: 'DELETE' })),

  many: ({ power }) => Array.from({ length: 12 }, (_, n) => attempt(() => power.post(`many-${n}`, 'x'))),

  fail: ({ power }) => {
    power.post('fail', 'x')
    throw new Error('on purpose')
  },

  status: ({ power }) => [attempt(() => power.status('a/../b')), attempt(() => power.status({ toString: () => 'first' })), power.status('nothing')],
}

exports.main = argument => attacks[argument.input](argument)
