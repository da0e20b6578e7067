// `qvat test` runs each of these with a vat of its own.

/** @param {Qvat.Trial} t */
const main = t => ({
  program: './main.js',
  by: 'root',
  define: { WRITER: t.key('writer'), READER: t.key('reader') },
})

/** @param {Qvat.Trial} t */
exports['the writer adds, and the reader reads'] = async t => {
  const add = { program: './test/add.js', by: 'writer' }
  const read = { program: './test/read.js', by: 'reader' }
  t.equal(await t.send([main(t), add], 2), 2)
  t.equal(await t.send([main(t), add], 3), 5)
  t.equal(await t.send([main(t), read]), 5)
  t.equal(t.rows('counters'), [['visits', 5]])
}

/** @param {Qvat.Trial} t */
exports['the reader cannot add'] = async t => {
  const add = { program: './test/add.js', by: 'reader' }
  await t.throws(t.send([main(t), add], 1), { code: 'program_error', message: 'not a function' })
  t.equal(t.rows('counters'), [])
}

/** @param {Qvat.Trial} t */
exports['nobody else gets anything'] = async t => {
  const read = { program: './test/read.js', by: 'somebody' }
  await t.throws(t.send([main(t), read]), { message: 'for the writer and the reader alone' })
}
