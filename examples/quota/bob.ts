// Signed by Bob: Carol may spend SHARE of it.
import type { Purse } from './purse'

declare const CAROL: string
declare const SHARE: number

export const main: Qvat.Main<Purse> = ({ power, next }) => {
  if (!next?.boundBy(CAROL)) throw new Error('for Carol alone')
  return next.load()(power.part('carol', SHARE))
}
