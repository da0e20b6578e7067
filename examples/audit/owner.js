// Signed by the vat's owner: clerks may look into accounts and change them, and
// each call is written down.
const audited = require('./audited.js')

const NAME = /^[a-z0-9-]{1,40}$/
const checked = name => {
  if (typeof name !== 'string' || !NAME.test(name)) throw new TypeError('an account is made of a to z, 0 to 9 and -')
  return name
}

exports.main = ({ power, next }) => {
  // All who signed, so that none can hide behind another.
  const signers = CLERKS.filter(key => next?.boundBy(key))
  if (signers.length === 0) throw new Error('for clerks alone')
  const { accounts } = power

  return next.load()(audited(power, { signers, program: next.hash }, {
    get: name => accounts.get(checked(name)) ?? 0,
    set: (name, value) => {
      if (!Number.isSafeInteger(value) || value < 0) throw new RangeError('an account holds a whole number, from 0 on')
      accounts.set(checked(name), value)
    },
  }))
}
