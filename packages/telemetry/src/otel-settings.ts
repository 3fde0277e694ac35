/**
 * The standard environment variables that switch tracing on.
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 * The exporter reads the `OTEL_EXPORTER_OTLP_*` ones (endpoint, headers, timeout, compression, certificates) by itself.
 */
export interface OtelSettings {
  readonly sampler: string;
  readonly samplerRatio: number;
  readonly scheduledDelayMillis: number;
  readonly maxQueueSize: number;
  readonly maxExportBatchSize: number;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Undefined when nothing asks for traces. Throws a sentence when what is asked for cannot be done. */
export function readOtelSettings(env: Env): OtelSettings | undefined {
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return undefined;
  const exporter = env['OTEL_TRACES_EXPORTER'] ?? '';
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '';
  if (exporter === 'none' || (exporter === '' && endpoint === '')) return undefined;
  if (exporter !== '' && exporter !== 'otlp')
    throw new Error(`OTEL_TRACES_EXPORTER is "${exporter}"; this platform exports by "otlp" or "none".`);
  const protocol = env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] ?? env['OTEL_EXPORTER_OTLP_PROTOCOL'] ?? 'http/protobuf';
  if (protocol !== 'http/protobuf') {
    throw new Error(`OTEL_EXPORTER_OTLP_PROTOCOL is "${protocol}"; this platform speaks "http/protobuf" (port 4318 of a collector).`);
  }
  return {
    sampler: env['OTEL_TRACES_SAMPLER'] ?? 'parentbased_always_on',
    samplerRatio: positive(env, 'OTEL_TRACES_SAMPLER_ARG', 1),
    scheduledDelayMillis: positive(env, 'OTEL_BSP_SCHEDULE_DELAY', 5000),
    maxQueueSize: positive(env, 'OTEL_BSP_MAX_QUEUE_SIZE', 2048),
    maxExportBatchSize: positive(env, 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE', 512),
  };
}

function positive(env: Env, name: string, otherwise: number): number {
  const text = env[name];
  if (text === undefined || text === '') return otherwise;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new Error(`${name} is "${text}"; it takes a number that is not negative.`);
  return value;
}
