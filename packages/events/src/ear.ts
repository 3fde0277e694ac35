import type { AnyEventType, AnyListener, EventHandlers, Owner } from '@mlab/kernel';
import type { Logger } from '@mlab/telemetry';
import { checkType } from '#/attribute.ts';
import { createDataCheck, type DataCheck } from '#/data-check.ts';

/** One service that hears: by the type of an event, who is to be told of it. */
export interface Ear {
  readonly log: Logger;
  readonly channels: ReadonlyMap<string, readonly Listener[]>;
  readonly missed: () => void;
}

export interface Listener {
  readonly name: string;
  readonly data: DataCheck;
  readonly hear: AnyListener;
}

/** Throws a sentence when the table of listeners is not whole. */
export function earOf(
  { name: service, telemetry }: Owner,
  hears: Readonly<Record<string, AnyEventType>>,
  listeners: EventHandlers['listeners'],
): Ear {
  const named = (name: string): AnyListener => {
    const listener = listeners[name];
    if (listener === undefined) throw new Error(`${service} has nobody who hears ${name}.`);
    return listener;
  };
  if ('missed' in hears) throw new Error(`${service} hears an event by the name missed, which is for what was not heard.`);
  const channels = new Map<string, Listener[]>();
  for (const [name, { type, data }] of Object.entries(hears)) {
    checkType(type);
    channels.set(type, [...(channels.get(type) ?? []), { name, data: createDataCheck(data), hear: named(name) }]);
  }
  return { log: telemetry.log, channels, missed: named('missed') as () => void };
}
