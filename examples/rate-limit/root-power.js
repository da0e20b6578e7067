// All the power there is in the vat.
const { table } = require('qvat:store')
const clock = require('qvat:clock')

/** @type {import('qvat:store').Table<string>} */
exports.board = table('board')

/** @type {import('qvat:store').Table<number[]>} */
exports.calls = table('calls')

exports.now = clock.now
