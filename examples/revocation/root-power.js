// All the power there is in the vat.
const { table } = require('qvat:store')

exports.lamp = table('lamp')
exports.ended = table('ended') // by the path of a grant that was taken back
