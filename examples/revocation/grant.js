// Grants that can be taken back, and that can be split into grants of their own.
// Each has a path: bob, bob/carol-1, bob/carol-1/dave-1. Taking one back writes
// its path down, for good: nothing undoes it, and doing it again changes nothing,
// so an old signed program that somebody sends again can do no harm. Whom you
// trust again gets a grant of another name.
const NAME = /^[a-z0-9-]{1,32}$/

const grant = (ended, path, functions, above = () => {}) => {
  // Asked at each call, from the top down to here.
  const ask = () => {
    above()
    if (ended.has(path)) throw new Error('this was taken back')
  }
  // Functions that take and give data: a function among what one gives would go
  // on working.
  const alive = f => (...args) => {
    ask()
    return f(...args)
  }
  // A name with a slash would be a grant that is not the caller's.
  const below = name => {
    if (typeof name !== 'string' || !NAME.test(name)) throw new TypeError('a grant\'s name is made of a to z, 0 to 9 and -')
    return `${path}/${name}`
  }
  return harden({
    ...Object.fromEntries(Object.entries(functions).map(([name, f]) => [name, alive(f)])),
    give: alive(name => grant(ended, below(name), functions, ask)),
    takeBack: alive(name => { ended.set(below(name), true) }),
  })
}

module.exports = grant
