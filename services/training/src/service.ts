import { registry } from '@mlab/contracts/registry';
import { tracking } from '@mlab/contracts/tracking';
import { training } from '@mlab/contracts/training';
import { defineService } from '@mlab/kernel';
import { openExecutor } from '#/command/open-executor.ts';
import { openTrainByCommand } from '#/command/train-by-command.ts';
import { config } from '#/config.ts';
import { jobs } from '#/jobs.ts';
import { openTraining } from '#/open-training.ts';
import { openRecording } from '#/recording/open-recording.ts';

export const service = defineService({
  contract: training,
  needs: { tracking, registry },
  config,
  database: { migrations: new URL('../migrations/', import.meta.url) },
  jobs,
  objects: true,
  start: ({ clients, ...context }) => {
    const { config, clock } = context;
    const recording = openRecording(clients);
    const trainByCommand = openTrainByCommand({ config, recording, executor: openExecutor(config), clock, machine: process.env });
    return openTraining({ ...context, recording, trainByCommand });
  },
});
