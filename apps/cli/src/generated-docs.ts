import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { neighboursOf, type Contract } from '@mlab/kernel';
import { describeGraph, describeSettings } from '@mlab/platform/describe';
import { loadServices } from '@mlab/platform/services';
import { repositoryFolder } from './home.ts';
import { type KnownService, KNOWN_SERVICES_FILE } from './topology/known-services.ts';

export interface GeneratedDoc {
  readonly file: string;
  readonly now: string;
  readonly wanted: string;
}

type Services = Awaited<ReturnType<typeof loadServices>>;

const PARTS: Readonly<Record<string, (services: Services) => string>> = {
  'docs/architecture.md': describeGraph,
  'docs/configuration.md': describeSettings,
};
const GENERATED = /<!-- generated -->[\s\S]*<!-- \/generated -->/;

/** Documents with a part between two markers that is written from the declarations. */
export async function generatedDocs(): Promise<readonly GeneratedDoc[]> {
  const services = await loadServices();
  return Object.entries(PARTS).map(([file, describe]) => {
    const now = readFileSync(join(repositoryFolder, file), 'utf8');
    return { file, now, wanted: now.replace(GENERATED, () => `<!-- generated -->\n${describe(services)}\n<!-- /generated -->`) };
  });
}

/** The list of services that `mlab up` reads in place of their declarations. */
export async function generatedServiceList(): Promise<GeneratedDoc> {
  const lines = Object.entries(await loadServices()).map(([name, service]): KnownService => {
    const { port, grpc } = service.contract as Contract;
    return {
      name,
      port,
      ...(grpc === undefined ? {} : { grpcPort: grpc.port }),
      needs: neighboursOf(service).map((neighbour) => neighbour.name),
    };
  });
  const wanted = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  return { file: KNOWN_SERVICES_FILE, now: readFileSync(join(repositoryFolder, KNOWN_SERVICES_FILE), 'utf8'), wanted };
}
