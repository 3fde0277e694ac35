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
import { openConfiguredPrograms } from '#/remote/open-programs.ts';

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
    const [executor, machine] = [openExecutor(config), process.env];
    const trainByCommand = openTrainByCommand({ config, recording, executor, clock, machine });
    const programs = openConfiguredPrograms(config, { objects: context.objects, executor, machine });
    return openTraining({ ...context, recording, trainByCommand, programs });
  },
});
