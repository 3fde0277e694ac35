import { gateway } from '@mlab/contracts/gateway';
import { predictor } from '@mlab/contracts/predictor';
import { defineService } from '@mlab/kernel';
import { config } from '#/config.ts';
import { openRateLimit } from '#/domain/rate-limit.ts';
import { checkServiceB } from '#/domain/service-b-check.ts';
import { openUpstream, type Upstream } from '#/domain/upstream.ts';
import { handlers } from '#/handlers.ts';
import { openInputLog } from '#/input-log.ts';
import { rateLimitDoor } from '#/rate-limit-door.ts';
import { askServiceB, type ServiceB } from '#/service-b.ts';
import { countFallbacks, observeUpstream } from '#/upstream-telemetry.ts';

export const service = defineService({
  contract: gateway,
  needs: { predictor },
  config,
  start({ config, peers, log, metrics, clock, random }) {
    const onEvent = observeUpstream(log, metrics, () => upstream.snapshot());
    const upstream: Upstream<ServiceB> = openUpstream(config, {
      now: () => clock.monotonic(),
      schedule: (ms, task) => clock.schedule(ms, task),
      random,
      onEvent,
      name: predictor.label,
    });
    const fallback = config.fallbackClass === '' ? undefined : { class: config.fallbackClass, confidence: config.fallbackConfidence };
    return {
      handlers: handlers({
        logInput: openInputLog(log, { show: config.logInput, limit: config.logInputLimit }),
        predict: askServiceB(upstream, peers.predictor, clock),
        fallback,
        fellBack: countFallbacks(metrics),
      }),
      admit: rateLimitDoor(openRateLimit(config.rateLimit, () => clock.monotonic())),
      checks: () => [checkServiceB(upstream.snapshot())],
      [Symbol.asyncDispose]: async () => upstream[Symbol.dispose](),
    };
  },
});
