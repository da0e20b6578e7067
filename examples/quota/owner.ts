// Signed by the vat's owner: Bob may spend BUDGET.
import { purse } from './purse'

declare const BOB: string
declare const BUDGET: number

export const main: Qvat.Main<typeof import('./root-power.js')> = ({ power, next }) => {
  if (!next?.boundBy(BOB)) throw new Error('for Bob alone')
  return next.load()(purse(power, BOB, BUDGET))
}
