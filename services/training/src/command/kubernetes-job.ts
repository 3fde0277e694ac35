import type { Program } from './executor.ts';

export interface KubernetesPlace {
  readonly namespace: string;
  /** For programs that name none. */
  readonly image: string;
  /** Empty: that of the namespace. */
  readonly serviceAccount: string;
  /** Names of secrets whose entries become variables of its environment. */
  readonly secrets: readonly string[];
  /** How long what has ended may be looked at, in seconds. */
  readonly keepSeconds: number;
}

const LABEL = 'app.kubernetes.io/managed-by';

/** Names of jobs are labels of DNS: at most 63 characters, of which Kubernetes takes some for its pods. */
export const jobNameOf = ({ id }: Pick<Program, 'id'>): string => id.toLowerCase().slice(0, 52);

/** One program as a Job. https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/ */
export function kubernetesJob(program: Program, place: KubernetesPlace) {
  const { command, env, memoryBytes, cpus, image = place.image } = program;
  const labels = { [LABEL]: 'mlab', 'app.kubernetes.io/component': 'training', 'job-name': jobNameOf(program) };
  const resources = { cpu: String(cpus), memory: String(memoryBytes) };
  return {
    apiVersion: 'batch/v1' as const,
    kind: 'Job' as const,
    metadata: { name: jobNameOf(program), namespace: place.namespace, labels },
    spec: {
      // Whoever asked for it decides whether it is tried again.
      backoffLimit: 0,
      ttlSecondsAfterFinished: place.keepSeconds,
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: 'Never' as const,
          automountServiceAccountToken: false,
          ...(place.serviceAccount === '' ? {} : { serviceAccountName: place.serviceAccount }),
          securityContext: { runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000, seccompProfile: { type: 'RuntimeDefault' as const } },
          containers: [
            {
              name: 'training',
              image,
              command: command.map(literally),
              env: Object.entries(env).map(([name, value]) => ({ name, value: literally(value) })),
              ...(place.secrets.length === 0 ? {} : { envFrom: place.secrets.map((name) => ({ secretRef: { name } })) }),
              resources: { requests: resources, limits: { memory: resources.memory } },
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
              volumeMounts: [{ name: 'output', mountPath: OUTPUT_FOLDER }],
            },
          ],
          volumes: [{ name: 'output', emptyDir: {} }],
        },
      },
    },
  };
}

/** Where programs put what they make, in a container. */
const OUTPUT_FOLDER = '/output';

/** Kubernetes replaces $(NAME) in values and arguments; two dollar signs stand for one. */
const literally = (value: string): string => value.replaceAll('$(', () => '$$(');
