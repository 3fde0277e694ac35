import { ROOT_CONTEXT, SpanKind as OtelKind, SpanStatusCode, trace, type Context, type Span as OtelSpan } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler,
} from '@opentelemetry/sdk-trace';
import type { OtelSettings } from '#/otel-settings.ts';
import { parseTraceparent, type Attributes, type Span, type TraceContext, type Tracer } from '#/trace.ts';

const KINDS = { server: OtelKind.SERVER, client: OtelKind.CLIENT } as const;

/**
 * Spans recorded and sent by OTLP. This module is imported only when `OTEL_*` asks for it.
 * `OTEL_SERVICE_NAME` replaces the name of a service, so set it per process only.
 */
export function openOtelTracer(service: string, version: string, settings: OtelSettings): Tracer {
  const named = resourceFromAttributes({ 'service.name': service, 'service.namespace': 'mlab', 'service.version': version });
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(named)
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: samplerOf(settings),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter(),
        scheduledDelayMillis: settings.scheduledDelayMillis,
        maxQueueSize: settings.maxQueueSize,
        maxExportBatchSize: Math.min(settings.maxExportBatchSize, settings.maxQueueSize),
      }),
    ],
  });
  const tracer = provider.getTracer('mlab', version);
  return {
    start: (name, kind, parent, attributes = {}) =>
      spanOf(tracer.startSpan(name, { kind: KINDS[kind], attributes }, contextOf(parent)), parent?.tracestate),
    [Symbol.asyncDispose]: () => provider.shutdown(),
  };
}

function contextOf(parent: TraceContext | undefined): Context {
  const known = parent === undefined ? undefined : parseTraceparent(parent.traceparent);
  if (known === undefined) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: known.traceId,
    spanId: known.spanId,
    traceFlags: Number.parseInt(known.flags, 16) & 1,
    isRemote: true,
  });
}

function spanOf(span: OtelSpan, tracestate: string | undefined): Span {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    traceId,
    traceparent: `00-${traceId}-${spanId}-0${traceFlags & 1}`,
    tracestate,
    end: (attributes?: Attributes, error?: string) => {
      if (attributes !== undefined) span.setAttributes(attributes);
      if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
      span.end();
    },
  };
}

function samplerOf({ sampler, samplerRatio }: OtelSettings): Sampler {
  const root = ROOTS[sampler.replace('parentbased_', '')];
  if (root === undefined) {
    throw new Error(`OTEL_TRACES_SAMPLER is "${sampler}"; known are always_on, always_off, traceidratio and the same behind parentbased_.`);
  }
  return sampler.startsWith('parentbased_') ? new ParentBasedSampler({ root: root(samplerRatio) }) : root(samplerRatio);
}

const ROOTS: Readonly<Record<string, (ratio: number) => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio),
};
