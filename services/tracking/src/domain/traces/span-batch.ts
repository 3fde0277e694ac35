import { checkKey, fitTagValue } from '@mlab/mlflow';
import type { ReceivedSpan, SpanStatus } from '#/domain/otlp/received-span.ts';
import { objectText, quoted } from '#/domain/otlp/value-text.ts';
import { previewOf } from './preview.ts';
import { COST_KEYS, numbersIn, sumOf, TOKEN_KEYS, type Numbers } from './sums.ts';
import { ATTRIBUTE, IN_DATABASE, METADATA, TAG, type TraceState } from './trace.ts';
import { textIn, translate } from './translate.ts';

/** A span as it is kept. */
export interface Span {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly name: string;
  readonly type: string | undefined;
  readonly status: SpanStatus;
  readonly message: string | undefined;
  /** In nanoseconds since 1970. */
  readonly start: bigint;
  readonly end: bigint | undefined;
  /** The JSON text of an object. */
  readonly attributes: string;
  /** The JSON text of a list; absent when it is empty. */
  readonly events: string | undefined;
  readonly links: string | undefined;
  readonly model: string | undefined;
  readonly provider: string | undefined;
  readonly tokens: Numbers | undefined;
  readonly cost: Numbers | undefined;
}

/** What the spans of one request say of one trace. */
export interface TraceSeen {
  readonly id: string;
  readonly startMs: number;
  readonly durationMs: number | undefined;
  /** In progress until its root has come. */
  readonly state: TraceState;
  readonly requestPreview: string | undefined;
  readonly responsePreview: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tokens: Numbers | undefined;
  readonly cost: Numbers | undefined;
  readonly spans: readonly Span[];
}

const traceIdOf = (otelId: string): string => `tr-${otelId}`;

/** The spans of a request, by trace, in the order of the traces' ids: so nobody waits in a circle for somebody else. */
export function batchOf(received: readonly ReceivedSpan[]): readonly TraceSeen[] {
  const byTrace = Map.groupBy(received, ({ traceId }) => traceId);
  return [...byTrace]
    .toSorted(([first], [second]) => (first < second ? -1 : 1))
    .map(([traceId, spans]) => seenIn(traceIdOf(traceId), spans));
}

const MS = 1_000_000n;

function seenIn(id: string, received: readonly ReceivedSpan[]): TraceSeen {
  // Of one that came twice the last counts.
  const spans = [...new Map(received.map((span) => [span.id, keep(id, span)])).values()];
  const startMs = Number(spans.reduce((least, { start }) => (start < least ? start : least), spans[0]?.start ?? 0n) / MS);
  const ends = spans.flatMap(({ end }) => (end === undefined ? [] : [end]));
  const root = received.findLast(({ parentId }) => parentId === undefined);
  const inputs = root?.attributes.get(ATTRIBUTE.inputs);
  const outputs = root?.attributes.get(ATTRIBUTE.outputs);
  const nodes = (of: 'tokens' | 'cost') => spans.map((span) => ({ id: span.id, parentId: span.parentId, numbers: span[of] }));
  return {
    id,
    startMs,
    durationMs: ends.length === 0 ? undefined : Number(ends.reduce((most, end) => (end > most ? end : most)) / MS) - startMs,
    state: root === undefined ? 'IN_PROGRESS' : root.status === 'ERROR' ? 'ERROR' : 'OK',
    requestPreview: inputs === undefined ? undefined : previewOf(inputs, 'user'),
    responsePreview: outputs === undefined ? undefined : previewOf(outputs, 'assistant'),
    tags: { ...resourceTags(received), ...rootTags(root), [TAG.spansLocation]: IN_DATABASE },
    metadata: metadataOf(received),
    tokens: sumOf(nodes('tokens'), TOKEN_KEYS),
    cost: sumOf(nodes('cost'), COST_KEYS),
    spans,
  };
}

function keep(traceId: string, { attributes, events, links, ...span }: ReceivedSpan): Span {
  // Whatever the client says: nobody adds spans to the traces of others by their attributes.
  attributes.set(ATTRIBUTE.traceId, quoted(traceId));
  translate(attributes);
  return {
    id: span.id,
    parentId: span.parentId,
    name: span.name,
    status: span.status,
    message: span.message,
    start: span.start,
    end: span.end,
    type: textIn(attributes.get(ATTRIBUTE.type)),
    attributes: objectText(attributes),
    events: events.length === 0 ? undefined : JSON.stringify(events),
    links: links.length === 0 ? undefined : JSON.stringify(links),
    model: textIn(attributes.get(ATTRIBUTE.model)),
    provider: textIn(attributes.get(ATTRIBUTE.provider)),
    tokens: numbersIn(attributes.get(ATTRIBUTE.tokens), TOKEN_KEYS),
    cost: numbersIn(attributes.get(ATTRIBUTE.cost), COST_KEYS),
  };
}

/** What produced the spans, without what the SDK says of itself and what only this service says. */
function resourceTags(received: readonly ReceivedSpan[]): Readonly<Record<string, string>> {
  const resource = received.find((span) => span.resource.size > 0)?.resource ?? new Map<string, string>();
  return tagsOf([...resource].filter(([key]) => !key.startsWith('telemetry.sdk.') && !key.startsWith('mlflow.')));
}

/** Tags that a client has put on the root, because OTLP has no other place for them. */
function rootTags(root: ReceivedSpan | undefined): Readonly<Record<string, string>> {
  const tags = [...(root?.attributes ?? [])].filter(
    ([key]) => key.startsWith(ATTRIBUTE.tag) && key !== ATTRIBUTE.tag + TAG.artifactLocation,
  );
  return tagsOf(tags.map(([key, value]) => [key.slice(ATTRIBUTE.tag.length), textIn(value) ?? value] as const));
}

/** Those that may be tags; the span is of use without the others. */
function tagsOf(entries: readonly (readonly [key: string, value: string])[]): Readonly<Record<string, string>> {
  const tags: Record<string, string> = {};
  for (const [key, value] of entries) {
    try {
      checkKey('tag', key);
    } catch {
      continue;
    }
    tags[key] = fitTagValue(value, 'cut');
  }
  return tags;
}

/** https://opentelemetry.io/docs/specs/semconv/registry/attributes/session/ */
function metadataOf(received: readonly ReceivedSpan[]): Readonly<Record<string, string>> {
  const first = (...keys: readonly string[]): string | undefined => {
    for (const { attributes } of received) {
      for (const key of keys) {
        const value = attributes.get(key);
        if (value !== undefined && value !== '""') return textIn(value) ?? value;
      }
    }
    return undefined;
  };
  const session = first('session.id', 'gen_ai.conversation.id');
  const user = first('user.id');
  return {
    ...(session === undefined ? {} : { [METADATA.session]: session.slice(0, 250) }),
    ...(user === undefined ? {} : { [METADATA.user]: user }),
  };
}
