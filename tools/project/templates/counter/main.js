// Signed by the vat's owner: a counter for the program of WRITER, and only the
// reading of it for that of READER.
const counterIn = require('./counter.js')

/** @type {Qvat.Main<typeof import('./root-power.js')>} */
exports.main = ({ power, next }) => {
  const counter = counterIn(power.counters, 'visits')
  if (!next) return counter.read()
  if (next.signedBy(WRITER)) return next.load()(counter)
  if (next.signedBy(READER)) return next.load()({ read: counter.read })
  throw new Error('for the writer and the reader alone')
}
