import { AppError } from '@mlab/kernel';

/** RFC 3339, section 5.6. A `+` in a query means a space, so a space in its place is taken for one. */
const RFC_3339 = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d(?:\.\d+)?)([Zz]|[+ -]\d\d:\d\d)$/;

/** Unix milliseconds, rounded up, of a time in a query. */
export function readTime(name: string, text: string): number {
  const [, day = '', time = '', zone = ''] = RFC_3339.exec(text) ?? [];
  const ms = Date.parse(`${day}T${time}${zone.replace(' ', '+').toUpperCase()}`);
  if (day !== '' && !Number.isNaN(ms) && isDay(day)) return ms;
  const msg = 'Input should be a time as RFC 3339 writes it, such as 2026-01-31T12:00:00Z';
  throw new AppError('invalid', `${name}: ${msg}.`, {
    issues: [{ type: 'datetime_from_date_parsing', loc: ['query', name], msg, input: text }],
  });
}

/** Dates such as 30 February are read as another day. */
const isDay = (day: string): boolean => new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
