import type { Config } from '#/config.ts';
import type { Executor } from './executor.ts';
import { kubernetesExecutor } from './kubernetes-executor.ts';
import { localExecutor } from './local-executor.ts';
import { rayExecutor } from './ray-executor.ts';

/** Where commands run, as it is configured. */
export function openExecutor(config: Config): Executor {
  const { executor, graceMs, pollMs } = config;
  if (executor === 'ray') return rayExecutor({ url: config.rayUrl, pollMs, workingDir: config.rayWorkingDir, token: config.rayToken });
  if (executor === 'local') return localExecutor({ graceMs });
  return kubernetesExecutor({
    config: config.kubernetesConfig,
    pollMs,
    place: {
      namespace: config.kubernetesNamespace,
      image: config.kubernetesImage,
      serviceAccount: config.kubernetesServiceAccount,
      secrets: config.kubernetesSecrets.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()])),
      keepSeconds: config.kubernetesKeepSeconds,
    },
  });
}
