import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { missingPackages } from '../../bootstrap/dependencies.mjs';
import { messageOf } from '../cli-error.ts';
import { formatBytes } from '../format.ts';
import { homeOf, repositoryFolder } from '../home.ts';
import { portProblem } from '../ports/port-problem.ts';
import { askStatus } from '../supervisor/control-client.ts';
import type { ProcessStatus } from '../supervisor/process-status.ts';
import { examineBus } from './examine-bus.ts';
import { examineDatabase } from './examine-database.ts';
import type { Finding } from './finding.ts';
import { type LabPlan, planLab, portsOf } from '../topology/plan-lab.ts';
import { DEFAULT_TOPOLOGY, readTopology } from '../topology/read-topology.ts';

/** Less, and a database that grows soon has no room. */
const LEAST_DISK_BYTES = 1e9;
const LEAST_MEMORY_BYTES = 400e6;
const POSTGRES_SERVICE = { name: 'postgres', portVariable: 'MLAB_POSTGRES_PORT' };

export async function examine(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const home = homeOf(env).folder;
  return [
    { level: 'ok', about: 'platform', says: `${process.platform}-${process.arch}` },
    { level: 'ok', about: 'node', says: `${process.versions.node} (${process.execPath})` },
    await examineNpm(env),
    examinePackages(),
    examineFolder(home),
    examineDisk(home),
    examineMemory(),
    ...(await examineTopology(env)),
    ...(await examineBus(env)),
  ];
}

async function examineNpm(env: NodeJS.ProcessEnv): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)('npm', ['--version'], { env, shell: process.platform === 'win32', timeout: 10_000 });
    return { level: 'ok', about: 'npm', says: stdout.trim() };
  } catch {
    return {
      level: 'warning',
      about: 'npm',
      says: 'not found; it is needed to install packages: install it together with Node (nodejs.org).',
    };
  }
}

function examinePackages(): Finding {
  const about = 'packages';
  if (missingPackages(repositoryFolder, true).length === 0) return { level: 'ok', about, says: 'all installed' };
  const missing = missingPackages(repositoryFolder, false).length;
  if (missing === 0) return { level: 'ok', about, says: 'installed; those for tests and checks come with npm test.' };
  return { level: 'warning', about, says: `${missing} to be installed; npm start does it, and needs the network for it.` };
}

function examineFolder(home: string): Finding {
  const about = 'MLAB_HOME';
  const present = existingParent(home);
  try {
    accessSync(present, constants.W_OK | constants.X_OK);
    // Below a file there can be no folder, and root may write everywhere: asking for an entry of it tells.
    if (!statfsSync(`${present}/.`)) throw new Error();
    return { level: 'ok', about, says: present === home ? home : `${home} (will be created)` };
  } catch {
    return { level: 'problem', about, says: `${home} cannot be written; make it a writable folder, or set MLAB_HOME to one that is.` };
  }
}

function examineDisk(home: string): Finding {
  const about = 'disk';
  try {
    const { bavail, bsize } = statfsSync(existingParent(home));
    const free = bavail * bsize;
    if (free >= LEAST_DISK_BYTES) return { level: 'ok', about, says: `${formatBytes(free)} free` };
    return {
      level: 'warning',
      about,
      says: `only ${formatBytes(free)} free where ${home} is; make room, or set MLAB_HOME to a folder on another disk.`,
    };
  } catch (error) {
    return { level: 'warning', about, says: `the free space cannot be told (${messageOf(error)})` };
  }
}

function examineMemory(): Finding {
  const says = `${formatBytes(process.availableMemory())} available of ${formatBytes(totalmem())}`;
  const scarce = Math.max(process.availableMemory(), freemem()) < LEAST_MEMORY_BYTES;
  return scarce
    ? {
        level: 'warning',
        about: 'memory',
        says: `${says}; the lab needs about ${formatBytes(LEAST_MEMORY_BYTES)}: end something else first.`,
      }
    : { level: 'ok', about: 'memory', says };
}

async function examineTopology(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  let plan: LabPlan;
  try {
    plan = planLab(readTopology(env['MLAB_TOPOLOGY'] || DEFAULT_TOPOLOGY), env);
  } catch (error) {
    return [{ level: 'problem', about: 'topology', says: messageOf(error) }];
  }
  const running = (await askStatus(homeOf(env)).catch(() => undefined))?.processes ?? [];
  return [await examineDatabase(plan.database, env), ...(await examinePorts(plan, running))];
}

async function examinePorts(plan: LabPlan, running: readonly ProcessStatus[]): Promise<Finding[]> {
  const { database } = plan;
  const postgres =
    database.kind === 'embedded' && database.port !== undefined ? [{ ...POSTGRES_SERVICE, port: database.port, owner: undefined }] : [];
  const findings: Finding[] = [];
  for (const service of [
    ...postgres,
    ...plan.processes.flatMap(({ services }) => services.flatMap((owner) => portsOf(owner).map((port) => ({ ...port, owner })))),
  ]) {
    const about = `port ${service.port}`;
    const ours = running.find(
      ({ pid, services }) =>
        pid !== undefined && services.some(({ name, port }) => name === service.owner?.name && port === service.owner.port),
    );
    const problem = ours ? undefined : await portProblem(service, plan.listen);
    if (problem) findings.push({ level: 'problem', about, says: problem });
    else
      findings.push({ level: 'ok', about, says: ours ? `${service.name} of this lab (process ${ours.pid})` : `free for ${service.name}` });
  }
  return findings;
}

function existingParent(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existingParent(dirname(path));
}
