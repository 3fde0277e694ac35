import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '@mlab/kernel';
import type { Executor, Program, ProgramEnd, ProgramHooks } from './executor.ts';
import { isHandedOver } from './handed-over.ts';
import { jobNameOf, kubernetesJob, type KubernetesPlace } from './kubernetes-job.ts';
import { newLines } from './new-lines.ts';

export interface KubernetesOptions {
  readonly place: KubernetesPlace;
  /** Path of a kubeconfig; empty: $KUBECONFIG, ~/.kube/config, or that of the pod that this runs in. */
  readonly config: string;
  readonly pollMs: number;
}

const PATIENCE_MS = 120_000;

/** Programs as Jobs of a Kubernetes cluster. One that is there already is followed instead of being begun again. */
export function kubernetesExecutor({ place, config, pollMs }: KubernetesOptions): Executor {
  const { namespace } = place;
  const opened = once(() => openApi(config));

  async function begin(program: Program): Promise<void> {
    const { batch } = await opened();
    try {
      await batch.createNamespacedJob({ namespace, body: kubernetesJob(program, place) });
    } catch (error) {
      if (statusOf(error) === 409) return;
      throw explained(error);
    }
  }

  async function look(name: string): Promise<{ readonly end: ProgramEnd | undefined; readonly said: string | undefined }> {
    const { batch, core } = await opened();
    try {
      const { status = {} } = await batch.readNamespacedJob({ name, namespace });
      const { items } = await core.listNamespacedPod({ namespace, labelSelector: `job-name=${name}` });
      const pod = items[0];
      const state = pod?.status?.containerStatuses?.[0]?.state;
      const hasBegun = state?.running !== undefined || state?.terminated !== undefined;
      const podName = pod?.metadata?.name;
      const said = hasBegun && podName !== undefined ? await core.readNamespacedPodLog({ name: podName, namespace }) : undefined;
      const stuck = state?.waiting?.reason;
      if (stuck !== undefined && STUCK.has(stuck))
        throw new AppError('invalid', `Kubernetes cannot start the program: ${stuck}: ${state?.waiting?.message ?? 'no reason is given'}`);
      if ((status.succeeded ?? 0) > 0) return { said, end: { succeeded: true, sentence: 'It ended with code 0.' } };
      const failed = status.conditions?.find(({ type, status: holds }) => type === 'Failed' && holds === 'True');
      if (failed === undefined && (status.failed ?? 0) === 0) return { said, end: undefined };
      const ended = state?.terminated;
      const how =
        ended === undefined
          ? (failed?.message ?? 'Its pod has gone.')
          : `It ended with code ${ended.exitCode} (${ended.reason ?? 'no reason'}).`;
      return { said, end: { succeeded: false, sentence: how } };
    } catch (error) {
      if (statusOf(error) === 404) throw new AppError('invalid', `Kubernetes no longer knows the job ${name}.`, { cause: error });
      throw explained(error);
    }
  }

  async function follow(name: string, { signal, onLine }: ProgramHooks): Promise<ProgramEnd> {
    const take = newLines((line) => onLine(line, 'stdout'));
    let heardAt = performance.now();
    for (;;) {
      signal.throwIfAborted();
      try {
        const { said, end } = await look(name);
        heardAt = performance.now();
        if (said !== undefined) take(said);
        if (end !== undefined) {
          take.end();
          return end;
        }
      } catch (error) {
        if (!AppError.is(error, 'unavailable') || performance.now() - heardAt > PATIENCE_MS) throw error;
      }
      await wait(pollMs, undefined, { signal });
    }
  }

  async function remove(name: string): Promise<void> {
    const { batch } = await opened();
    await batch.deleteNamespacedJob({ name, namespace, propagationPolicy: 'Background' });
  }

  return {
    name: 'kubernetes',
    local: false,
    run: async (program, hooks) => {
      hooks.signal.throwIfAborted();
      const name = jobNameOf(program);
      await begin(program);
      try {
        return await follow(name, hooks);
      } catch (error) {
        if (hooks.signal.aborted && !isHandedOver(hooks.signal.reason)) await remove(name).catch(() => {});
        throw error;
      }
    },
  };
}

/** Why a container never begins, however long one waits. */
const STUCK = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);

type Client = typeof import('@kubernetes/client-node');

async function openApi(config: string) {
  let client: Client;
  try {
    client = await import('@kubernetes/client-node');
  } catch (cause) {
    throw new AppError(
      'invalid',
      'Programs run in Kubernetes once its client is there: npm install --no-save @kubernetes/client-node@2.0.1',
      {
        cause,
      },
    );
  }
  const kube = new client.KubeConfig();
  try {
    if (config === '') kube.loadFromDefault();
    else kube.loadFromFile(config);
  } catch (cause) {
    throw new AppError('invalid', `The kubeconfig ${config} cannot be read.`, { cause });
  }
  return { batch: kube.makeApiClient(client.BatchV1Api), core: kube.makeApiClient(client.CoreV1Api) };
}

function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => (opened ??= open());
}

const statusOf = (error: unknown): number | undefined => {
  const { code } = error as { code?: unknown };
  return typeof code === 'number' ? code : undefined;
};

function explained(error: unknown): AppError {
  if (AppError.is(error)) return error;
  const status = statusOf(error);
  if (status === undefined) return new AppError('unavailable', 'Kubernetes cannot be reached.', { cause: error });
  const body = (error as { body?: unknown }).body;
  const text = typeof body === 'string' ? messageOf(body) : '';
  if (status >= 500 || status === 429)
    return new AppError('unavailable', `Kubernetes answered ${status}. ${text}`.trim(), { cause: error });
  return new AppError('invalid', `Kubernetes refuses the program (${status}). ${text}`.trim(), { cause: error });
}

function messageOf(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    return typeof message === 'string' ? message.slice(0, 500) : '';
  } catch {
    return '';
  }
}
