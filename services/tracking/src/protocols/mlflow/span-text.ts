import type { ForeignAnswer } from '@mlab/kernel';
import { keyValuesText, membersOf } from '#/domain/otlp/key-values.ts';
import type { SpanEvent, SpanLink } from '#/domain/otlp/received-span.ts';
import type { StoredSpan } from '#/store/traces/spans.ts';
import type { WholeTrace } from '#/traces/traces.ts';
import { traceInfoShape } from './trace-shapes.ts';

/*
 * JSON of spans, written as text: their times and some of their numbers are larger than what JavaScript's numbers hold, and their attributes
 * are JSON already.
 */

const STATUS_CODES = { UNSET: 'STATUS_CODE_UNSET', OK: 'STATUS_CODE_OK', ERROR: 'STATUS_CODE_ERROR' } as const;

export const jsonAnswer = (body: string): ForeignAnswer => ({ status: 200, contentType: 'application/json', body });

/** A trace with its spans as OTLP has them. */
export const traceText = ({ trace, spans }: WholeTrace): string =>
  `{"trace_info":${JSON.stringify(traceInfoShape(trace))}${spans.length === 0 ? '' : `,"spans":[${spans.map((span) => spanText(trace.id, span)).join(',')}]`}}`;

function spanText(traceId: string, { id, parentId, name, status, message, start, end, attributes, events, links }: StoredSpan): string {
  const fields = [
    `"trace_id":${base64(otelId(traceId))}`,
    `"span_id":${base64(id)}`,
    ...(parentId === undefined ? [] : [`"parent_span_id":${base64(parentId)}`]),
    `"name":${JSON.stringify(name)}`,
    `"start_time_unix_nano":${start}`,
    ...(end === undefined ? [] : [`"end_time_unix_nano":${end}`]),
    `"attributes":${keyValuesText(attributes)}`,
    ...(events === undefined ? [] : [`"events":[${eventsIn(events).map(eventText).join(',')}]`]),
    ...(links === undefined ? [] : [`"links":[${linksIn(links).map(linkText).join(',')}]`]),
    `"status":${JSON.stringify({ code: status === 'UNSET' ? undefined : STATUS_CODES[status], message })}`,
  ];
  return `{${fields.join(',')}}`;
}

const eventText = ({ name, time, attributes }: SpanEvent): string =>
  `{"time_unix_nano":${time},"name":${JSON.stringify(name)}${attributes === '{}' ? '' : `,"attributes":${keyValuesText(attributes)}`}}`;

const linkText = ({ traceId, spanId, attributes }: SpanLink): string =>
  `{"trace_id":${base64(traceId)},"span_id":${base64(spanId)}${attributes === '{}' ? '' : `,"attributes":${keyValuesText(attributes)}`}}`;

/** The file `traces.json`, in which clients keep spans where no server takes them. */
export const traceFileText = ({ trace, spans }: WholeTrace): string =>
  `{"spans":[${spans.map((span) => fileSpanText(trace.id, span)).join(',')}]}`;

function fileSpanText(traceId: string, { id, parentId, name, status, message, start, end, attributes, events, links }: StoredSpan): string {
  const dumped = membersOf(attributes).map(([key, value]) => `${key}:${JSON.stringify(value)}`);
  const fields = [
    `"trace_id":${base64(otelId(traceId))}`,
    `"span_id":${base64(id)}`,
    `"parent_span_id":${parentId === undefined ? 'null' : base64(parentId)}`,
    `"name":${JSON.stringify(name)}`,
    `"start_time_unix_nano":${start}`,
    `"end_time_unix_nano":${end ?? 'null'}`,
    `"events":[${eventsIn(events)
      .map((event) => `{"name":${JSON.stringify(event.name)},"time_unix_nano":${event.time},"attributes":${event.attributes}}`)
      .join(',')}]`,
    `"status":${JSON.stringify({ code: STATUS_CODES[status], message: message ?? '' })}`,
    `"attributes":{${dumped.join(',')}}`,
    `"links":[${linksIn(links)
      .map((link) => `{"trace_id":"tr-${link.traceId}","span_id":"${link.spanId}","attributes":${link.attributes}}`)
      .join(',')}]`,
  ];
  return `{${fields.join(',')}}`;
}

const eventsIn = (text: string | undefined): readonly SpanEvent[] => (text === undefined ? [] : (JSON.parse(text) as readonly SpanEvent[]));
const linksIn = (text: string | undefined): readonly SpanLink[] => (text === undefined ? [] : (JSON.parse(text) as readonly SpanLink[]));

/** Traces that have spans are called by the id that the spans have. */
const otelId = (traceId: string): string => traceId.replace(/^tr-/, '');

const base64 = (digits: string): string => `"${Buffer.from(digits, 'hex').toString('base64')}"`;
