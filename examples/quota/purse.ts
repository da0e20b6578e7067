// A purse has a limit, and pays out of the one above it, if there is one: what is
// paid out of a part is spent in the whole as well, so no way of splitting a
// budget makes it larger.
export interface Purse {
  /** What can still be spent. */
  left(): number
  /** Pays once under a name: a program that is sent again pays nothing. */
  pay(name: string, to: string, amount: number): number
  /** A part of this purse, for somebody else. */
  part(name: string, limit: number): Purse
}

type Books = typeof import('./root-power.js')

const NAME = /^[a-z0-9-]{1,40}$/
const check = (what: string, name: unknown) => {
  if (typeof name !== 'string' || !NAME.test(name)) throw new TypeError(`${what} is made of a to z, 0 to 9 and -`)
  return name
}

// What a purse is to its parts alone.
interface Source {
  left(): number
  charge(amount: number): void
}

const allThereIs: Source = { left: () => Infinity, charge: () => {} }

export const purse = ({ spent, payments }: Books, path: string, limit: number, above = allThereIs): Purse => {
  if (!Number.isSafeInteger(limit) || limit < 0) throw new RangeError('a limit is a whole number, from 0 on')
  const mine = () => spent.get(path) ?? 0
  const left = () => Math.max(0, Math.min(limit - mine(), above.left()))
  const charge = (amount: number) => {
    above.charge(amount)
    spent.set(path, mine() + amount)
  }

  // First what may fail, then the charge, then the payment.
  const pay = (name: string, to: string, amount: number) => {
    const payment = `${path}/${check('a payment\'s name', name)}`
    check('who is paid', to)
    if (!Number.isSafeInteger(amount) || amount <= 0) throw new RangeError('an amount is a whole number above 0')
    if (payments.has(payment)) throw new Error(`${name} has been paid`)
    if (amount > left()) throw new RangeError(`${amount} is more than the ${left()} that are left`)
    charge(amount)
    payments.set(payment, { to, amount })
    return left()
  }

  // A name with a slash would be somebody else's part.
  const part = (name: string, limit: number) =>
    purse({ spent, payments }, `${path}/${check('a part\'s name', name)}`, limit, { left, charge })

  return harden({ left, pay, part })
}
