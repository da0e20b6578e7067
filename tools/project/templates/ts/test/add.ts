// What the writer sends after main: it adds its input. Nobody signs an input:
// whoever has this program with the writer's signature can add what he likes, as
// often as he likes. So keep it to yourself, or sign `power.add(5)` instead.
import type { Counter } from '../counter'

export const main: Qvat.Main<Counter, number> = ({ power, input }) => power.add(input)
