import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { processInput } from '../ask.ts';
import { answering, startFakeB } from '../fake-b.ts';
import { PLACEMENTS, startLab } from '../lab.ts';
import { startHere } from '../platform-here.ts';
import { waitUntil } from '../wait.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const UNSAMPLED = '9e107d9d372bb6826bd81d3542a419d6';
const PARENT = '00f067aa0ba902b7';

interface Export {
  readonly path: string;
  readonly contentType: string;
  readonly body: Buffer;
}

interface Collector extends AsyncDisposable {
  readonly url: string;
  readonly exports: readonly Export[];
}

/** Stands where an OpenTelemetry collector would. */
async function startCollector(): Promise<Collector> {
  const exports: Export[] = [];
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      exports.push({ path: request.url ?? '', contentType: request.headers['content-type'] ?? '', body });
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    exports,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const OTEL = (url: string) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_BSP_SCHEDULE_DELAY: '50' });

for (const placement of PLACEMENTS) {
  test(`${placement}: with OTEL_* set, the spans of A and B reach the collector in the trace of a caller that samples, and of no other`, async () => {
    await using collector = await startCollector();
    await using lab = await startLab(placement, OTEL(collector.url));
    for (const [id, sampled] of [
      [UNSAMPLED, '00'],
      [TRACE_ID, '01'],
    ]) {
      const answer = await processInput(lab.a, 'x', { traceparent: `00-${id}-${PARENT}-${sampled}` });
      assert.equal(answer.status, 200);
    }
    const sent = (): Buffer => Buffer.concat(collector.exports.map(({ body }) => body));
    await waitUntil('all three spans', 5000, () =>
      ['POST /process', 'predictor.predict', 'POST /predict'].every((name) => sent().includes(name)),
    );
    assert.ok(collector.exports.every(({ path, contentType }) => path === '/v1/traces' && contentType === 'application/x-protobuf'));
    // Protobuf writes identifiers as their bytes: three spans carry the trace, one has the caller's span as its parent.
    assert.equal(occurrences(sent(), Buffer.from(TRACE_ID, 'hex')), 3);
    assert.equal(occurrences(sent(), Buffer.from(PARENT, 'hex')), 1);
    assert.ok(sent().includes('gateway') && sent().includes('predictor'));
    // What it has recorded it sends before it ends.
    assert.equal(await lab.gateway.stop(), 0);
    assert.equal(occurrences(sent(), Buffer.from(UNSAMPLED, 'hex')), 0);
  });
}

test('without OTEL_* the trace is carried on all the same', async () => {
  const seen: string[] = [];
  await using b = await startFakeB((request, response) => {
    seen.push(`${String(request.headers['traceparent'])} ${String(request.headers['tracestate'])}`);
    answering()(request, response);
  });
  await using gateway = await startHere({ target: 'gateway', env: { SERVICE_B_URL: b.url } });
  const a = gateway.urls['gateway'] ?? '';
  await processInput(a, 'x', { traceparent: `00-${TRACE_ID}-${PARENT}-01`, tracestate: 'vendor=1' });
  await processInput(a, 'x', { traceparent: 'nonsense' });
  await processInput(a, 'x');
  assert.match(seen[0] ?? '', new RegExp(`^00-${TRACE_ID}-(?!${PARENT})[0-9a-f]{16}-01 vendor=1$`));
  for (const fresh of seen.slice(1)) assert.match(fresh, /^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-00 undefined$/);
  assert.equal(new Set(seen).size, 3);
});

test('an exporter that this platform does not have stops the start with a sentence', async () => {
  await assert.rejects(startHere({ target: 'predictor', env: { OTEL_TRACES_EXPORTER: 'zipkin' } }), /OTEL_TRACES_EXPORTER is "zipkin"/);
});

function occurrences(haystack: Buffer, needle: Buffer): number {
  let count = 0;
  for (let at = haystack.indexOf(needle); at >= 0; at = haystack.indexOf(needle, at + 1)) count++;
  return count;
}
