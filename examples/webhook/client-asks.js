// Signed by CLIENT: what became of NAME.
exports.main = ({ power }) => power.status(NAME)
