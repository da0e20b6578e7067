// Signed by Dave: turns the lamp off.
exports.main = ({ power }) => power.turn(false)
