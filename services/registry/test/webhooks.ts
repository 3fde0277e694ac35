import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Delivery } from '@mlab/contracts/registry-schemas';
import { openDatabase } from '@mlab/sql';
import { testOwner } from '@mlab/sql/testing';
import { Client } from 'pg';
import { forgetDeliveries } from '#/store/deliveries.ts';
import { call, startRegistry, until, type Json } from './registry-for-test.ts';
import { app } from './shared-registry.ts';

export const webhookTests = (): void =>
  void describe('webhooks', () => {
    const SECRET = 'a secret of webhooks';
    const stack = new AsyncDisposableStack();
    let database: Client;
    let server: string;

    interface Arrived {
      readonly path: string;
      readonly headers: IncomingHttpHeaders;
      readonly text: string;
      readonly body: Json;
    }

    const arrived: Arrived[] = [];
    let respond: (request: IncomingMessage, response: ServerResponse) => void;

    before(async () => {
      const receiver = createServer((request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          arrived.push({ path: request.url ?? '', headers: request.headers, text, body: JSON.parse(text) });
          respond(request, response);
        });
      });
      await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
      stack.defer(() => {
        receiver.close();
        receiver.closeAllConnections();
      });
      server = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
      database = new Client({ connectionString: app.databaseUrl });
      await database.connect();
      stack.defer(() => database.end());
      const { rows } = await database.query("SELECT schemaname FROM pg_tables WHERE tablename = 'webhook'");
      await database.query(`SET search_path TO "${rows[0].schemaname}"`);
    });
    after(() => stack.disposeAsync());
    beforeEach(() => {
      arrived.length = 0;
      respond = (_, response) => response.writeHead(204).end();
    });

    const event = (name: string): object => {
      const [entity, action] = name.toUpperCase().split('.');
      return { entity, action };
    };

    async function hook(path: string, events: readonly string[], more: object = {}): Promise<string> {
      const body = { name: 'hook', url: server + path, events: events.map(event), ...more };
      return (await app.must(app.post('webhooks', body))).webhook.webhook_id;
    }

    const remove = (id: string) => app.must(app.delete(`webhooks/${id}`));
    const create = (name: string, more: object = {}) => app.must(app.post('registered-models/create', { name, ...more }));
    const came = (count: number) => until(() => (arrived.length >= count ? arrived : undefined), `${count} messages`);
    const deliveries = async (webhook: string): Promise<readonly Delivery[]> =>
      (await app.client.listDeliveries({ webhook, limit: 100 }, call())).items;
    const ended = (webhook: string, state: Delivery['state']) =>
      until(async () => (await deliveries(webhook)).find((delivery) => delivery.state === state), `a delivery that is ${state}`);

    test("a message has MLflow's form, and a signature that only who knows the secret can make", async () => {
      const id = await hook('/signed', ['registered_model.created'], { secret: SECRET });
      await create('hooked', { description: 'words', tags: [{ key: 'a', value: 'ä' }] });
      const [message] = await came(1);
      assert.ok(message !== undefined);
      const { headers, text, body, path } = message;
      assert.deepEqual(
        { ...body, timestamp: '' },
        {
          entity: 'registered_model',
          action: 'created',
          timestamp: '',
          data: { name: 'hooked', tags: { a: 'ä' }, description: 'words' },
        },
      );
      assert.match(body.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
      assert.deepEqual([path, headers['content-type']], ['/signed', 'application/json']);
      const delivery = String(headers['x-mlflow-delivery-id']);
      const timestamp = String(headers['x-mlflow-timestamp']);
      assert.ok(Math.abs(Number(timestamp) - Date.now() / 1000) < 60);
      const signature = createHmac('sha256', SECRET).update(`${delivery}.${timestamp}.${text}`).digest('base64');
      assert.equal(headers['x-mlflow-signature'], `v1,${signature}`);
      const { state, status, attempts, event: told } = await ended(id, 'delivered');
      assert.deepEqual(
        [state, status, attempts, told, delivery],
        ['delivered', 204, 1, 'registered_model.created', (await deliveries(id))[0]?.id],
      );
      await remove(id);
    });

    test('a secret is kept encrypted and told to nobody', async () => {
      const id = await hook('/secret', ['registered_model.created'], { secret: SECRET });
      const kept = async (): Promise<string | null> =>
        (await database.query('SELECT secret FROM webhook WHERE id = $1', [id])).rows[0].secret;
      assert.match((await kept()) ?? '', /^aes\.[A-Za-z0-9+/=]{60,}$/);
      const told = await Promise.all([
        app.get(`webhooks/${id}`),
        app.get('webhooks'),
        app.patch(`webhooks/${id}`, { description: 'x' }),
        app.api('GET /audit'),
      ]);
      assert.ok(!JSON.stringify(told).includes(SECRET));
      assert.equal(told[3]?.body.items[0].after.secret, true);
      await app.must(app.patch(`webhooks/${id}`, { secret: '' }));
      assert.equal(await kept(), null);
      await create('unsigned');
      assert.equal((await came(1))[0]?.headers['x-mlflow-signature'], undefined);
      await remove(id);
    });

    const EVENTS = `
  registered_model.created model_version.created model_version_tag.set model_version_tag.deleted model_version_alias.created
  model_version_alias.deleted prompt.created prompt_version.created prompt_tag.set prompt_tag.deleted prompt_version_tag.set
  prompt_version_tag.deleted prompt_alias.created prompt_alias.deleted`;

    test('whoever is to hear of something hears of it, and nobody else', async () => {
      const all = await hook('/all', EVENTS.trim().split(/\s+/));
      const one = await hook('/one', ['model_version.created']);
      await hook('/off', ['registered_model.created'], { status: 'DISABLED' });
      const prompt = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }];
      const text = [...prompt, { key: 'mlflow.prompt.text', value: 'Hi {{name}}' }, { key: 'x', value: 'y' }];
      for (const [name, tags, version] of [
        ['heard', [], { source: 's3://b/c', run_id: 'r', tags: [{ key: 'x', value: 'y' }] }],
        ['greeting', prompt, { source: 'dummy-source', tags: text }],
      ] as const) {
        const of = { name, version: '1' };
        await create(name, { tags });
        await app.must(app.post('model-versions/create', { name, ...version }));
        await app.must(app.post('registered-models/set-tag', { name, key: 'k', value: 'v' }));
        await app.must(app.delete('registered-models/delete-tag', { name, key: 'k' }));
        await app.must(app.post('model-versions/set-tag', { ...of, key: 'k', value: 'v' }));
        await app.must(app.delete('model-versions/delete-tag', { ...of, key: 'k' }));
        await app.must(app.post('registered-models/alias', { ...of, alias: 'best' }));
        await app.must(app.delete('registered-models/alias', { name, alias: 'best' }));
      }
      const messages = await came(15);
      const told = messages
        .filter(({ path }) => path === '/all')
        .map(({ body: { entity, action, data } }) => [`${entity}.${action}`, data]);
      const heard = { name: 'heard' };
      const greeting = { name: 'greeting' };
      const first = { version: '1' };
      assert.deepEqual(
        told.toSorted((a, b) => (a[0] < b[0] ? -1 : 1)),
        [
          ['model_version.created', { ...heard, ...first, source: 's3://b/c', run_id: 'r', tags: { x: 'y' }, description: null }],
          ['model_version_alias.created', { ...heard, alias: 'best', ...first }],
          ['model_version_alias.deleted', { ...heard, alias: 'best' }],
          ['model_version_tag.deleted', { ...heard, ...first, key: 'k' }],
          ['model_version_tag.set', { ...heard, ...first, key: 'k', value: 'v' }],
          ['prompt.created', { ...greeting, tags: {}, description: '' }],
          ['prompt_alias.created', { ...greeting, alias: 'best', ...first }],
          ['prompt_alias.deleted', { ...greeting, alias: 'best' }],
          ['prompt_tag.deleted', { ...greeting, key: 'k' }],
          ['prompt_tag.set', { ...greeting, key: 'k', value: 'v' }],
          ['prompt_version.created', { ...greeting, ...first, template: 'Hi {{name}}', tags: { x: 'y' }, description: null }],
          ['prompt_version_tag.deleted', { ...greeting, ...first, key: 'k' }],
          ['prompt_version_tag.set', { ...greeting, ...first, key: 'k', value: 'v' }],
          ['registered_model.created', { ...heard, tags: {}, description: '' }],
        ],
      );
      assert.deepEqual(
        messages.filter(({ path }) => path !== '/all').map(({ path, body }) => [path, body.entity]),
        [['/one', 'model_version']],
      );
      await remove(all);
      await remove(one);
    });

    test('what is refused by a policy is told to nobody', async () => {
      const id = await hook('/refused', ['model_version_alias.created']);
      await create('guarded');
      await app.must(app.api('PUT /models/guarded/policy', { policy: { aliases: [{ alias: 'a' }] } }));
      await app.must(app.post('model-versions/create', { name: 'guarded', source: 's3://b/c' }));
      assert.equal((await app.post('registered-models/alias', { name: 'guarded', alias: 'a', version: '1' })).status, 403);
      await app.must(app.post('registered-models/alias', { name: 'guarded', alias: 'b', version: '1' }));
      assert.deepEqual(
        (await came(1)).map(({ body }) => body.data.alias),
        ['b'],
      );
      assert.equal((await deliveries(id)).length, 1);
      await remove(id);
    });

    test('what fails is sent again under the same id, and arrives in the end', async () => {
      let failures = 2;
      respond = (_, response) => response.writeHead(failures-- > 0 ? 503 : 200).end();
      const id = await hook('/again', ['registered_model.created'], { secret: SECRET });
      await create('again');
      const delivery = await ended(id, 'delivered');
      assert.deepEqual([delivery.attempts, delivery.status, delivery.error, arrived.length], [3, 200, undefined, 3]);
      assert.deepEqual(new Set(arrived.map(({ headers }) => headers['x-mlflow-delivery-id'])), new Set([delivery.id]));
      assert.equal(new Set(arrived.map(({ text }) => text)).size, 1);
      await remove(id);
    });

    test('what never arrives is given up, shown, and sent again when somebody asks for it', async () => {
      respond = (_, response) => response.writeHead(500).end('broken');
      const id = await hook('/dead', ['registered_model.created']);
      await create('dead');
      const failed = await ended(id, 'failed');
      assert.deepEqual(
        [failed.attempts, failed.status, failed.error, failed.nextAt, arrived.length],
        [3, 500, 'It answered 500.', undefined, 3],
      );
      const listed = await app.client.listDeliveries({ webhook: id, state: 'failed', limit: 1 }, call());
      assert.deepEqual([listed.items.map((delivery) => delivery.id), listed.next], [[failed.id], undefined]);
      respond = (_, response) => response.writeHead(200).end();
      const redriven = await app.must(app.api(`POST /webhook-deliveries/${failed.id}/redrive`));
      assert.equal(redriven.state, 'waiting');
      assert.equal((await ended(id, 'delivered')).attempts, 4);
      assert.match(
        await app.refusal(app.api(`POST /webhook-deliveries/${failed.id}/redrive`)),
        /^409 conflict .* is delivered: only one that has failed/,
      );
      assert.match(await app.refusal(app.api('POST /webhook-deliveries/nothing/redrive')), /^404 not_found/);
      await remove(id);
    });

    test('who says that he never will is not asked again; who says when is asked then', async () => {
      const id = await hook('/told', ['registered_model.created']);
      respond = (_, response) => response.writeHead(410).end();
      await create('gone');
      assert.deepEqual([(await ended(id, 'failed')).attempts, arrived.length], [1, 1]);
      respond = (_, response) => response.writeHead(429, { 'retry-after': '900' }).end();
      await create('later');
      const [waiting] = await until(async () => {
        const found = (await deliveries(id)).filter(({ state, attempts }) => state === 'waiting' && attempts === 1);
        return found.length > 0 ? found : undefined;
      }, 'an attempt that is to be followed');
      assert.equal(Date.parse(waiting?.nextAt ?? '') - Date.parse(waiting?.attemptedAt ?? ''), 900_000);
      await remove(id);
    });

    test('redirects are not followed, and whoever is silent is not waited for', async () => {
      const id = await hook('/redirect', ['registered_model.created']);
      respond = (_, response) => response.writeHead(302, { location: `${server}/elsewhere` }).end();
      await create('redirected');
      assert.deepEqual(
        [(await ended(id, 'failed')).error, new Set(arrived.map(({ path }) => path))],
        ['It answered 302.', new Set(['/redirect'])],
      );
      await remove(id);
      const silent = await hook('/silent', ['registered_model.created']);
      respond = () => undefined;
      await create('silent');
      assert.equal((await ended(silent, 'failed')).error, 'It did not answer within 400 ms.');
      await remove(silent);
    });

    test('what waits for a webhook that is gone or disabled is dropped', async () => {
      respond = (_, response) => response.writeHead(429, { 'retry-after': '1' }).end();
      const [gone, disabled] = [await hook('/gone', ['registered_model.created']), await hook('/disabled', ['registered_model.created'])];
      await create('dropped');
      await came(2);
      await remove(gone);
      await app.must(app.patch(`webhooks/${disabled}`, { status: 'DISABLED' }));
      const [first, second] = await Promise.all([ended(gone, 'dropped'), ended(disabled, 'dropped')]);
      assert.deepEqual([first.error, second.error], ['Its webhook was deleted.', 'Its webhook is disabled.']);
      assert.match(await app.refusal(app.api(`POST /webhook-deliveries/${first.id}/redrive`)), /^409 conflict .*was deleted/);
      respond = (_, response) => response.writeHead(200).end();
      await app.must(app.patch(`webhooks/${disabled}`, { status: 'ACTIVE' }));
      await app.must(app.api(`POST /webhook-deliveries/${second.id}/redrive`));
      await ended(disabled, 'delivered');
      await remove(disabled);
    });

    test('a test sends an example at once, signed, and says what came of it', async () => {
      const id = await hook('/test', ['model_version.created', 'prompt_alias.deleted'], { secret: SECRET });
      respond = (_, response) => response.writeHead(200).end('thanks');
      assert.deepEqual((await app.must(app.post(`webhooks/${id}/test`, {}))).result, {
        success: true,
        response_status: 200,
        response_body: 'thanks',
      });
      respond = (_, response) => response.writeHead(418).end();
      const asked = app.post(`webhooks/${id}/test`, { event: event('prompt_alias.deleted') });
      assert.deepEqual((await app.must(asked)).result, { success: false, response_status: 418 });
      assert.deepEqual(
        arrived.map(({ body: { entity, action, data } }) => [entity, action, data.name]),
        [
          ['model_version', 'created', 'example_model'],
          ['prompt_alias', 'deleted', 'example_prompt'],
        ],
      );
      assert.ok(arrived.every(({ headers }) => String(headers['x-mlflow-signature']).startsWith('v1,')));
      assert.match(
        await app.refusal(app.post(`webhooks/${id}/test`, { event: event('prompt.set') })),
        /^400 INVALID_PARAMETER_VALUE Invalid action 'set'/,
      );
      await database.query("UPDATE webhook SET secret = 'aes.AAAA' WHERE id = $1", [id]);
      assert.match((await app.must(app.post(`webhooks/${id}/test`, {}))).result.error_message, /Its secret cannot be read/);
      await remove(id);
    });

    test('deliveries that have ended are forgotten in time', async () => {
      const id = await hook('/old', ['registered_model.created']);
      await create('old');
      await ended(id, 'delivered');
      const { rows } = await database.query(
        "UPDATE webhook_delivery SET created_at = now() - interval '15 days' WHERE webhook_id = $1 RETURNING id",
        [id],
      );
      await create('new');
      await until(
        async () => (await deliveries(id)).filter(({ state }) => state === 'delivered').length === 2 || undefined,
        'a second delivery',
      );
      await using keeping = await openDatabase(await testOwner('registry'), { adminUrl: app.databaseUrl });
      const before = new Date(Date.now() - 14 * 86_400_000);
      assert.ok((await forgetDeliveries(keeping.database.for(call()), before)) >= 1);
      const left = (await deliveries(id)).map((delivery) => delivery.id);
      assert.deepEqual([left.length, left.includes(rows[0].id)], [1, false]);
      await remove(id);
    });

    test('attempts are counted by what came of them', async () => {
      const text = await (await fetch(`${app.url}/metrics`)).text();
      for (const outcome of ['delivered', 'failed', 'retried'])
        assert.match(text, new RegExp(`mlab_registry_webhook_attempts_total\\{outcome="${outcome}"\\} [1-9]`));
    });

    test('this machine and its network are no place for a webhook, unless that is allowed', async () => {
      await using strict = await startRegistry({ env: { MLAB_REGISTRY_WEBHOOKS_ATTEMPTS: '1' } });
      const secrets = async (url: string): Promise<string> => JSON.stringify(await (await fetch(`${url}/ready`)).json());
      assert.match(await secrets(strict.url), /Secrets of webhooks are kept as they are/);
      assert.match(await secrets(app.url), /Secrets of webhooks are encrypted/);
      const made = (url: string) => strict.post('webhooks', { name: 'x', url, events: [event('registered_model.created')] });
      for (const [url, why] of [
        ['https://127.0.0.1/', /127\.0\.0\.1 is not public/],
        ['https://localhost/', /localhost leads to .* not public/],
        ['https://169.254.169.254/', /not public/],
        ['https://[::1]/', /not public/],
        ['https://0x7f000001/', /not public/],
        ['http://93.184.216.34/', /begins with http; allowed is https/],
        ['https://me:word@93.184.216.34/', /name or a password/],
        ['https://', /no host/],
        ['nonsense', /no host/],
        [`https://93.184.216.34/${'a'.repeat(2048)}`, /exceeds the maximum length/],
      ] as const) {
        const said = await strict.refusal(made(url));
        assert.match(said, /^400 INVALID_PARAMETER_VALUE /, url);
        assert.match(said, why);
      }
      const { webhook } = await strict.must(made('https://93.184.216.34/'));
      assert.match(
        await strict.refusal(strict.patch(`webhooks/${webhook.webhook_id}`, { url: 'https://10.0.0.1/' })),
        /^400 .*10\.0\.0\.1 is not public/,
      );

      // One that was let in when that was allowed.
      const other = new Client({ connectionString: strict.databaseUrl });
      await other.connect();
      const { rows } = await other.query("SELECT schemaname FROM pg_tables WHERE tablename = 'webhook'");
      await other.query(`UPDATE "${rows[0].schemaname}".webhook SET url = 'https://127.0.0.1:1/'`);
      await other.end();
      await strict.must(strict.post('registered-models/create', { name: 'a' }));
      const failed = await until(
        async () => (await strict.client.listDeliveries({ state: 'failed', limit: 1 }, call())).items[0],
        'a delivery that is refused',
      );
      assert.match(failed.error ?? '', /127\.0\.0\.1 is not public/);
    });
  });
