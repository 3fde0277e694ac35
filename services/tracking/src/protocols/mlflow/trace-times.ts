import { invalidParameter } from '@mlab/mlflow';

const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const DURATION = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/;

/** A `google.protobuf.Timestamp`, in milliseconds since 1970; what is finer is cut off, as in MLflow. */
export function readTimestamp(text: string, field: string): number {
  const [, seconds, fraction = '', zone] = TIME.exec(text) ?? [];
  const whole = seconds === undefined ? Number.NaN : Date.parse(`${seconds}${zone ?? ''}`);
  if (Number.isNaN(whole)) throw invalid(field, text, 'expected a time such as 2026-01-31T12:00:00.123Z');
  return whole + Math.trunc(Number(`0${fraction}`) * 1000);
}

/** A `google.protobuf.Duration`, in milliseconds. */
export function readDuration(text: string, field: string): number {
  const [, sign, seconds, fraction = ''] = DURATION.exec(text) ?? [];
  if (seconds === undefined) throw invalid(field, text, 'expected seconds such as 1.5s');
  const ms = Number(seconds) * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3));
  return sign === '-' ? -ms : ms;
}

/** With three digits behind the point or none: protobuf writes no other number of them for milliseconds. */
export const timestampText = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');

export function durationText(ms: number): string {
  const [seconds, fraction] = [Math.trunc(Math.abs(ms) / 1000), Math.abs(ms) % 1000];
  return `${ms < 0 ? '-' : ''}${seconds}${fraction === 0 ? '' : `.${String(fraction).padStart(3, '0')}`}s`;
}

const invalid = (field: string, text: string, expected: string): Error =>
  invalidParameter(`Invalid value ${JSON.stringify(text.slice(0, 100))} for parameter '${field}' supplied: ${expected}.`);
