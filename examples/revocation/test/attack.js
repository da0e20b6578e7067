// What somebody may try whose grant was taken back, or soon will be.
const attempt = f => {
  try {
    f()
    return 'worked'
  } catch (error) {
    return error.message
  }
}

const attacks = {
  // Everything that there is.
  all: ({ power }) => Object.values(power).map(f => attempt(() => f('x'))),

  // Names that lead to grants of others, or become others.
  names: ({ power }) => {
    let looks = 0
    const changing = { toString: () => looks++ ? '../carol-1' : 'x' }
    const names = ['../carol-2', 'a/b', '/', '.', '..', '', 'A', 'a\n', 'a'.repeat(33), '__proto__', null, undefined, 1, ['a'], changing]
    const tried = names.flatMap(name => [attempt(() => power.give(name)), attempt(() => power.takeBack(name))])
    return [tried.filter(text => text === 'worked').length, looks]
  },

  // Keeps a grant that it then takes back.
  keep: ({ power }) => {
    const kept = power.give('kept')
    const below = kept.give('below')
    below.turn(true)
    power.takeBack('kept')
    return [kept.turn, kept.isOn, kept.give, kept.takeBack, below.turn, below.give].map(f => attempt(() => f('x')))
  },

  // As deep as it goes.
  deep: ({ power }) => {
    let grant = power
    for (let depth = 0; depth < 40; depth++) {
      grant = grant.give('x'.repeat(32))
      const end = attempt(() => grant.turn(true))
      if (end !== 'worked') return depth > 20 && end.length > 0
    }
    return false
  },

  // What is not a boolean.
  turn: ({ power }) => [1, 'false', {}, [], null, undefined, NaN].map(on => { power.turn(on); return power.isOn() }),
}

exports.main = argument => attacks[argument.input](argument)
