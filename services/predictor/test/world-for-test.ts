import { createHash } from 'node:crypto';
import { registry } from '@mlab/contracts/registry';
import type { Version } from '@mlab/contracts/registry-schemas';
import { tracking } from '@mlab/contracts/tracking';
import { AppError, type AnyService, type ClientOf } from '@mlab/kernel';
import type { predictor } from '@mlab/contracts/predictor';
import { fake, startTest, type TestApp } from '@mlab/kernel/testing';
import { service } from '#/service.ts';
import { logged } from './files.ts';
import { call, type Json } from './serving-for-test.ts';

/** A registry and a tracking that can be told to be away, with what they keep. */
export interface World extends AsyncDisposable {
  readonly client: ClientOf<typeof predictor>;
  readonly app: TestApp<typeof predictor>;
  readonly put: (model: string, file: Uint8Array, more?: Partial<Version>) => void;
  readonly aliases: Map<string, number>;
  /** Told of each look-up and each download; may throw. */
  onAsked: (what: string) => Promise<void> | void;
  readonly asked: string[];
  readonly predict: (model: string, rows?: readonly Json[]) => Promise<Json>;
  readonly listed: (model: string) => Promise<Json>;
  readonly metric: (series: string) => Promise<number | undefined>;
}

export const NOW = '2026-01-01T00:00:00.000Z';
export const shown = {
  registeredBy: 'test',
  stage: 'None',
  approval: 'approved',
  aliases: [],
  tags: {},
  approvals: [],
  checks: {},
  metrics: {},
} as const;

export async function startWorld(env: Readonly<Record<string, string>> = {}, beside: readonly AnyService[] = []): Promise<World> {
  const versions = new Map<string, Version>();
  const files = new Map<string, Uint8Array>();
  const counts = new Map<string, number>();
  const aliases = new Map<string, number>();
  const asked: string[] = [];
  const state: { onAsked: World['onAsked'] } = { onAsked: () => {} };
  const told = async (what: string): Promise<void> => {
    asked.push(what);
    await state.onAsked(what);
  };
  const versionOf = (name: string, version: number | undefined): Version => {
    const found = versions.get(`${name}@${version}`);
    if (found === undefined) throw new AppError('not_found', `There is no version ${version} of ${name}.`);
    return found;
  };
  const neighbours = [
    fake(registry, {
      getVersion: async ({ name, version }) => {
        await told(`version ${name}`);
        return versionOf(name, version);
      },
      resolveAlias: async ({ name, alias }) => {
        await told(`alias ${name}`);
        return versionOf(name, aliases.get(`${name} ${alias}`));
      },
      listVersions: async ({ name }) => {
        await told(`list ${name}`);
        return { items: [...versions.values()].filter(({ model }) => model === name).toReversed() };
      },
    }),
    fake(tracking, {
      getFile: async ({ uri }) => {
        await told(`file ${uri}`);
        const bytes = files.get(uri) as Uint8Array;
        const body = async function* () {
          for (let at = 0; at < bytes.length; at += 1000) {
            if (at > 0) await told(`chunk ${uri}`);
            yield bytes.subarray(at, at + 1000);
          }
        };
        return { contentType: 'application/octet-stream', body: body() };
      },
    }),
  ];
  const app = await startTest(service, { neighbours: [...neighbours, ...beside], env: { MLAB_PREDICTOR_REFRESH_MS: '100', ...env } });
  return {
    client: app.client,
    app,
    aliases,
    asked,
    get onAsked() {
      return state.onAsked;
    },
    set onAsked(then) {
      state.onAsked = then;
    },
    put: (model, file, more = {}) => {
      const version = (counts.get(model) ?? 0) + 1;
      counts.set(model, version);
      const location = `mlflow-artifacts:/${model}/${version}`;
      const own = Object.entries(logged(file)).map(([path, content]) => ({ path, bytes: Buffer.from(content) }));
      for (const { path, bytes } of own) files.set(`${location}/${path}`, bytes);
      const listed = own.map(({ path, bytes }) => ({ path, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }));
      const made = { ...shown, model, version, source: location, location, createdAt: NOW, updatedAt: NOW, files: listed, ...more };
      versions.set(`${model}@${version}`, made as unknown as Version);
    },
    predict: (name, rows = [{ x: 1 }]) => app.client.predictRows({ name, rows: [...rows] }, call()),
    listed: async (model) => (await app.client.listServed({}, call())).items.find((one) => one.model === model),
    metric: async (series) => {
      const text = await (await fetch(`${app.url}/metrics`)).text();
      const line = text.split('\n').find((one) => one.startsWith(`${series} `));
      return line === undefined ? undefined : Number(line.slice(series.length));
    },
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}

export const until = async (what: string, seen: () => Promise<boolean> | boolean): Promise<void> => {
  const limit = performance.now() + 20_000;
  while (!(await seen())) {
    if (performance.now() > limit) throw new Error(`It has not come to it: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
