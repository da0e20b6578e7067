// At most so many calls in any span of time.
import type { Table } from 'qvat:store'

export interface Limit {
  table: Table<number[]> // the times of the last calls that were let through
  key: string
  calls: number
  span: number // in ms
  now: () => number
}

/** Gives a function that counts one call, or throws where it is one too many. */
export const limit = ({ table, key, calls, span, now }: Limit) => {
  if (!Number.isSafeInteger(calls) || calls < 1 || !(span >= 1)) throw new TypeError('a limit is some calls in some time')
  return () => {
    // Read each time: what an earlier call of this message wrote counts as well.
    const times = table.get(key) ?? []
    const at = now()
    if (times.length >= calls && at - times.at(-calls)! < span) {
      throw new RangeError(`no more than ${calls} in ${span / 1000} seconds`)
    }
    table.set(key, [...times, at].slice(-calls))
  }
}
