// Signed by the vat's owner: a counter for the program of WRITER, and only the
// reading of it for that of READER.
import { counterIn } from './counter'

// package.json says what these are: public keys, 64 hex digits each.
declare const WRITER: string
declare const READER: string

type Power = typeof import('./root-power.js')

export const main: Qvat.Main<Power> = ({ power, next }) => {
  const counter = counterIn(power.counters, 'visits')
  if (!next) return counter.read()
  if (next.signedBy(WRITER)) return next.load()(counter)
  if (next.signedBy(READER)) return next.load()({ read: counter.read })
  throw new Error('for the writer and the reader alone')
}
