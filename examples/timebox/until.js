// Functions that work until a time, in ms since 1970. They take and give data: a
// function among what one gives would go on working.
module.exports = (end, now, functions) => {
  if (!Number.isSafeInteger(end)) throw new TypeError('an end is a number of milliseconds')
  const boxed = f => (...args) => {
    // Asked at each call, and so that a time which is no number is too late:
    // `now() >= end` is false then.
    if (!(now() < end)) throw new Error('this has ended')
    return f(...args)
  }
  return harden(Object.fromEntries(Object.entries(functions).map(([name, f]) => [name, boxed(f)])))
}
