// date-fns: arithmetic, formats and comparisons of dates that are given. The zone is UTC.
import {
  add, addMonths, compareAsc, differenceInCalendarDays, differenceInMonths, eachDayOfInterval, endOfMonth, format,
  formatDistanceStrict, formatISO, formatISODuration, getISOWeek, intervalToDuration, isLeapYear, isValid, isWithinInterval,
  max, nextFriday, parse, parseISO, roundToNearestMinutes, startOfISOWeek, sub,
} from 'date-fns'
import { de } from 'date-fns/locale/de'

export const main = async () => {
  const a = parseISO('2024-02-28T22:15:30.000Z')
  const b = parseISO('2025-01-31T09:00:00.000Z')
  const iso = d => d.toISOString()
  return {
    parsed: [iso(a), iso(parse('31.01.2025 09:05', 'dd.MM.yyyy HH:mm', new Date(0))), isValid(parseISO('2024-13-01')), isValid(parse('x', 'yyyy', new Date(0)))],
    formatted: [format(a, 'EEEE, do MMMM yyyy, HH:mm:ss'), format(a, "PPPP 'at' p"), format(a, 'PPPP', { locale: de }), formatISO(a, { representation: 'date' }), format(b, "RRRR-'W'II-i")],
    added: [iso(add(a, { days: 2, hours: 5 })), iso(addMonths(b, 1)), iso(sub(b, { weeks: 3 })), iso(endOfMonth(a)), iso(startOfISOWeek(a)), iso(nextFriday(a))],
    differences: [differenceInCalendarDays(b, a), differenceInMonths(b, a), formatDistanceStrict(a, b), formatDistanceStrict(a, b, { locale: de, addSuffix: true })],
    duration: [intervalToDuration({ start: a, end: b }), formatISODuration(intervalToDuration({ start: a, end: b }))],
    days: eachDayOfInterval({ start: a, end: add(a, { days: 2 }) }).map(d => format(d, 'MM-dd')),
    is: [isLeapYear(a), isLeapYear(b), isWithinInterval(a, { start: sub(a, { days: 1 }), end: b }), compareAsc(a, b), getISOWeek(b)],
    rounded: [iso(roundToNearestMinutes(a, { nearestTo: 15 })), iso(max([a, b]))],
  }
}
