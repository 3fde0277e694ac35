import {
  AppError,
  rootCall,
  type AnyConsumer,
  type AnyEventType,
  type AnyQueue,
  type Check,
  type Contract,
  type Database,
  type Events,
  type EventsDeclaration,
  type OpenedEvents,
  type Owner,
} from '@mlab/kernel';
import { checkType } from '#/attribute.ts';
import type { Bus } from '#/bus/bus.ts';
import { createDataCheck, type DataCheck } from '#/data-check.ts';
import { deadLetterOperations } from '#/dead-letters/contract.ts';
import { deadLetterHandlers } from '#/dead-letters/handlers.ts';
import { earOf } from '#/ear.ts';
import type { Hearing } from '#/hearing.ts';
import { INBOX_NOTICE, openIntake, type Intake } from '#/intake.ts';
import type { Members } from '#/members.ts';
import { openEventMetrics } from '#/metrics.ts';
import type { Notices } from '#/notices.ts';
import { createPublisher } from '#/publisher.ts';
import { ensureRegistered, REGISTERED_NOTICE, type Declared } from '#/registered.ts';
import { openRelay } from '#/relay.ts';
import type { Requests } from '#/requests.ts';
import type { Serving } from '#/serving.ts';
import type { EventsSettings } from '#/settings.ts';
import { readBacklog } from '#/store/backlog.ts';
import { knownConsumers } from '#/store/consumers.ts';
import { openUpkeep } from '#/upkeep.ts';
import { openWorker, type Turn, type Worker } from '#/worker.ts';

/** What all services of a process share. */
export interface Shared {
  readonly bus: Bus;
  readonly members: Members;
  readonly notices: Notices;
  readonly requests: Requests;
  readonly hearing: Hearing;
  readonly suspects: Turn;
  readonly settings: EventsSettings;
}

const STATEMENT_MS = 10_000;
/** How long a consumer's first start waits for a bus that is away. */
const REGISTER_MS = 10_000;

/** Opens what one service tells and hears. */
export async function openEvents(
  shared: Shared,
  owner: Owner,
  database: Database,
  { contract, needs, consumes, hears = {} }: EventsDeclaration,
): Promise<OpenedEvents> {
  const { bus, members, notices, requests, hearing, suspects, settings } = shared;
  const { name: service, telemetry, clock, random } = owner;
  const { log } = telemetry;
  const inboxes = declaredInboxes(contract, needs, consumes);
  const declared: Declared[] = [...inboxes].map(([consumer, { type, output }]) => ({
    consumer,
    channel: type,
    fromBeginning: output !== undefined,
  }));
  if (declared.length > 0) await registerAtStart(service, database, bus, declared);

  const look = () => readBacklog(database.for(rootCall(service, STATEMENT_MS)));
  const metrics = openEventMetrics(telemetry.metrics, look);
  const relay = openRelay({ service, database, bus, log, clock, random, relayed: metrics.relayed });
  const serving: Serving = {
    service,
    database,
    telemetry,
    clock,
    random,
    settings,
    metrics,
    wakeRelay: relay.wake,
  };
  const member = members.join();
  let intake: Intake | undefined;
  let workers: readonly Worker[] = [];
  let missed: string | undefined;
  let deafen = (): void => {};
  const wakeWorkers = (): void => {
    for (const worker of workers) worker.wake();
  };
  const deaf = [
    notices.on(INBOX_NOTICE, (who) => (who === service || who === '') && wakeWorkers()),
    notices.on(REGISTERED_NOTICE, (who) => who === service && intake?.changed()),
  ];
  const upkeep = openUpkeep({ serving, member, consumers: [...inboxes.keys()], workers: () => workers, relay });

  const stop = async (): Promise<void> => {
    const stopping = intake;
    intake = undefined;
    deafen();
    await Promise.all([stopping?.[Symbol.asyncDispose](), ...workers.map((worker) => worker.stop(settings.stopMs))]);
    workers = [];
  };

  const checks = (): readonly Check[] => [
    bus.check(),
    upkeep.check(),
    ...(missed === undefined ? [] : [{ name: 'events', ok: false, required: false, detail: missed }]),
  ];

  const events: Events = createPublisher(serving, contract, needs, requests);
  return {
    events,
    checks,
    ...(declared.length === 0
      ? {}
      : {
          added: {
            operations: deadLetterOperations(service),
            handlers: deadLetterHandlers({
              database,
              checks: new Map([...inboxes].map(([consumer, { data }]) => [consumer, data])),
              redriven: wakeWorkers,
            }),
          },
        }),
    consume: async ({ consumers, workers: queueWorkers, listeners }) => {
      const handlers = { ...consumers, ...queueWorkers };
      for (const consumer of inboxes.keys())
        if (handlers[consumer] === undefined) throw new Error(`${service} has nobody who handles ${consumer}.`);
      if (Object.keys(hears).length > 0) deafen = hearing.add(earOf(owner, hears, listeners));
      if (declared.length === 0) return;
      workers = [...inboxes].map(([consumer, { type, data, output }]) =>
        openWorker({
          serving,
          member,
          suspects,
          consumer: { name: consumer, type, data, output, handle: handlers[consumer] as AnyConsumer },
        }),
      );
      intake = openIntake({
        service,
        database,
        bus,
        member,
        declared,
        log,
        clock,
        random,
        received: (consumer, count) => {
          metrics.received(consumer, count);
          wakeWorkers();
        },
        cutOff: (position, cut) => {
          missed = `has missed events: the bus has dropped those up to ${cut}, and those up to ${position} had been read`;
          metrics.cutOff();
          log.error({ position: String(position), cut: String(cut) }, 'the bus has dropped events that had not been read');
        },
        lag: (entries) => metrics.lag(Number(entries)),
      });
    },
    stop,
    [Symbol.asyncDispose]: async () => {
      for (const end of deaf) end();
      await stop();
      await Promise.all([relay[Symbol.asyncDispose](), upkeep[Symbol.asyncDispose]()]);
      await member.leave();
    },
  };
}

interface Inbox {
  readonly type: string;
  readonly data: DataCheck;
  /** Of a queue. */
  readonly output: DataCheck | undefined;
}

/** By the name of the consumer or of the queue. */
function declaredInboxes(
  contract: Contract,
  needs: readonly Contract[],
  consumes: Readonly<Record<string, AnyEventType>>,
): ReadonlyMap<string, Inbox> {
  const queues: Readonly<Record<string, AnyQueue>> = contract.queues ?? {};
  for (const { type } of [contract, ...needs].flatMap(({ events = {}, queues: theirs = {} }) => [
    ...Object.values(events),
    ...Object.values(theirs),
  ]))
    checkType(type);
  const inboxes = new Map<string, Inbox>();
  for (const [name, { type, input, output }] of Object.entries(queues))
    inboxes.set(name, { type, data: createDataCheck(input), output: createDataCheck(output) });
  for (const [name, { type, data }] of Object.entries(consumes)) {
    checkType(type);
    if (inboxes.has(name))
      throw new Error(`${contract.name} has a queue and a consumer of the name ${name}: each needs a name of its own.`);
    inboxes.set(name, { type, data: createDataCheck(data), output: undefined });
  }
  return inboxes;
}

/** A consumer that has been there before may begin without the bus; a new one must learn where its events begin. */
async function registerAtStart(service: string, database: Database, bus: Bus, declared: readonly Declared[]): Promise<void> {
  const until = AbortSignal.timeout(REGISTER_MS);
  for (;;) {
    try {
      await ensureRegistered(service, database, declared, await bus.range(until));
      return;
    } catch (error) {
      if (!AppError.is(error, 'unavailable')) throw error;
      const known = await knownConsumers(database.for(rootCall(service, STATEMENT_MS)));
      if (declared.every(({ consumer }) => known.has(consumer))) return;
      if (until.aborted) throw new Error(`${service} cannot begin to hear events: ${error.message}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
