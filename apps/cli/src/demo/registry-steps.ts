import { setTimeout as delay } from 'node:timers/promises';
import { CliError } from '../cli-error.ts';
import { HttpError } from '../import/http/ask.ts';
import { figure } from '../train/display.ts';
import type { Demo, DemoStep, Told } from './demo-step.ts';

const ALIAS = 'champion';
const SERVED_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 50;

const modelPath = ({ name }: Demo): string => `/registry/models/${encodeURIComponent(name)}`;
const versionPath = (demo: Demo): string => `${modelPath(demo)}/versions/${demo.made.version ?? 0}`;

/** What training has registered. */
export const registeredStep: DemoStep = {
  name: 'registered',
  heading: () => 'It is registered',
  async run(demo): Promise<Told> {
    const version = await demo.lab.ask(versionPath(demo));
    const files = version['files'] as readonly { readonly path: string; readonly size: number; readonly sha256: string }[] | undefined;
    const onnx = files?.find(({ path }) => path.endsWith('.onnx'));
    const { name, made } = demo;
    return {
      lines: [
        `${name} version ${made.version}: one ONNX file with its preprocessing${onnx === undefined ? '' : `, ${onnx.size} bytes`}.`,
        ...(onnx === undefined ? [] : [`SHA-256 ${onnx.sha256}`]),
      ],
      data: { model: name, version: made.version, source: version['source'], sha256: onnx?.sha256, bytes: onnx?.size },
    };
  },
};

/** A policy says what a champion needs; the version shows that it has it, and is approved of. */
export const approvedStep: DemoStep = {
  name: 'approved',
  heading: () => 'It is approved',
  async run(demo): Promise<Told> {
    const { lab, made } = demo;
    const policy = await guard(demo);
    if (made.bound !== undefined) {
      const metrics = [{ name: made.bound.metric, value: made.bound.reached }];
      await lab.ask(`${versionPath(demo)}/reports`, { method: 'POST', json: { metrics } });
    }
    const judged = await lab.ask(`${versionPath(demo)}/approve`, { method: 'POST', json: { comment: 'mlab demo' } });
    const readiness = await lab.ask(`${versionPath(demo)}/readiness?alias=${ALIAS}`);
    const missing = readiness['missing'] as readonly string[];
    if (readiness['ready'] !== true)
      throw new CliError(
        `${demo.name} version ${made.version} may not be ${ALIAS}: ${missing.join('; ')}. The policy at ${lab.gateway}${modelPath(demo)}/policy asks for it.`,
      );
    return {
      lines: [policy, `Reported and approved: version ${made.version} may be ${ALIAS}.`],
      data: { approval: judged['approval'], alias: ALIAS, ready: true },
    };
  },
};

/** A policy that somebody has made stays as it is. */
async function guard(demo: Demo): Promise<string> {
  const { lab, made } = demo;
  const path = `${modelPath(demo)}/policy`;
  const { own } = await lab.ask(path);
  if (own === true) return `The policy of ${demo.name} stands: ${lab.gateway}${path}`;
  const metrics = made.bound === undefined ? [] : [{ name: made.bound.metric, comparison: made.bound.op, value: made.bound.value }];
  const policy = { approvals: { count: 1 }, aliases: [{ alias: ALIAS, metrics }] };
  await lab.ask(path, { method: 'PUT', json: { policy } });
  const { bound } = made;
  const better =
    bound === undefined ? '' : ` with ${bound.metric} ${bound.op === '>' ? 'above' : 'below'} ${figure(bound.value)}, the baseline's,`;
  return `A policy: only an approved version${better} may be ${ALIAS}.`;
}

/** The alias moves, and Service B follows. */
export const deployedStep: DemoStep = {
  name: 'deployed',
  heading: () => `It is deployed, as ${ALIAS}`,
  async run(demo): Promise<Told> {
    const { lab, name, made } = demo;
    const { from } = await lab.ask(`${modelPath(demo)}/aliases/${ALIAS}`, { method: 'PUT', json: { version: made.version } });
    const began = performance.now();
    await served(demo);
    const before = from === undefined || from === made.version ? 'nothing before' : `version ${Number(from)} before`;
    const took = Math.round(performance.now() - began);
    return {
      lines: [`${name}@${ALIAS} is version ${made.version} (${before}); Service B answers with it ${took} ms later.`],
      data: { alias: ALIAS, version: made.version, ...(from === undefined ? {} : { from }), servedAfterMs: took },
    };
  },
};

async function served({ lab, name, made, signal }: Demo): Promise<void> {
  const deadline = performance.now() + SERVED_WITHIN_MS;
  for (;;) {
    const found = await lab.door.describe(name, {}).catch((error: unknown) => {
      if (error instanceof HttpError) return error;
      throw error;
    });
    if (!(found instanceof HttpError) && found.version === made.version) return;
    if (performance.now() > deadline)
      throw new CliError(
        found instanceof HttpError
          ? `Service B does not serve ${name}: ${found.message}`
          : `Service B still answers with version ${found.version} of ${name}, and not with the ${ALIAS}: does MLAB_PREDICTOR_DEFAULT_ALIAS name another alias? mlab logs predictor tells more.`,
      );
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}
