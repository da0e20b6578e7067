// Signed by Bob: takes GRANT back.
exports.main = ({ power }) => power.takeBack(GRANT)
