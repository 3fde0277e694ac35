import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Policy } from '@mlab/contracts/registry-schemas';
import { call, type Answer } from './registry-for-test.ts';
import { app } from './shared-registry.ts';

export const approvalTests = (): void =>
  void describe('approvals', () => {
    let made = 0;

    /** A model with so many versions. */
    async function model(versions: number): Promise<string> {
      const name = `model ${++made}`;
      for (let each = 0; each < versions; each++)
        await app.must(app.api(`POST /models/${name}/versions`, { source: 's3://b/c', by: 'ann' }));
      return name;
    }

    const guard = async (name: string, policy: object): Promise<Policy> => app.must(app.api(`PUT /models/${name}/policy`, { policy }));
    const approve = (name: string, version: number, by: string): Promise<Answer> =>
      app.api(`POST /models/${name}/versions/${version}/approve`, { by });
    const setAlias = (name: string, version: number, alias = 'champion'): Promise<Answer> =>
      app.post('registered-models/alias', { name, alias, version: String(version) });
    const aliasesOf = async (name: string): Promise<Readonly<Record<string, number>>> =>
      (await app.client.getModel({ name }, call())).aliases;
    const stateOf = async (name: string, version: number): Promise<string> =>
      (await app.client.getVersion({ name, version }, call())).approval;

    describe('how a version is approved', () => {
      test('one approval is enough where nobody has said anything else, and it is written down', async () => {
        const name = await model(1);
        assert.deepEqual((await app.api(`POST /models/${name}/versions/1/approve`, { by: 'bob', comment: 'fine' })).body, {
          approval: 'approved',
          missing: [],
        });
        const { approvals, approval } = await app.client.getVersion({ name, version: 1 }, call());
        assert.deepEqual([approval, approvals.map(({ by, comment }) => [by, comment])], ['approved', [['bob', 'fine']]]);
      });

      test('as many as the policy asks for, each of them once', async () => {
        const name = await model(1);
        await guard(name, { approvals: { count: 2 } });
        const one = { approval: 'candidate', missing: ['it has 1 of the 2 approvals that it needs'] };
        assert.deepEqual((await approve(name, 1, 'bob')).body, one);
        assert.deepEqual((await approve(name, 1, 'bob')).body, one);
        assert.deepEqual((await approve(name, 1, 'carol')).body, { approval: 'approved', missing: [] });
        assert.deepEqual((await approve(name, 1, 'dan')).body, { approval: 'approved', missing: [] });
        assert.equal((await app.client.getVersion({ name, version: 1 }, call())).approvals.length, 3);
      });

      test('whoever is not asked is refused, and so is the author', async () => {
        const name = await model(1);
        await guard(name, { approvals: { approvers: ['ann', 'bob'], authorMayApprove: false } });
        assert.match(
          await app.refusal(approve(name, 1, 'eve')),
          /^403 forbidden model \d+ version 1 was not approved of: eve is none of the approvers, who are ann, bob\.$/,
        );
        assert.match(await app.refusal(approve(name, 1, 'ann')), /^403 forbidden .*ann has registered or made it/);
        assert.match(
          await app.refusal(app.api(`POST /models/${name}/versions/1/reject`, { by: 'eve' })),
          /^403 forbidden .*was not rejected: eve is none/,
        );
        assert.equal(await stateOf(name, 1), 'candidate');
        assert.equal((await approve(name, 1, 'bob')).body.approval, 'approved');
      });

      test('who made the run is an author too', async () => {
        await app.must(app.api('POST /models/by run/versions', { source: `runs:/${'a'.repeat(32)}/model`, by: 'zoe' }));
        await guard('by run', { approvals: { authorMayApprove: false } });
        assert.match(await app.refusal(approve('by run', 1, 'ann')), /^403 .*ann has registered or made it/);
      });

      test('what was rejected or archived is not approved any more', async () => {
        const name = await model(2);
        assert.deepEqual((await app.api(`POST /models/${name}/versions/1/reject`, { by: 'bob', comment: 'no' })).body, {
          approval: 'rejected',
          missing: [],
        });
        assert.match(await app.refusal(approve(name, 1, 'bob')), /^409 conflict .* cannot become approved: it is rejected/);
        assert.match(await app.refusal(app.api(`POST /models/${name}/versions/1/reject`, {})), /^409 conflict .* cannot become rejected/);
        assert.equal((await app.api(`POST /models/${name}/versions/1/archive`, {})).body.approval, 'archived');
        assert.match(await app.refusal(app.api(`POST /models/${name}/versions/1/archive`, {})), /^409 conflict .*nothing any more/);
        assert.match(await app.refusal(approve(name, 3, 'bob')), /^404 not_found Model Version/);
        assert.match(await app.refusal(approve('nothing', 1, 'bob')), /^404 not_found/);
      });
    });

    describe('what an alias needs', () => {
      test("it is refused through MLflow's route too, with all reasons, by a status that no client repeats", async () => {
        const name = await model(1);
        await guard(name, {
          aliases: [
            { alias: 'champion', checks: ['bias'], metrics: [{ name: 'auc', comparison: '>=', value: 0.8 }], tags: [{ key: 'card' }] },
          ],
        });
        const reasons = `${name} version 1 may not bear the alias champion: it is candidate and not approved; the check bias has not been reported; the metric auc has not been reported; it has no tag card.`;
        assert.equal(await app.refusal(setAlias(name, 1)), `403 PERMISSION_DENIED ${reasons}`);
        assert.equal(await app.refusal(app.api(`PUT /models/${name}/aliases/champion`, { version: 1 })), `403 forbidden ${reasons}`);
        const { body } = await app.api(`GET /models/${name}/versions/1/readiness?alias=champion`);
        assert.deepEqual([body.ready, body.guarded, body.missing.length], [false, true, 4]);
        assert.deepEqual(await aliasesOf(name), {});

        await approve(name, 1, 'bob');
        await app.must(app.post('model-versions/set-tag', { name, version: '1', key: 'card', value: 'x' }));
        await app.must(
          app.api(`POST /models/${name}/versions/1/reports`, {
            checks: [{ name: 'bias', passed: false }],
            metrics: [{ name: 'auc', value: 0.9 }],
            by: 'ci',
          }),
        );
        assert.match(await app.refusal(setAlias(name, 1)), /may not bear the alias champion: the check bias has failed\.$/);
        await app.must(app.api(`POST /models/${name}/versions/1/reports`, { checks: [{ name: 'bias', passed: true, detail: 'fair' }] }));
        assert.deepEqual((await app.api(`GET /models/${name}/versions/1/readiness?alias=champion`)).body, {
          ready: true,
          guarded: true,
          missing: [],
        });
        assert.deepEqual((await setAlias(name, 1)).body, {});
        assert.deepEqual(await aliasesOf(name), { champion: 1 });
        const { checks, metrics } = await app.client.getVersion({ name, version: 1 }, call());
        assert.deepEqual(
          [checks['bias']?.passed, checks['bias']?.detail, metrics['auc']?.value, metrics['auc']?.by],
          [true, 'fair', 0.9, 'ci'],
        );
      });

      test('other aliases are free, unless a rule says all', async () => {
        const name = await model(1);
        await guard(name, { aliases: [{ alias: 'champion' }] });
        await app.must(setAlias(name, 1, 'challenger'));
        await guard(name, { aliases: [{ alias: 'champion' }, { alias: '*' }] });
        assert.match(await app.refusal(setAlias(name, 1, 'other')), /^403 PERMISSION_DENIED/);
        // One that is there stays, also when it is set once more to what it is.
        await app.must(setAlias(name, 1, 'challenger'));
      });

      test('the approval of whom only the alias asks', async () => {
        const name = await model(1);
        await guard(name, { aliases: [{ alias: 'champion', approvals: { count: 1, approvers: ['carol'] } }] });
        await approve(name, 1, 'bob');
        assert.match(await app.refusal(setAlias(name, 1)), /it has 0 of the 1 approvals of carol that it needs/);
        await approve(name, 1, 'carol');
        await app.must(setAlias(name, 1));
      });

      test("one of MLflow's stages may be guarded in the same way", async () => {
        const name = await model(1);
        await guard(name, { aliases: [{ alias: 'champion', stages: ['Production'] }] });
        const move = (stage: string) => app.post('model-versions/transition-stage', { name, version: '1', stage });
        await app.must(move('Staging'));
        assert.match(await app.refusal(move('production')), /^403 PERMISSION_DENIED .*may not enter the stage Production: it is candidate/);
        await approve(name, 1, 'bob');
        await app.must(move('Production'));
      });

      test('the default holds for models without a policy of their own', async () => {
        const name = await model(1);
        await app.must(app.api('PUT /policy', { policy: { aliases: [{ alias: 'golden' }] } }));
        assert.match(await app.refusal(setAlias(name, 1, 'golden')), /^403 PERMISSION_DENIED/);
        assert.deepEqual((await app.api(`GET /models/${name}/policy`)).body.own, false);
        await guard(name, {});
        assert.deepEqual((await app.api(`GET /models/${name}/policy`)).body, {
          policy: { approvals: { count: 1, authorMayApprove: true }, aliases: [] },
          own: true,
        });
        await app.must(setAlias(name, 1, 'golden'));
        await app.must(app.api(`DELETE /models/${name}/policy`));
        await app.must(app.api(`DELETE /models/${name}/policy`));
        await app.must(app.delete('registered-models/alias', { name, alias: 'golden' }));
        assert.match(await app.refusal(setAlias(name, 1, 'golden')), /^403/);
        assert.equal((await app.api('GET /policy')).body.aliases[0].alias, 'golden');
        await app.must(app.api('PUT /policy', { policy: {} }));
      });
    });

    describe('what bears a guarded alias', () => {
      /** Two approved versions; the first is champion. */
      async function champion(rule: object = {}): Promise<string> {
        const name = await model(2);
        await guard(name, { aliases: [{ alias: 'champion', ...rule }] });
        await approve(name, 1, 'bob');
        await approve(name, 2, 'bob');
        await app.must(setAlias(name, 1));
        return name;
      }
      const end = (name: string, how: string, body: object = {}) => app.api(`POST /models/${name}/versions/1/${how}`, body);

      for (const how of ['reject', 'archive']) {
        test(`to ${how} it is refused, until the alias has moved on`, async () => {
          const name = await champion();
          await app.must(setAlias(name, 1, 'free'));
          assert.match(
            await app.refusal(end(name, how)),
            /^409 conflict .* while it has the alias champion: move it to another version before, or ask with release\.$/,
          );
          assert.equal(await stateOf(name, 1), 'approved');
          await app.must(setAlias(name, 2));
          await app.must(end(name, how));
          assert.deepEqual(await aliasesOf(name), { champion: 2, free: 1 });
        });

        test(`to ${how} it takes the alias away when asked to`, async () => {
          const name = await champion({ stages: ['Production'] });
          await app.must(app.post('model-versions/transition-stage', { name, version: '1', stage: 'Production' }));
          assert.match(await app.refusal(end(name, how)), /the alias champion, the stage Production/);
          await app.must(end(name, how, { release: true }));
          const { aliases, stage } = await app.client.getVersion({ name, version: 1 }, call());
          assert.deepEqual([aliases, stage], [[], 'Archived']);
        });
      }

      test('it may be taken away, and go with its version', async () => {
        const name = await champion();
        await app.must(app.delete('registered-models/alias', { name, alias: 'champion' }));
        await app.must(setAlias(name, 2));
        await app.must(app.api(`DELETE /models/${name}/versions/2`));
        assert.deepEqual(await aliasesOf(name), {});
      });

      test('one that is kept can only be moved', async () => {
        const name = await champion({ keep: true });
        const kept = /the policy of model \d+ keeps the alias champion, which may only be moved to another version\.$/;
        for (const refused of [
          app.delete('registered-models/alias', { name, alias: 'champion' }),
          app.delete('model-versions/delete', { name, version: '1' }),
          app.delete('registered-models/delete', { name }),
          app.api(`DELETE /models/${name}/aliases/champion`),
          app.api(`DELETE /models/${name}/versions/1`),
          end(name, 'archive', { release: true }),
        ]) {
          const said = await app.refusal(refused);
          assert.match(said, /^403 (PERMISSION_DENIED|forbidden) /);
          assert.match(said, kept);
        }
        assert.deepEqual([await aliasesOf(name), await stateOf(name, 1)], [{ champion: 1 }, 'approved']);
        await app.must(setAlias(name, 2));
        await app.must(app.delete('model-versions/delete', { name, version: '1' }));
        await app.must(app.post('registered-models/rename', { name, new_name: `${name} renamed` }));
        assert.match(await app.refusal(app.delete('registered-models/delete', { name: `${name} renamed` })), /^403/);
      });

      test('a stricter policy leaves it where it is, and holds whoever comes next', async () => {
        const name = await champion();
        await guard(name, { approvals: { count: 2 }, aliases: [{ alias: 'champion' }] });
        assert.deepEqual(await aliasesOf(name), { champion: 1 });
        assert.match(await app.refusal(setAlias(name, 2)), /it has 1 of the 2 approvals that it needs/);
        await approve(name, 2, 'carol');
        await app.must(setAlias(name, 2));
      });
    });

    describe('what cannot be a policy or a report', () => {
      for (const [policy, why] of [
        [{ approvals: { count: 3, approvers: ['a', 'b'] } }, /asks for 3 approvals of 2 approvers/],
        [{ approvals: { count: 2, approvers: ['a', 'a'] } }, /asks for 2 approvals/],
        [{ approvals: { count: 0 } }, /count/],
        [{ aliases: [{ alias: 'a' }, { alias: 'a' }] }, /two rules for a/],
        [{ aliases: [{ alias: 'latest' }] }, /'latest' alias name/],
        [{ aliases: [{ alias: 'v1' }] }, /reserved/],
        [{ aliases: [{ alias: 'a b' }] }, /Invalid alias name/],
        [{ aliases: [{ alias: 'a', stages: ['None'] }] }, /every version begins in None/],
        [{ aliases: [{ alias: 'a', stages: ['Nonsense'] }] }, /stages/],
        [{ aliases: [{ alias: 'a', metrics: [{ name: 'x', comparison: '~', value: 1 }] }] }, /comparison/],
        [{ aliases: [{ alias: 'a', approvals: { count: 2, approvers: ['x'] } }] }, /the alias a asks for 2/],
        [{ nonsense: 1 }, /policy/],
      ] as const) {
        test(`${JSON.stringify(policy)} is refused`, async () => {
          const said = await app.refusal(app.api('PUT /policy', { policy }));
          assert.match(said, /^400 invalid /);
          assert.match(said, why);
        });
      }

      test('reports name at least one thing of a version that is there', async () => {
        const name = await model(1);
        assert.match(
          await app.refusal(app.api(`POST /models/${name}/versions/1/reports`, {})),
          /^400 invalid checks and metrics are both empty/,
        );
        assert.match(
          await app.refusal(app.api(`POST /models/${name}/versions/1/reports`, { metrics: [{ name: 'a', value: 'x' }] })),
          /^400 invalid .*value/,
        );
        assert.match(
          await app.refusal(app.api(`POST /models/${name}/versions/9/reports`, { checks: [{ name: 'a', passed: true }] })),
          /^404/,
        );
        const twice = {
          checks: [
            { name: 'a', passed: true },
            { name: 'a', passed: false },
          ],
        };
        await app.must(app.api(`POST /models/${name}/versions/1/reports`, twice));
        assert.equal((await app.client.getVersion({ name, version: 1 }, call())).checks['a']?.passed, false);
      });

      test('a policy needs a model that is there', async () => {
        for (const refused of [
          app.api('GET /models/nothing/policy'),
          app.api('PUT /models/nothing/policy', { policy: {} }),
          app.api('DELETE /models/nothing/policy'),
        ])
          assert.match(await app.refusal(refused), /^404 not_found Registered Model with name=nothing not found/);
      });
    });
  });
