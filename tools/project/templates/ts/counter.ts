import type { Table } from 'qvat:store'

export interface Reader {
  read(): number
}

export interface Counter extends Reader {
  add(n: number): number
}

/** A counter in one row of a table. */
export const counterIn = (table: Table<number>, name: string): Counter => ({
  read: () => table.get(name) ?? 0,
  add: n => {
    const sum = (table.get(name) ?? 0) + n
    table.set(name, sum)
    return sum
  },
})
