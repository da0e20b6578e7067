// Signed by Carol: reads, or hands on what she has, where a program comes after.
exports.main = ({ power, next }) => next ? next.load()(power) : power.read()
