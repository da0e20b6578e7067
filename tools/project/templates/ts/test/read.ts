// What the reader sends after main.
import type { Reader } from '../counter'

export const main: Qvat.Main<Reader> = ({ power }) => power.read()
