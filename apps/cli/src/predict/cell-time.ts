const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const CLOCK = String.raw`(?:[T ](?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:[.,](?<part>\d{1,9}))?)?)?`;
const ZONE = String.raw`\s?(?<zone>Z|[+-]\d{2}:?\d{2})?`;
const FORMS = [
  String.raw`(?<year>\d{4})[-/](?<month>\d{1,2})[-/](?<day>\d{1,2})`,
  String.raw`(?<day>\d{1,2})\.(?<month>\d{1,2})\.(?<year>\d{4})`,
  String.raw`(?<day>\d{1,2})-(?<name>[A-Za-z]{3})-(?<year>\d{4})`,
  String.raw`(?<name>[A-Za-z]{3})[a-z]* (?<day>\d{1,2}),? (?<year>\d{4})`,
].map((date) => new RegExp(`^${date}${CLOCK}${ZONE}$`, 'i'));

/** A time in the forms that training reads too, as RFC 3339; without a zone it is UTC. Days and hours that there are not are none. */
export function parseTime(text: string): string | undefined {
  const found = FORMS.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
  if (found === undefined) return undefined;
  const { name } = found;
  const month = name === undefined ? Number(found['month']) : MONTHS.indexOf(name.slice(0, 3).toLowerCase()) + 1;
  const [year, day] = [Number(found['year']), Number(found['day'])];
  const [hour, minute, second] = [Number(found['hour'] ?? 0), Number(found['minute'] ?? 0), Number(found['second'] ?? 0)];
  const midnight = new Date(Date.UTC(year, month - 1, day));
  if (midnight.getUTCMonth() !== month - 1 || midnight.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) return undefined;
  const milliseconds = Number((found['part'] ?? '').padEnd(3, '0').slice(0, 3));
  const at = midnight.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds - offsetOf(found['zone']);
  return new Date(at).toISOString();
}

function offsetOf(zone: string | undefined): number {
  if (zone === undefined || zone.toUpperCase() === 'Z') return 0;
  const [sign, hours, minutes] = [zone[0] === '-' ? -1 : 1, Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  return sign * (hours * 60 + minutes) * 60_000;
}
