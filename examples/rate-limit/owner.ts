// Signed by the vat's owner: CLIENT may put texts on the board, CALLS in any
// SECONDS.
import { limit } from './limit'

declare const CLIENT: string
declare const CALLS: number
declare const SECONDS: number

const NAME = /^[a-z0-9-]{1,40}$/
const MOST_TEXT = 280

export const main: Qvat.Main<typeof import('./root-power.js')> = ({ power: { board, calls, now }, next }) => {
  if (!next?.boundBy(CLIENT)) throw new Error('for the client alone')
  const count = limit({ table: calls, key: CLIENT, calls: CALLS, span: SECONDS * 1000, now })

  // First what may fail, then the count, then what is counted: where something
  // goes wrong between, a call is lost, and none is gained.
  const post = (name: string, text: string) => {
    if (typeof name !== 'string' || !NAME.test(name)) throw new TypeError('a name is made of a to z, 0 to 9 and -')
    if (typeof text !== 'string' || text.length > MOST_TEXT) throw new RangeError(`a text has ${MOST_TEXT} characters at most`)
    const key = `${CLIENT}/${name}`
    if (board.has(key)) throw new Error(`${name} has been posted`)
    count()
    board.set(key, text)
  }
  return next.load()({ post })
}
