// Signed by a clerk: puts VALUE into the account NAME, and gives what was in it.
exports.main = ({ power }) => {
  const before = power.get(NAME)
  power.set(NAME, VALUE)
  return before
}
