// Signed by the vat's owner: some facts.
exports.main = ({ power: { facts } }) => {
  facts.set('lake depth', '12 metres')
  for (let n = 0; n < 10; n++) facts.set(`lake fish ${n}`, 'a fish')
  facts.set('secret', 'no word of it')
}
