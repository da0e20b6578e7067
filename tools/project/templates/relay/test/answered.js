// The end of that chain: it runs when the answer is there.
/** @type {Qvat.Main<{ answered: (id: string, status: number) => void }, import('qvat:http').Answered>} */
exports.main = ({ power, input }) => power.answered(input.request, input.error === undefined ? input.status : 0)
