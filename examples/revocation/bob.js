// Signed by Bob: Carol has what he has, until he takes GRANT back.
exports.main = ({ power, next }) => {
  if (!next?.boundBy(CAROL)) throw new Error('for Carol alone')
  return next.load()(power.give(GRANT))
}
