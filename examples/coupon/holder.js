// Signed by nobody: redeems a coupon for the account that is the input.
exports.main = ({ power, input }) => power.redeem(input)
