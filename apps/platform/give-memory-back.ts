import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Loading the program leaves more garbage than all that stays, and V8 would keep the room for it until there is pressure. One
 * thorough collection, before there is work to do, gives it back: about a fifth of the process.
 *
 * Two ticks wait meanwhile, one with an argument and one without: a collection that finds none of them takes the hidden classes of Node's
 * ticks with it, and for good `process.nextTick` takes five times as long (400 ns, of which a request needs six).
 */
export function giveMemoryBack(): void {
  process.nextTick(() => {});
  process.nextTick((_argument: number) => {}, 0);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as NodeJS.GCFunction;
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
