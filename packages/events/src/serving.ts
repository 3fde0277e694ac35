import type { Clock, Database } from '@mlab/kernel';
import type { Telemetry } from '@mlab/telemetry';
import type { EventMetrics } from '#/metrics.ts';
import type { EventsSettings } from '#/settings.ts';

/** What the parts that handle events for one service have in common. */
export interface Serving {
  readonly service: string;
  readonly database: Database;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly random: () => number;
  readonly settings: EventsSettings;
  readonly metrics: EventMetrics;
  /** Something was put into the outbox. */
  readonly wakeRelay: () => void;
}
