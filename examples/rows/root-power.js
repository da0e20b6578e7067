// All the power there is in the vat.
const { table } = require('qvat:store')
const message = require('qvat:message')

exports.rows = table('rows') // by key: { number, text }
exports.counts = table('counts')
exports.signers = () => message.signers
