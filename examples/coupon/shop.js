// Signed by SHOP: a coupon. Whoever holds it puts a program after it and redeems
// it. That SERIAL stands here makes it another program than the next coupon.
exports.main = ({ power, next }) => {
  if (!next) throw new Error('this is a coupon: add a program that redeems it')
  return next.load()({
    redeem: account => {
      power.give(account, POINTS)
      return { coupon: SERIAL, points: POINTS }
    },
  })
}
