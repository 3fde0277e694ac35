import { registry } from '@mlab/contracts/registry';
import { tracking } from '@mlab/contracts/tracking';
import { training } from '@mlab/contracts/training';
import { defineService } from '@mlab/kernel';
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
  start: ({ clients, ...context }) => openTraining({ ...context, recording: openRecording(clients) }),
});
