// What the writer sends after main: it adds its input.
/** @type {Qvat.Main<{ add: (n: number) => number }, number>} */
exports.main = ({ power, input }) => power.add(input)
