// Math with a random() that counts on from a fixed seed (mulberry32): the same numbers in every message, and no secret
// to anybody. What a vat's owner grants of randomness a program gets as a power, and hands on by arguments.
let state = 0x71766174
const random = () => {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}
module.exports = Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(Math), random: { value: random } })
