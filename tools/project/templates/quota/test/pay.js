// What the spender sends after main: each payment of its input.
/** @type {Qvat.Main<{ pay: (to: string, amount: number) => number }, [string, number][]>} */
exports.main = ({ power, input }) => input.map(([to, amount]) => power.pay(to, amount))
