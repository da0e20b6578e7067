// Signed by the vat's owner: takes back what Bob has. His chain stays signed, for
// good; what it leads to ends here.
exports.main = ({ power: { ended } }) => { ended.set(`bob-${BOB}`, true) }
