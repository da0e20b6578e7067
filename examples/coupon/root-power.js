// All the power there is in the vat.
const { table } = require('qvat:store')

exports.points = table('points') // by account
exports.used = table('used') // by coupon: { account, points }
