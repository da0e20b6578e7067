// Signed by a writer: the document has TEXT from here on, in the place of that of
// VERSION.
exports.main = ({ power }) => {
  power.write(TEXT, VERSION)
  return power.read()
}
