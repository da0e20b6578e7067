// Signed by the vat's owner: SHOP may write coupons. Each is a program of its
// own, which gives points to one account, once.
const ACCOUNT = /^[a-z0-9-]{1,40}$/
const MOST = 100

exports.main = ({ power: { points, used }, next }) => {
  if (!next?.boundBy(SHOP)) throw new Error('for the shop alone')

  // What a coupon is, is the hash of its text. It is kept here that one has been
  // used: that coupons work once does not rest on how the shop writes them.
  const coupon = `${SHOP}/${next.hash}`

  const give = (account, n) => {
    if (typeof account !== 'string' || !ACCOUNT.test(account)) throw new TypeError('an account is made of a to z, 0 to 9 and -')
    if (!Number.isSafeInteger(n) || n < 1 || n > MOST) throw new RangeError(`a coupon is worth 1 to ${MOST} points`)
    if (used.has(coupon)) throw new Error('this coupon has been used')
    used.set(coupon, { account, points: n })
    points.set(account, (points.get(account) ?? 0) + n)
  }
  return next.load()({ give })
}
