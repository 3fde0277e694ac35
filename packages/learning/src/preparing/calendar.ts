import type { Arithmetic } from '#/preparing/arithmetic.ts';
import type { DatePart } from '#/preparing/plan.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;

/**
 * Parts of a time in milliseconds since 1970, in UTC, of the Gregorian calendar before its time too. Howard Hinnant's `civil_from_days`
 * (chrono-Compatible Low-Level Date Algorithms), in doubles: exact for all times that JavaScript has dates of. NaN has NaN parts.
 */
export function partsOf<T>(a: Arithmetic<T>, time: T, parts: readonly DatePart[]): T[] {
  const times = (x: T, factor: number): T => a.multiply(x, a.number(factor));
  const plus = (x: T, term: number): T => a.add(x, a.number(term));
  const quotient = (x: T, divisor: number): T => a.floor(a.divide(x, a.number(divisor)));
  const rest = (x: T, divisor: number): T => a.subtract(x, times(quotient(x, divisor), divisor));

  const days = quotient(time, DAY);
  const weekday = (): T => rest(plus(days, 3), 7);
  const made: Partial<Record<DatePart, T>> = {};
  if (parts.includes('year') || parts.includes('month') || parts.includes('day')) {
    const shifted = plus(days, 719_468);
    const era = quotient(shifted, 146_097);
    const dayOfEra = a.subtract(shifted, times(era, 146_097));
    const leapless = a.subtract(
      a.add(a.subtract(dayOfEra, quotient(dayOfEra, 1460)), quotient(dayOfEra, 36_524)),
      quotient(dayOfEra, 146_096),
    );
    const yearOfEra = quotient(leapless, 365);
    const before = a.subtract(a.add(times(yearOfEra, 365), quotient(yearOfEra, 4)), quotient(yearOfEra, 100));
    const dayOfYear = a.subtract(dayOfEra, before);
    // Months are counted from March, so that a leap day is the last one of a year.
    const month = quotient(plus(times(dayOfYear, 5), 2), 153);
    const year = a.add(yearOfEra, times(era, 400));
    made.day = plus(a.subtract(dayOfYear, quotient(plus(times(month, 153), 2), 5)), 1);
    made.month = a.whereLess(month, a.number(10), [plus(month, 3), plus(month, -9)]);
    made.year = a.whereLess(month, a.number(10), [year, plus(year, 1)]);
  }
  if (parts.includes('weekday')) made.weekday = weekday();
  if (parts.includes('is_weekend')) made.is_weekend = quotient(made.weekday ?? weekday(), 5);
  if (parts.includes('hour')) made.hour = quotient(rest(time, DAY), HOUR);
  if (parts.includes('days')) made.days = days;
  return parts.map((part) => made[part] as T);
}
