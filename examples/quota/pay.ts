// Signed by Bob or Carol: one payment. All that it says stands in its text, which
// the signature covers; the input of a message is covered by none.
import type { Purse } from './purse'

declare const PAYMENT: string
declare const TO: string
declare const AMOUNT: number

export const main: Qvat.Main<Purse> = ({ power }) => power.pay(PAYMENT, TO, AMOUNT)
