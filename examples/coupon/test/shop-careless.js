// A shop that hands on all it has: its coupon still works once, within MOST.
exports.main = ({ power, next }) => next.load()({ redeem: account => power.give(account, POINTS) })
