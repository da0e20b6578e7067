// All the power there is in the vat.
const { table } = require('qvat:store')

/** @type {import('qvat:store').Table<number>} */
exports.spent = table('spent') // by the path of a purse

/** @type {import('qvat:store').Table<{ to: string, amount: number }>} */
exports.payments = table('payments') // by the path of a purse, and the payment's name
