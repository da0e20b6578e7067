// All the power there is in the vat.
const { table } = require('qvat:store')

exports.facts = table('facts')
exports.notes = table('notes')
