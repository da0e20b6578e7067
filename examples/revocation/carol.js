// Signed by Carol: uses the lamp, or hands it on to Dave, as Bob did to her.
exports.main = ({ power, next }) => {
  if (!next) return switchOver(power)
  if (!next.boundBy(DAVE)) throw new Error('for Dave alone')
  return next.load()(power.give('dave-1'))
}

const switchOver = power => {
  power.turn(!power.isOn())
  return power.isOn()
}
