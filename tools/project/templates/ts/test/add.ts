// What the writer sends after main: it adds its input.
import type { Counter } from '../counter'

export const main: Qvat.Main<Counter, number> = ({ power, input }) => power.add(input)
