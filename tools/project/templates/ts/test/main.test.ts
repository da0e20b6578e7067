// `qvat test` runs each of these with a vat of its own.
const main = (t: Qvat.Trial): Qvat.Link => ({
  program: './main.ts',
  by: 'root',
  define: { WRITER: t.key('writer'), READER: t.key('reader') },
})

export async function theWriterAddsAndTheReaderReads(t: Qvat.Trial) {
  const add = { program: './test/add.ts', by: 'writer' }
  const read = { program: './test/read.ts', by: 'reader' }
  t.equal(await t.send([main(t), add], 2), 2)
  t.equal(await t.send([main(t), add], 3), 5)
  t.equal(await t.send([main(t), read]), 5)
  t.equal(t.rows('counters'), [['visits', 5]])
}

export async function theReaderCannotAdd(t: Qvat.Trial) {
  const add = { program: './test/add.ts', by: 'reader' }
  await t.throws(t.send([main(t), add], 1), { code: 'program_error', message: 'not a function' })
  t.equal(t.rows('counters'), [])
}

export async function nobodyElseGetsAnything(t: Qvat.Trial) {
  const read = { program: './test/read.ts', by: 'somebody' }
  await t.throws(t.send([main(t), read]), { message: 'for the writer and the reader alone' })
}
