// Signed by the vat's owner: SPENDER may pay whom it likes, DAILY in a day.

/** @type {Qvat.Main<typeof import('./root-power.js')>} */
exports.main = ({ power, next }) => {
  const day = new Date(power.arrived()).toISOString().slice(0, 10)
  const left = () => DAILY - (power.spent.get(day) ?? 0)
  if (!next) return left()
  if (!next.signedBy(SPENDER)) throw new Error('for the spender alone')

  /** @param {string} to @param {number} amount */
  const pay = (to, amount) => {
    if (!Number.isSafeInteger(amount) || amount <= 0) throw new RangeError('an amount is a whole number above 0')
    if (amount > left()) throw new RangeError(`${amount} is more than the ${left()} that are left today`)
    power.spent.set(day, DAILY - left() + amount)
    power.payments.set(`${day} ${power.payments.count() + 1}`, { to, amount })
    return left()
  }
  return next.load()({ left, pay })
}
