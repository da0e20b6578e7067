// `qvat test` runs each of these with a vat of its own.
const DAY = 24 * 60 * 60 * 1000

/** @param {Qvat.Trial} t @param {[string, number][]} payments */
const pay = (t, ...payments) => t.send([
  { program: './main.js', by: 'root', define: { SPENDER: t.key('spender'), DAILY: 100 } },
  { program: './test/pay.js', by: 'spender' },
], payments)

/** @param {Qvat.Trial} t */
exports['what is spent is gone'] = async t => {
  t.equal(await pay(t, ['ann', 30], ['ben', 20]), [70, 50])
  t.equal(t.rows('payments').map(([, payment]) => payment), [{ to: 'ann', amount: 30 }, { to: 'ben', amount: 20 }])
}

/** @param {Qvat.Trial} t */
exports['the quota holds'] = async t => {
  await pay(t, ['ann', 90])
  await t.throws(pay(t, ['ben', 11]), { code: 'program_error', message: '11 is more than the 10 that are left' })
  t.equal(await pay(t, ['ben', 10]), [0])
}

/** @param {Qvat.Trial} t */
exports['a message pays all or nothing'] = async t => {
  await t.throws(pay(t, ['ann', 60], ['ben', 60]), { message: 'left today' })
  t.equal(t.rows('payments'), [])
}

/** @param {Qvat.Trial} t */
exports['tomorrow is another day'] = async t => {
  await pay(t, ['ann', 100])
  t.advance(DAY)
  t.equal(await pay(t, ['ann', 100]), [0])
}

/** @param {Qvat.Trial} t */
exports['nothing but whole amounts'] = async t => {
  for (const amount of [0, -5, 1.5]) await t.throws(pay(t, ['ann', amount]), { message: 'whole number' })
}
