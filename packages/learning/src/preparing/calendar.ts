import type { Arithmetic } from '#/preparing/arithmetic.ts';
import type { DatePart } from '#/preparing/plan.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;

/**
 * Parts of a time in milliseconds since 1970, in UTC, of the Gregorian calendar before its time too. Howard Hinnant's `civil_from_days`
 * (chrono-Compatible Low-Level Date Algorithms), in doubles: exact for all times that JavaScript has dates of. NaN has NaN parts.
 */
export function calendar<T>(a: Arithmetic<T>): (time: T, parts: readonly DatePart[]) => T[] {
  const times = (x: T, factor: number): T => a.multiply(x, a.number(factor));
  const plus = (x: T, term: number): T => a.add(x, a.number(term));
  const quotient = (x: T, divisor: number): T => a.floor(a.divide(x, a.number(divisor)));
  const rest = (x: T, divisor: number): T => a.subtract(x, times(quotient(x, divisor), divisor));

  const dateOf = (days: T): Civil<T> => {
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
    return { year: a.add(yearOfEra, times(era, 400)), month: quotient(plus(times(dayOfYear, 5), 2), 153), dayOfYear };
  };

  return (time, parts) => {
    const days = quotient(time, DAY);
    let date: Civil<T> | undefined;
    let weekday: T | undefined;
    return parts.map((part) => {
      if (part === 'days') return days;
      if (part === 'hour') return quotient(rest(time, DAY), HOUR);
      if (part === 'weekday') return (weekday ??= rest(plus(days, 3), 7));
      if (part === 'is_weekend') return quotient((weekday ??= rest(plus(days, 3), 7)), 5);
      date ??= dateOf(days);
      const { year, month, dayOfYear } = date;
      if (part === 'day') return plus(a.subtract(dayOfYear, quotient(plus(times(month, 153), 2), 5)), 1);
      if (part === 'month') return a.whereLess(month, a.number(10), [plus(month, 3), plus(month, -9)]);
      return a.whereLess(month, a.number(10), [year, plus(year, 1)]);
    });
  };
}

/** A date whose year begins with March; months from 0. */
interface Civil<T> {
  readonly year: T;
  readonly month: T;
  readonly dayOfYear: T;
}
