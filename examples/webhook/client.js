// Signed by CLIENT: posts TEXT under NAME.
exports.main = ({ power }) => power.post(NAME, TEXT)
