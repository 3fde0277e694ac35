import { test } from 'node:test';
import { natsIfPresent } from './buses.ts';
import { contractSuite } from './contract.ts';

if (natsIfPresent !== undefined) contractSuite(natsIfPresent);
else
  test('nats: nothing was tested, because there is no nats-server on PATH and no NATS_URL', (context) => {
    context.diagnostic('The bus on NATS was not tested.');
  });
