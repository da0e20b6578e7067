// luxon: times that are given, in UTC and fixed offsets, in English: other languages and named zones want all of Intl. Its
// own settings say what time it is.
import { DateTime, Duration, FixedOffsetZone, Interval, Settings } from 'luxon'

Settings.defaultZone = FixedOffsetZone.utcInstance
Settings.now = () => 1_700_000_000_000

export const main = async () => {
  const a = DateTime.fromISO('2024-02-28T22:15:30.250Z', { zone: 'utc' })
  const b = DateTime.fromObject({ year: 2025, month: 1, day: 31, hour: 9 }, { zone: 'utc+2' })
  const gap = b.diff(a, ['months', 'days', 'hours'])
  const span = Interval.fromDateTimes(a, a.plus({ days: 3 }))
  return {
    iso: [a.toISO(), b.toISO(), b.toUTC().toISO(), a.toISODate(), a.toISOWeekDate(), a.toMillis(), a.toHTTP(), a.toRFC2822()],
    formatted: [a.toFormat('yyyy LLL dd, HH:mm:ss.SSS'), a.toFormat('cccc d LLLL kkkk-WW'), b.toFormat("h 'o''clock' a ZZ")],
    parsed: [DateTime.fromFormat('31.01.2025 09:05', 'dd.MM.yyyy HH:mm', { zone: 'utc' }).toISO(), DateTime.fromRFC2822('Tue, 01 Nov 2016 13:23:12 +0630').toISO(), DateTime.fromSQL('2017-05-15 09:24:15', { zone: 'utc' }).toISO(), DateTime.fromISO('2024-02-30').invalidReason, DateTime.fromISO('x').isValid],
    moved: [a.plus({ months: 1, days: 2 }).toISO(), b.minus({ weeks: 2 }).toISODate(), a.endOf('month').toISO(), a.startOf('week').toISO(), a.setZone('utc-5').toISO(), a.set({ hour: 3 }).hour],
    parts: [a.weekday, a.weekNumber, a.ordinal, a.daysInMonth, a.isInLeapYear, a.quarter, b.offset, a < b],
    duration: [gap.toObject(), gap.toISO(), Duration.fromISO('P1Y2M3DT4H5M6S').toObject(), Duration.fromMillis(3_723_004).toFormat('hh:mm:ss.SSS'), Duration.fromObject({ hours: 30 }).shiftTo('days', 'hours').toObject()],
    interval: [span.toISO(), span.count('days'), span.splitBy({ days: 1 }).length, span.contains(a.plus({ hours: 1 }))],
    now: [DateTime.now().toISO(), a.toRelative(), b.toRelative({ style: 'short' })],
    json: JSON.stringify({ a }),
  }
}
