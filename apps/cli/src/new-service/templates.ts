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

/** The files of a service of the standard shape, with one operation that works and one test that can fail. */
export function filesOf({ kebab, camel, title, port }: Names): Readonly<Record<string, string>> {
  const home = `services/${kebab}`;
  return {
    [`contracts/src/${kebab}.ts`]: `import { defineContract, operation } from '@mlab/kernel';
import { Type } from 'typebox';

const Name = Type.String({ minLength: 1, maxLength: 100, description: 'Who is greeted' });

export const ${camel} = defineContract({
  name: '${kebab}',
  title: '${title}',
  label: '${title}',
  description: 'Say in one sentence what it is for.',
  port: ${port},
  wire: 'problem',
  operations: {
    greet: operation('GET /greetings/:name', {
      summary: 'Greet',
      scope: '${kebab}:read',
      input: Type.Object({ name: Name }),
      output: Type.Object({ greeting: Type.String() }, { title: 'Greeting' }),
    }),
  },
});
`,
    [`${home}/package.json`]: `{
  "name": "@mlab/service-${kebab}",
  "version": "0.1.0",
  "private": true,
  "type": "module",
  "exports": {
    ".": "./src/service.ts"
  },
  "imports": {
    "#/*": "./src/*"
  },
  "dependencies": {
    "@mlab/contracts": "*",
    "@mlab/kernel": "*",
    "typebox": "*"
  }
}
`,
    [`${home}/README.md`]: `# ${kebab}: ${title}

Say what it is for. Port ${port}.

## What it owns

## Invariants

## When something is wrong
`,
    [`${home}/src/service.ts`]: `import { ${camel} } from '@mlab/contracts/${kebab}';
import { defineService } from '@mlab/kernel';
import { config } from '#/config.ts';
import { handlers } from '#/handlers.ts';

export const service = defineService({
  contract: ${camel},
  needs: {},
  config,
  start: ({ config: settings }) => ({ handlers: handlers(settings) }),
});
`,
    [`${home}/src/config.ts`]: `import { schema } from '@mlab/kernel';
import { Type } from 'typebox';

export const config = schema(Type.Object({ word: Type.String({ default: 'Hello', description: 'Word that a greeting begins with' }) }));
`,
    [`${home}/src/handlers.ts`]: `import type { ${camel} } from '@mlab/contracts/${kebab}';
import type { HandlersOf } from '@mlab/kernel';
import { greet } from '#/domain/greet.ts';

interface Deps {
  readonly word: string;
}

export const handlers = ({ word }: Deps): HandlersOf<typeof ${camel}> => ({
  greet: ({ name }) => ({ greeting: greet(word, name) }),
});
`,
    [`${home}/src/domain/greet.ts`]: `export const greet = (word: string, name: string): string => \`\${word}, \${name}!\`;
`,
    [`${home}/test/greet.test.ts`]: `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rootCall } from '@mlab/kernel';
import { startTest } from '@mlab/kernel/testing';
import { service } from '#/service.ts';

test('a greeting names who is greeted', async () => {
  await using app = await startTest(service);
  assert.deepEqual(await app.client.greet({ name: 'Ada' }, rootCall('test')), { greeting: 'Hello, Ada!' });
});
`,
  };
}
