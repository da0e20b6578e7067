// What the sender sends after main: a note, and the chain that its answer is for.
/** @type {Qvat.Main<{ post: (text: string, then: string) => string }, { text: string, then: string }>} */
exports.main = ({ power, input }) => power.post(input.text, input.then)
