import { gateway } from '@mlab/contracts/gateway';
import { monitoring } from '@mlab/contracts/monitoring';
import { predictor } from '@mlab/contracts/predictor';
import { registry } from '@mlab/contracts/registry';
import { tracking } from '@mlab/contracts/tracking';
import { training } from '@mlab/contracts/training';
import { defineService } from '@mlab/kernel';
import { config } from '#/config.ts';
import { openRateLimit } from '#/domain/rate-limit.ts';
import { checkServiceB } from '#/domain/service-b-check.ts';
import { openUpstream, type Upstream } from '#/domain/upstream.ts';
import { handlers } from '#/handlers.ts';
import { openInputLines } from '#/input-line.ts';
import { keepInputs } from '#/input-log/keep-inputs.ts';
import { rateLimitDoor } from '#/rate-limit-door.ts';
import { openInferenceBefore } from '#/protocols/open-inference/handlers.ts';
import { askServiceB } from '#/service-b/ask-service-b.ts';
import { copiesOver } from '#/service-b/copies-over.ts';
import { handOn } from '#/service-b/hand-on.ts';
import type { ServiceB } from '#/service-b/service-b.ts';
import { unreadRows } from '#/unread-rows.ts';
import { countFallbacks, observeUpstream } from '#/upstream-telemetry.ts';

export const service = defineService({
  contract: gateway,
  needs: { predictor },
  forwards: [predictor, monitoring, tracking, registry, training],
  config,
  database: { migrations: new URL('../migrations/', import.meta.url), optional: true },
  async start({ config, peers, database, events, log, metrics, clock, random }) {
    const onEvent = observeUpstream(log, metrics, () => upstream.snapshot());
    const upstream: Upstream<ServiceB> = openUpstream(config, {
      now: () => clock.monotonic(),
      schedule: (ms, task) => clock.schedule(ms, task),
      random,
      onEvent,
      name: predictor.label,
    });
    const fallback = config.fallbackClass === '' ? undefined : { class: config.fallbackClass, confidence: config.fallbackConfidence };
    const monotonic = (): number => clock.monotonic();
    const inputs =
      database === undefined
        ? undefined
        : keepInputs(database, events, { config: config.inputLog, redacted: config.logInput === 'redacted', log, metrics, clock, random });
    const serviceB = askServiceB(upstream, await copiesOver(config.transport, peers.predictor, events), clock);
    const deps = {
      logInput: openInputLines(log, { show: config.logInput, limit: config.logInputLimit }),
      inputs,
      serviceB,
      maxText: config.inputLog.maxModelText,
      fallback,
      fellBack: countFallbacks(metrics),
      monotonic,
    };
    return {
      beside: serviceB.predictUnread === undefined ? {} : { predictRows: unreadRows({ ...deps, predictUnread: serviceB.predictUnread }) },
      handlers: handlers(deps, { database, searchMs: config.inputLog.searchTimeoutMs, monotonic }),
      protocols: {
        openInference: openInferenceBefore({ ...deps, infer: serviceB.infer, handOn: handOn(predictor.label, peers.predictor.instances) }),
      },
      admit: rateLimitDoor(openRateLimit(config.rateLimit, monotonic)),
      checks: () => [checkServiceB(upstream.snapshot()), ...(inputs === undefined ? [] : [inputs.check()])],
      [Symbol.asyncDispose]: async () => {
        upstream[Symbol.dispose]();
        await inputs?.[Symbol.asyncDispose]();
      },
    };
  },
});
