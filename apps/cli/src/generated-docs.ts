import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeGraph, describeSettings } from '@mlab/platform/describe';
import { repositoryFolder } from './home.ts';

export interface GeneratedDoc {
  readonly file: string;
  readonly now: string;
  readonly wanted: string;
}

const PARTS: Readonly<Record<string, () => string>> = { 'docs/architecture.md': describeGraph, 'docs/configuration.md': describeSettings };
const GENERATED = /<!-- generated -->[\s\S]*<!-- \/generated -->/;

/** Documents with a part between two markers that is written from the declarations. */
export function generatedDocs(): readonly GeneratedDoc[] {
  return Object.entries(PARTS).map(([file, describe]) => {
    const now = readFileSync(join(repositoryFolder, file), 'utf8');
    return { file, now, wanted: now.replace(GENERATED, () => `<!-- generated -->\n${describe()}\n<!-- /generated -->`) };
  });
}
