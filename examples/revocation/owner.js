// Signed by the vat's owner: Bob may switch the lamp, and hand that on.
const grant = require('./grant.js')

exports.main = ({ power: { lamp, ended }, next }) => {
  if (!next?.boundBy(BOB)) throw new Error('for Bob alone')
  return next.load()(grant(ended, `bob-${BOB}`, {
    isOn: () => lamp.get('on') ?? false,
    turn: on => { lamp.set('on', on === true) },
  }))
}
