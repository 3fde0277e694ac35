import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { certificateFiles, certificatesFolder, identityVariables } from '../certs/certificate-files.ts';
import { CliError } from '../cli-error.ts';
import { type Home, logFile, repositoryFolder } from '../home.ts';
import { appendLogLine } from '../logs/append.ts';
import { portProblem } from '../ports/port-problem.ts';
import { portsOf, type ProcessPlan } from '../topology/plan-lab.ts';
import { followChild } from './child-life.ts';
import type { ProcessSpec } from './managed-process.ts';

/** What the platform itself needs to drain, and some time beyond that. */
const DRAIN_MS = 10_000;
const BEYOND_MS = 5_000;

export interface PlatformSurroundings {
  readonly home: Home;
  readonly listen: string | undefined;
  readonly readyWithinSeconds: number;
  /** The database that this supervisor runs; undefined when there is none, or the environment names one. */
  databaseUrl(): string | undefined;
  /** Whether processes find each other through a database. */
  hasDatabase(): boolean;
}

/** The platform with the services of one process. Only the first instance has its ports; the others take free ones. */
export function platformSpec(plan: ProcessPlan, number: number, around: PlatformSurroundings): ProcessSpec {
  const { home, listen, readyWithinSeconds } = around;
  const name = instanceName(plan.name, number);
  const program = process.env['MLAB_PLATFORM_MAIN'] || join(repositoryFolder, 'apps', 'platform', 'main.ts');
  const file = logFile(home, name);
  const settings = { ...process.env, ...plan.env };
  const scheme = settings['MLAB_IDENTITY'] === 'mtls' ? 'https' : 'http';
  const host = listen === undefined ? '127.0.0.1' : listen.includes(':') ? `[${listen}]` : listen;
  return {
    name,
    services: plan.services.map((service) =>
      number > 1 ? { name: service.name } : { name: service.name, port: service.port, url: `${scheme}://${host}:${service.port}` },
    ),
    readyWithinSeconds,
    drainWithinMs: drainMs(settings) + BEYOND_MS,
    async launch() {
      if (number === 1) await refuseTakenPorts(plan, listen);
      const databaseUrl = around.databaseUrl();
      const child = spawn(process.execPath, [program, ...platformArguments({ plan, number, scheme, hasDatabase: around.hasDatabase() })], {
        env: {
          ...process.env,
          ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
          ...(listen === undefined ? {} : { MLAB_LISTEN: listen }),
          ...plan.env,
          ...certificateOf(plan, settings, home),
          MLAB_HOME: home.folder,
          MLAB_LOG_FILE: file,
          NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] || home.compiled,
        },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        // A group of its own: the terminal's Ctrl-C reaches the supervisor alone, which then stops the processes in their order.
        detached: process.platform !== 'win32',
        windowsHide: true,
      });
      return followChild(child, (line) => appendLogLine(file, { level: 'warn', process: name, message: line }));
    },
  };
}

const instanceName = (process: string, number: number): string => (number === 1 ? process : `${process}.${number}`);

/** With mutual TLS each process needs a certificate of its own, which `mlab certs` has made unless another is named. */
function certificateOf({ name }: ProcessPlan, settings: NodeJS.ProcessEnv, home: Home): Readonly<Record<string, string>> {
  if (settings['MLAB_IDENTITY'] !== 'mtls' || settings['MLAB_IDENTITY_CERT']) return {};
  const files = certificateFiles(certificatesFolder(home), name);
  if (!existsSync(files.cert)) throw new CliError(`There is no certificate for ${name} at ${files.cert}; mlab certs makes it.`);
  return identityVariables(files);
}

interface Arguments {
  readonly plan: ProcessPlan;
  readonly number: number;
  readonly scheme: string;
  readonly hasDatabase: boolean;
}

function platformArguments({ plan, number, scheme, hasDatabase }: Arguments): string[] {
  return [
    `--target=${plan.services.map((service) => service.name).join(',')}`,
    ...plan.services.flatMap(({ name, port, grpc }) => [
      '--port',
      `${name}=${number === 1 ? port : 0}`,
      ...(grpc === undefined ? [] : ['--port', `${name}/grpc=${number === 1 ? grpc.port : 0}`]),
    ]),
    ...(hasDatabase ? [] : plan.peers.flatMap((peer) => ['--peer', `${peer.service}=${peer.url.replace(/^http:/, `${scheme}:`)}`])),
  ];
}

async function refuseTakenPorts(plan: ProcessPlan, listen: string | undefined): Promise<void> {
  for (const port of plan.services.flatMap(portsOf)) {
    const problem = await portProblem(port, listen);
    if (problem !== undefined) throw new CliError(problem);
  }
}

function drainMs(env: NodeJS.ProcessEnv): number {
  const stated = Number(env['MLAB_HTTP_DRAIN_MS'] || DRAIN_MS);
  return Number.isFinite(stated) && stated >= 0 ? stated : DRAIN_MS;
}
