import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Admission, Waiter } from '#/domain/admission.ts';
import { seeded } from './virtual-clock.ts';

class Visitor extends Waiter {
  readonly name: string;
  readonly #onAdmitted: (visitor: Visitor) => void;

  constructor(name: string, onAdmitted: (visitor: Visitor) => void = () => {}) {
    super();
    this.name = name;
    this.#onAdmitted = onAdmitted;
  }

  override admitted(): void {
    this.#onAdmitted(this);
  }

  override expire(): void {}
}

test('admission: places first, then the queue, then nothing', () => {
  const admission = new Admission({ maxInFlight: 2, maxQueue: 1, maxWaitMs: 1 });
  const answers = Array.from({ length: 4 }, (_, index) => admission.enter(new Visitor(String(index))));
  assert.deepEqual(answers, ['admitted', 'admitted', 'queued', 'full']);
  assert.deepEqual([admission.inFlight, admission.queued], [2, 1]);
});

test('admission: who came first goes first, and who left is skipped', () => {
  const order: string[] = [];
  const admission = new Admission({ maxInFlight: 1, maxQueue: 9, maxWaitMs: 1 });
  admission.enter(new Visitor('inside'));
  const waiting = ['a', 'b', 'c', 'd', 'e'].map((name) => new Visitor(name, () => void order.push(name)));
  for (const visitor of waiting) admission.enter(visitor);
  for (const index of [0, 2, 4]) admission.leave(waiting[index]!);
  admission.leave(waiting[0]!);
  assert.equal(admission.queued, 2);
  for (let index = 0; index < 3; index++) admission.release();
  assert.deepEqual(order, ['b', 'd']);
  assert.deepEqual([admission.inFlight, admission.queued], [0, 0]);
});

test('admission: a newcomer does not overtake those who wait, also in the moment in which a place is handed over', () => {
  const order: string[] = [];
  const admission = new Admission({ maxInFlight: 1, maxQueue: 9, maxWaitMs: 1 });
  admission.enter(new Visitor('inside'));
  const newcomer = new Visitor('newcomer', () => void order.push('newcomer'));
  admission.enter(
    new Visitor('first', () => {
      order.push('first');
      admission.release();
      assert.equal(admission.enter(newcomer), 'queued');
    }),
  );
  admission.enter(new Visitor('second', () => void order.push('second')));
  admission.release();
  admission.release();
  assert.deepEqual(order, ['first', 'second', 'newcomer']);
});

test('admission: a long queue whose calls all fail at once does not overflow the stack', () => {
  let admitted = 0;
  const admission = new Admission({ maxInFlight: 1, maxQueue: 100_000, maxWaitMs: 1 });
  admission.enter(new Visitor('inside'));
  for (let index = 0; index < 100_000; index++) {
    admission.enter(
      new Visitor('', () => {
        admitted++;
        admission.release();
      }),
    );
  }
  admission.release();
  assert.equal(admitted, 100_000);
  assert.deepEqual([admission.inFlight, admission.queued], [0, 0]);
});

test('admission: in any order of events the bounds hold and nobody is lost', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = seeded(seed);
    const policy = { maxInFlight: 1 + Math.floor(random() * 4), maxQueue: Math.floor(random() * 5), maxWaitMs: 1 };
    const admission = new Admission(policy);
    const inside: Visitor[] = [];
    const waiting: Visitor[] = [];
    const arrive = (visitor: Visitor): void => {
      waiting.splice(waiting.indexOf(visitor), 1);
      inside.push(visitor);
    };
    for (let step = 0; step < 200; step++) {
      const draw = random();
      if (draw < 0.5) {
        const visitor = new Visitor(String(step), arrive);
        const answer = admission.enter(visitor);
        if (answer === 'admitted') inside.push(visitor);
        else if (answer === 'queued') waiting.push(visitor);
      } else if (draw < 0.8 && inside.length > 0) {
        inside.splice(Math.floor(random() * inside.length), 1);
        admission.release();
      } else if (waiting.length > 0) {
        const [visitor] = waiting.splice(Math.floor(random() * waiting.length), 1);
        admission.leave(visitor!);
      }
      assert.equal(admission.inFlight, inside.length);
      assert.equal(admission.queued, waiting.length);
      assert.ok(inside.length <= policy.maxInFlight && waiting.length <= policy.maxQueue);
      assert.ok(waiting.length === 0 || inside.length === policy.maxInFlight, 'nobody waits beside a free place');
    }
  }
});
