// All the power there is in the vat.
const { table } = require('qvat:store')
const log = require('qvat:log')
const message = require('qvat:message')

exports.accounts = table('accounts')
exports.trail = table('trail') // by number: what was called
exports.counts = table('counts')
exports.log = log.info
exports.arrived = () => message.arrived
