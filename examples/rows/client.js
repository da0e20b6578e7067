// Signed by any client: puts TEXT into its row, and gives what was there. NUMBER
// is higher than in the program that it signed before.
exports.main = ({ power }) => {
  const row = power.open(NUMBER)
  const before = row.get()
  row.set(TEXT)
  return before
}
