import { describe, test } from 'node:test';
import { natsIfPresent } from './buses.ts';
import { contractSuite } from './contract.ts';

const nats = natsIfPresent;
if (nats !== undefined) describe('nats', { concurrency: 4 }, () => contractSuite(nats));
else
  test('nats: nothing was tested, because there is no nats-server on PATH and no NATS_URL', (context) => {
    context.diagnostic('The bus on NATS was not tested.');
  });
