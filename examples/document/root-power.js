// All the power there is in the vat.
const { table } = require('qvat:store')
const message = require('qvat:message')

exports.document = table('document') // 'text': { text, version, by }
exports.members = table('members') // by key: { role, version }
exports.signers = () => message.signers
