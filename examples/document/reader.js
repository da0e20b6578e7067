// Signed by a reader: reads.
exports.main = ({ power }) => power.read()
