// seedrandom for mathjs: a generator of numbers for a seed, which are not those of the package of that name. That one calls
// Math.random() while it is loaded, and its main module writes on what another of its modules exports.
module.exports = seed => {
  let state = 0x811c9dc5
  for (const c of String(seed)) state = Math.imul(state ^ c.codePointAt(0), 0x01000193)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
