// Signed by Bob: Carol may read until UNTIL.
const until = require('./until.js')

exports.main = ({ power, next }) => {
  if (!next?.boundBy(CAROL)) throw new Error('for Carol alone')
  return next.load()(until(UNTIL, power.now, { read: power.read }))
}
