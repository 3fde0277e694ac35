import { Type } from '@mlab/schema';
import { EXECUTORS, type ExecutorName } from './executor.ts';

/** Of programs that train. */
export const commandSettings = {
  commands: Type.Boolean({
    default: false,
    description: 'Whether jobs may run any command as their trainer: whoever may train may then do all that this process may do',
  }),
  executor: Type.Unsafe<ExecutorName>({
    type: 'string',
    enum: EXECUTORS,
    default: 'local',
    description: 'Where commands run: as processes of this machine, as jobs of a Ray cluster, or as Jobs of a Kubernetes cluster',
  }),
  trainersRun: Type.Unsafe<'threads' | 'executor'>({
    type: 'string',
    enum: ['threads', 'executor'],
    default: 'threads',
    description: 'Where our own trainers run unless a job says otherwise: in threads of this service, or where commands run',
  }),
  trainerCommand: Type.String({
    default: '',
    description:
      'How our own trainers are begun elsewhere, with blanks between the words; empty: this installation here, and "node services/training/src/remote/main.ts" in Ray and Kubernetes',
  }),
  trainerMemoryMb: Type.Integer({
    default: 4096,
    minimum: 256,
    description: 'Memory that one of our trainers is to have in Ray or Kubernetes, in MiB',
  }),
  trainerSeconds: Type.Integer({
    default: 604_800,
    minimum: 1,
    maximum: 2_000_000,
    description: 'How long one of our trainers may take elsewhere, for a model or a trial, in seconds',
  }),
  trackingUri: Type.String({
    default: 'http://127.0.0.1:8000/mlflow',
    description: 'Where commands find tracking and registry: their MLFLOW_TRACKING_URI',
  }),
  publicUrl: Type.String({
    default: 'http://127.0.0.1:8006',
    description: 'Where commands and trainers that run elsewhere find this service, for the dataset and what comes of it',
  }),
  pollMs: Type.Integer({
    default: 1000,
    minimum: 10,
    maximum: 60_000,
    description: 'How often Ray or Kubernetes is asked how a program stands, in milliseconds',
  }),
  commandCpus: Type.Number({
    default: 1,
    minimum: 0,
    maximum: 1024,
    description: 'Processors that a command or a trainer is to have in Ray or Kubernetes',
  }),
  rayUrl: Type.String({ default: 'http://127.0.0.1:8265', description: "Of Ray's dashboard" }),
  rayToken: Type.String({ default: '', description: 'Token of a Ray cluster that asks for one; empty: none' }),
  rayWorkingDir: Type.String({
    default: '',
    description: 'Address of a packed folder that Ray lets programs begin in, such as one with this platform; empty: none',
  }),
  kubernetesConfig: Type.String({
    default: '',
    description: 'Path of a kubeconfig; empty: KUBECONFIG, ~/.kube/config, or the account of the pod that this runs in',
  }),
  kubernetesNamespace: Type.String({ default: 'default', description: 'Namespace of the Jobs' }),
  kubernetesImage: Type.String({ default: 'python:3.13', description: 'Image of the Jobs of commands that name none' }),
  kubernetesTrainerImage: Type.String({
    default: 'mlab-platform:0.1.0',
    description: 'Image of the Jobs of our own trainers: that of this platform',
  }),
  kubernetesServiceAccount: Type.String({ default: '', description: 'Service account of the Jobs; empty: that of the namespace' }),
  kubernetesSecrets: Type.String({ default: '', description: 'Secrets whose entries become variables of the Jobs, between commas' }),
  kubernetesKeepSeconds: Type.Integer({ default: 86_400, minimum: 0, description: 'How long a Job that has ended stays, in seconds' }),
};
