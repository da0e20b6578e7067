// All the power there is in the vat.
const { table } = require('qvat:store')
const clock = require('qvat:clock')

exports.diary = table('diary')
exports.now = clock.now
