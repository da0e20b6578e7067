// fast-json-stable-stringify: one text for equal values.
const stringify = require('fast-json-stable-stringify')

exports.main = async () => {
  const value = { c: 8, b: [{ z: 6, y: [5, null, undefined], x: 4 }, 7], a: 3, d: new Date(0), e: undefined, 'f"': 'ü\n' }
  const cycle = { name: 'a' }
  cycle.self = cycle
  let refused
  try { stringify(cycle) } catch (e) { refused = [e.name, e.message] }
  return {
    text: stringify(value),
    same: stringify({ a: 1, b: { c: 2, d: 3 } }) === stringify({ b: { d: 3, c: 2 }, a: 1 }),
    compared: stringify(value, (a, b) => a.key < b.key ? 1 : -1),
    byValue: stringify({ d: 6, c: 5, b: 7, a: 10 }, { cmp: (a, b) => a.value < b.value ? 1 : -1 }),
    cycles: stringify(cycle, { cycles: true }),
    refused,
    odd: [stringify(Infinity), stringify([]), stringify({}), stringify(null), stringify({ toJSON: () => 'j' })],
  }
}
