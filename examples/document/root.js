// Signed by the vat's owner: a document, which OWNER shares. Who signs the next
// program is looked up among the members, and gets what its role may do.
const KEY = /^[0-9a-f]{64}$/
const MOST_TEXT = 100_000

exports.main = ({ power: { document, members, signers }, next }) => {
  const keys = next ? signers()[1] : [] // this program is link 0
  if (keys.length !== 1 || !next.boundBy(keys[0])) throw new Error('add a program that one member has signed, with --bind')
  const [me] = keys

  const read = () => document.get('text') ?? { text: '', version: 0, by: OWNER }

  // Whoever changes something says which version it is that changes. So nobody
  // overwrites what he has not seen, and a change that is sent again is refused.
  const write = (text, version) => {
    if (typeof text !== 'string' || text.length > MOST_TEXT) throw new RangeError(`a document has ${MOST_TEXT} characters at most`)
    const now = read().version
    if (version !== now) throw new Error(`the document is at version ${now}`)
    document.set('text', { text, version: now + 1, by: me })
  }

  // A role that was taken away stays as a row: its version goes on.
  const membership = key => members.get(key) ?? { role: 'none', version: 0 }
  const grant = (key, role, version) => {
    // A key in another spelling would be a member that nobody is.
    if (typeof key !== 'string' || !KEY.test(key)) throw new TypeError('a key is 64 hex digits, in lower case')
    if (role !== 'reader' && role !== 'writer' && role !== 'none') throw new TypeError('a role is reader, writer or none')
    const now = membership(key).version
    if (version !== now) throw new Error(`this membership is at version ${now}`)
    members.set(key, { role, version: now + 1 })
  }

  switch (me === OWNER ? 'owner' : membership(me).role) {
    case 'owner':
      return next.load()({ read, write, grant, membership })
    case 'writer':
      return next.load()({ read, write })
    case 'reader':
      return next.load()({ read })
    default:
      throw new Error('for members alone')
  }
}
