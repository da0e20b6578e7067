// The global object for packages that look for it by one of its names, or write on it: the real one is frozen, and what is
// written here only this program sees. Its Date and Math are those of the other shims.
//
// A module's exports are frozen too: that freezes the proxy's target, which is empty.
const written = new Map([['Date', require('./date.js')], ['Math', require('./math.js')]])

module.exports = new Proxy({}, {
  has: (_, key) => written.has(key) || key in globalThis,
  get: (_, key) => written.has(key) ? written.get(key) : globalThis[key],
  set: (_, key, value) => { written.set(key, value); return true },
})
