// What programs get as `power` where the project has no root-power.js.
exports.store = require('qvat:store')
exports.log = require('qvat:log')
exports.clock = require('qvat:clock')
exports.random = require('qvat:random')
exports.message = require('qvat:message')
