import type { registry } from '@mlab/contracts/registry';
import type { tracking } from '@mlab/contracts/tracking';
import type { Check, ClientOf, Clock, Database, Events, JobQueuesOf, Running } from '@mlab/kernel';
import { openOutbound } from '@mlab/outbound';
import { Counter, type Metrics } from '@mlab/telemetry';
import { openAliases } from '#/aliases.ts';
import { openApprovals } from '#/approvals.ts';
import type { Config } from '#/config.ts';
import { guard } from '#/guard.ts';
import { handlers } from '#/handlers.ts';
import { openJournal, type Journal } from '#/journal.ts';
import { openModels } from '#/models.ts';
import { openPolicies } from '#/policies.ts';
import { speakMlflow } from '#/protocols/mlflow/mlflow.ts';
import { openRegister } from '#/register.ts';
import { openVersions } from '#/versions.ts';
import { openDeliveries } from '#/webhooks/deliveries.ts';
import type { jobs as declaredJobs } from '#/webhooks/jobs.ts';
import { openSecrets, type Secrets } from '#/webhooks/secrets.ts';
import { openWebhooks } from '#/webhooks/webhooks.ts';

export interface OpenRegistry {
  readonly config: Config;
  readonly tracking: ClientOf<typeof tracking>;
  readonly database: Database;
  readonly events: Events;
  readonly jobs: JobQueuesOf<typeof declaredJobs>;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly random: () => number;
  readonly newId: () => string;
}

const ANSWER_BYTES = 10_000;

/** All parts of the registry, put together. */
export function openRegistry(options: OpenRegistry): Running<typeof registry, undefined, typeof declaredJobs> {
  const { config, tracking, database, events, jobs, metrics, clock, random, newId } = options;
  const { allowPrivate, secretKey, timeoutMs, ...settings } = config.webhooks;
  const now = (): Date => clock.now();
  const nowMs = (): number => now().getTime();

  const outbound = openOutbound({ allowPrivate, timeoutMs, maxAnswerBytes: ANSWER_BYTES });
  const secrets = openSecrets(secretKey);
  const attempts = new Counter({
    name: 'mlab_registry_webhook_attempts_total',
    help: 'Attempts to deliver a message to a webhook, by what came of them',
    labelNames: ['outcome'],
    registers: [metrics.registry],
  });
  const attempted = (outcome: string): void => attempts.inc({ outcome: outcome === 'waiting' ? 'retried' : outcome });
  const deliveries = openDeliveries({ database, queue: jobs.deliverWebhook, outbound, secrets, clock, random, newId, settings, attempted });
  const journal: Journal = openJournal({ events, clock, tellWebhooks: deliveries.tell });
  const shared = { database, journal, guard, nowMs };

  const models = openModels(shared);
  const versions = openVersions(shared);
  const aliases = openAliases(shared);
  const allowed = new Set(config.sourceSchemes.split(',').map((scheme) => scheme.trim().toLowerCase()));
  const register = openRegister({ ...shared, tracking, allowed });
  const approvals = openApprovals({ ...shared, now, trustNames: config.trustNames });
  const policies = openPolicies(shared);
  const webhooks = openWebhooks({ database, journal, outbound, secrets, now, newId });

  return {
    handlers: handlers({ database, models, versions, aliases, register, approvals, policies, deliveries }),
    checks: () => [checkSecrets(secrets)],
    protocols: { mlflow: speakMlflow({ models, versions, aliases, register, webhooks }) },
    jobs: {
      deliverWebhook: async (input, run) => {
        await deliveries.run(input, run);
        return {};
      },
      tidyDeliveries: async (_input, { call }) => ({ forgotten: await deliveries.tidy(call) }),
    },
    [Symbol.asyncDispose]: () => outbound[Symbol.asyncDispose](),
  };
}

/** Says how secrets are kept; neither way keeps it from serving. */
function checkSecrets({ encrypts }: Secrets): Check {
  const detail = encrypts
    ? 'Secrets of webhooks are encrypted.'
    : 'Secrets of webhooks are kept as they are: MLAB_REGISTRY_WEBHOOKS_SECRET_KEY is not set.';
  return { name: 'webhook-secrets', ok: true, required: false, detail };
}
