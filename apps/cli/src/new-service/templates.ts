import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a new service is called in its several roles. */
export interface Names {
  /** `feature-store` */
  readonly kebab: string;
  /** `featureStore` */
  readonly camel: string;
  /** `Feature Store` */
  readonly title: string;
  readonly port: number;
}

const FOLDER = join(import.meta.dirname, '..', '..', 'templates', 'service');
const ENDING = '.template';

/** The files of a service of the standard shape, from `apps/cli/templates/service`: one operation that works, and one test that can fail. */
export function filesOf(names: Names): Readonly<Record<string, string>> {
  const fill = (text: string): string => text.replace(/\{\{(\w+)\}\}/g, (_, key: string) => String(names[key as keyof Names]));
  return Object.fromEntries(
    globSync(`**/*${ENDING}`, { cwd: FOLDER })
      .toSorted()
      .map((file) => [
        file.replaceAll('KEBAB', names.kebab).slice(0, -ENDING.length).replaceAll('\\', '/'),
        fill(readFileSync(join(FOLDER, file), 'utf8')),
      ]),
  );
}
