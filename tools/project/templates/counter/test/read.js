// What the reader sends after main.
/** @type {Qvat.Main<{ read: () => number }>} */
exports.main = ({ power }) => power.read()
