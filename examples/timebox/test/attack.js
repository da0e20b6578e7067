// What Carol may try that wants more time, or more.
const attacks = {
  read: ({ power }) => power.read(),

  // Everything that she got, and that hangs on it.
  got: ({ power }) => [Object.keys(power), Object.isFrozen(power), typeof power.read.prototype],

  // Another `this`, more arguments, and a clock of her own.
  ways: ({ power: { read } }) => {
    const now = () => 0
    const ways = [() => read.call({ now, end: Infinity }, now), () => Reflect.apply(read, now, [Infinity, now]), () => new read(now)]
    return ways.map(way => {
      try {
        return way()
      } catch (error) {
        return error.message
      }
    })
  },

  texts: ({ power }) => [null, undefined, 7, ['x'], { length: 1 }, new String('x'), 'x'.repeat(4097), '\ud800'].filter(text => {
    try {
      power.write(text)
      return true
    } catch {
      return false
    }
  }).length,

  write: ({ power }) => power.write('mine'),
}

exports.main = argument => attacks[argument.input](argument)
