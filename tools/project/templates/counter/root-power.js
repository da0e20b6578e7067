// All the power there is in the vat: what this exports, main.js gets as `power`.
const store = require('qvat:store')

/** @type {import('qvat:store').Table<number>} */
exports.counters = store.table('counters')
