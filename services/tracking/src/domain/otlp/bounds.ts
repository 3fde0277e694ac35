import { AppError } from '@mlab/kernel';

/** Exporters send 512 spans at a time, collectors some thousands. */
const MAX_SPANS = 50_000;
/** A few bytes can be a value, and each value becomes some hundred bytes here. */
const MAX_VALUES = 1_000_000;
/** As deep as protobuf's own readers go, in messages. https://protobuf.dev/programming-guides/proto-limits/ */
export const MAX_DEPTH = 100;

/** Keeps count of what one request holds, so that a small body cannot become a large heap. */
export class Bounds {
  #spans = 0;
  #values = 0;

  span(): void {
    if (++this.#spans > MAX_SPANS) throw new AppError('too_large', `One request holds at most ${MAX_SPANS} spans.`);
  }

  value(): void {
    if (++this.#values > MAX_VALUES) throw new AppError('too_large', `The spans of one request hold at most ${MAX_VALUES} values.`);
  }
}

/** For whom it cannot be read at all. */
export const unreadable = (what: string): AppError => new AppError('malformed', `Invalid OpenTelemetry format: ${what}`);

/** For a span that can be read and cannot be kept. */
export const unconvertible = (what: string): AppError =>
  new AppError('invalid', `Cannot convert OpenTelemetry span to MLflow span: ${what}`);
