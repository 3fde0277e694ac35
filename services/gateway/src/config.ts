import { schema } from '@mlab/kernel';
import { Type } from '@mlab/schema';
import { inputLogConfig } from '#/input-log/config.ts';
import { defaultPolicy, defaultRateLimit } from '#/domain/policy.ts';

const { admission, breaker, balancer, outliers, retry } = defaultPolicy;

const count = (value: number, description: string, minimum = 1) => Type.Integer({ default: value, minimum, description });
const ms = (value: number, description: string) =>
  Type.Integer({ default: value, minimum: 1, description: `${description}, in milliseconds` });
const share = (value: number, description: string) =>
  Type.Number({ default: value, minimum: 0, maximum: 1, description: `${description}, from 0 to 1` });
const group = <T extends Parameters<typeof Type.Object>[0]>(properties: T) => Type.Object(properties, { default: {} });

/** Everything about the gateway that can be set, as `MLAB_GATEWAY_…`. The defaults of the resilience are those of `domain/policy.ts`. */
export const config = schema(
  Type.Object({
    deadlineMs: Type.Integer({
      default: defaultPolicy.deadlineMs,
      minimum: 1,
      // Below the limit of the operation itself, which would answer 504.
      maximum: 25_000,
      description: 'How long a call to Service B may take, waiting and a retry included, in milliseconds',
    }),
    transport: Type.Union([Type.Literal('rest'), Type.Literal('grpc'), Type.Literal('queue')], {
      default: 'rest',
      description: 'How Service B is asked: over HTTP, over gRPC, or through queues on the bus, which need a database',
    }),
    inputLog: inputLogConfig,
    logInput: Type.Union([Type.Literal('full'), Type.Literal('redacted')], {
      default: 'full',
      description: 'Whether the log shows and keeps an input itself, or only its length and (where there is a database) its SHA-256',
    }),
    logInputLimit: count(1024, 'Longest part of an input that the log shows, in characters'),
    fallbackClass: Type.String({ default: '', description: 'Class that is answered while Service B is unavailable; empty: answer 503' }),
    fallbackConfidence: share(0, 'Confidence of the fallback answer'),
    admission: group({
      maxInFlight: count(admission.maxInFlight, 'Calls to Service B under way at once; the next ones wait'),
      maxQueue: count(admission.maxQueue, 'Calls that may wait; the next ones are answered 503 at once', 0),
      maxWaitMs: ms(admission.maxWaitMs, 'How long a call may wait before it is answered 503'),
    }),
    breaker: group({
      consecutiveFailures: count(breaker.consecutiveFailures, 'Failures in a row that open the breaker of an instance'),
      failureRate: share(breaker.failureRate, 'Share of failures in the window that opens it too'),
      minimumVolume: count(breaker.minimumVolume, 'Calls that the window must hold for the share to count'),
      windowMs: ms(breaker.windowMs, 'Length of the window'),
      openMs: ms(breaker.openMs, 'How long an open breaker refuses before it lets a probe through'),
      openJitter: share(breaker.openJitter, 'Random extra share of that time'),
      halfOpenProbes: count(breaker.halfOpenProbes, 'Most probes under way while half open'),
      halfOpenSuccesses: count(breaker.halfOpenSuccesses, 'Successful probes that close it'),
    }),
    balancer: group({
      latencyDecayMs: ms(balancer.latencyDecayMs, 'Time after which a peak of latency has faded to 37 %'),
      failurePenaltyMs: ms(balancer.failurePenaltyMs, 'Latency that a failed call counts as, at least'),
    }),
    outliers: group({
      intervalMs: ms(outliers.intervalMs, 'How often instances are compared'),
      latencyFactor: Type.Number({
        default: outliers.latencyFactor,
        minimum: 1,
        description: 'Times the median latency of the others that count as slow',
      }),
      latencyFloorMs: ms(outliers.latencyFloorMs, 'Latency below which nothing counts as slow'),
      minimumSamples: count(outliers.minimumSamples, 'Answers an instance must have given lately to be compared by latency'),
      stalledCalls: count(outliers.stalledCalls, 'Calls that must all be older than slow for a silent instance to count as slow'),
      errorRateGap: share(outliers.errorRateGap, 'Share of failures above the median of the others that counts as erring'),
      minimumVolume: count(outliers.minimumVolume, 'Calls that are needed to compare by failures'),
      windowMs: ms(outliers.windowMs, 'Length of the window'),
      ejectionMs: ms(outliers.ejectionMs, 'Length of the first ejection; the nth in a row is n times as long'),
      maxEjectionMs: ms(outliers.maxEjectionMs, 'Longest ejection'),
      forgiveAfterMs: ms(outliers.forgiveAfterMs, 'Time in good standing after which earlier ejections are forgotten'),
      maxEjectedPercent: Type.Integer({
        default: outliers.maxEjectedPercent,
        minimum: 0,
        maximum: 100,
        description: 'Most instances ejected at once, in percent; 0: none',
      }),
      probesToReturn: count(outliers.probesToReturn, 'Good probes, one at a time, that bring an ejected instance back'),
    }),
    retry: group({
      ratio: share(retry.ratio, 'Retries that each call earns'),
      minPerSecond: Type.Number({ default: retry.minPerSecond, minimum: 0, description: 'Retries per second that need not be earned' }),
      maxSaved: count(retry.maxSaved, 'Retries that can be saved up', 0),
      minRemainingMs: ms(retry.minRemainingMs, 'Time to the deadline below which no retry begins'),
    }),
    rateLimit: group({
      limit: count(defaultRateLimit.limit, 'Requests per client and window; 0: no limit', 0),
      windowMs: ms(defaultRateLimit.windowMs, 'Length of the window'),
      burst: count(defaultRateLimit.burst, 'Requests that a client may send at once after a pause'),
      maxClients: count(defaultRateLimit.maxClients, 'Clients that are remembered'),
    }),
  }),
);
