// All the power there is in the vat: what this exports, main.js gets as `power`.
const store = require('qvat:store')
const message = require('qvat:message')

/** @type {import('qvat:store').Table<number>} */
exports.spent = store.table('spent')

/** @type {import('qvat:store').Table<{ to: string, amount: number }>} */
exports.payments = store.table('payments')

/** When the message arrived, in ms since 1970. */
exports.arrived = () => message.arrived
