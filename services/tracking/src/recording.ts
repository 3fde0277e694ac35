import { AppError, type CallMeta } from '@mlab/kernel';
import type { Tag } from '#/domain/experiment.ts';
import type { Dataset } from '#/domain/run-links.ts';
import type { Experiments } from '#/experiments.ts';
import type { RunLinksUse } from '#/run-links.ts';
import type { Runs } from '#/runs.ts';

export interface RecordingOptions {
  readonly experiments: Experiments;
  readonly runs: Runs;
  readonly links: RunLinksUse;
}

export interface Given {
  readonly metrics: readonly {
    readonly key: string;
    readonly value: number | 'NaN';
    readonly timestamp: number;
    readonly step: number;
    readonly modelId?: string;
  }[];
  readonly params: readonly Tag[];
  readonly tags: readonly Tag[];
  readonly datasets: readonly (Omit<Dataset, 'schema' | 'profile'> & {
    readonly schema?: string;
    readonly profile?: string;
    readonly tags: readonly Tag[];
  })[];
  readonly models: readonly { readonly id: string; readonly step: number }[];
}

export type Recording = ReturnType<typeof openRecording>;

/** Experiments and runs as other services write them. */
export function openRecording({ experiments, runs, links }: RecordingOptions) {
  const findExperiment = async (call: CallMeta, name: string): Promise<string | undefined> => {
    try {
      const { id, lifecycleStage } = await experiments.getByName(call, name);
      if (lifecycleStage !== 'active')
        throw new AppError('conflict', `The experiment '${name}' is deleted; restore it, or take another name.`);
      return id;
    } catch (error) {
      if (AppError.is(error, 'not_found')) return undefined;
      throw error;
    }
  };

  return {
    ensureExperiment: async (call: CallMeta, name: string): Promise<{ id: string; created: boolean }> => {
      const known = await findExperiment(call, name);
      if (known !== undefined) return { id: known, created: false };
      try {
        return { id: await experiments.create(call, { name, artifactLocation: undefined, tags: [] }), created: true };
      } catch (error) {
        // Somebody has made it at the same time.
        const made = await findExperiment(call, name);
        if (made === undefined) throw error;
        return { id: made, created: false };
      }
    },

    log: async (call: CallMeta, id: string, { metrics, params, tags, datasets, models }: Given): Promise<void> => {
      await runs.logBatch(call, id, {
        metrics: metrics.map((metric) => ({ ...metric, value: metric.value === 'NaN' ? Number.NaN : metric.value })),
        params,
        tags,
      });
      if (datasets.length > 0) {
        const uses = datasets.map(({ tags: said, schema, profile, ...dataset }) => ({
          dataset: { ...dataset, schema, profile },
          tags: said,
        }));
        await links.logInputs(call, id, uses, []);
      }
      if (models.length > 0) {
        const made = models.map(({ id: modelId, step }) => ({ modelId, step }));
        await links.logOutputs(call, id, made);
      }
    },
  };
}
