import type { ForestJob } from '#/trees/forest/job.ts';

/** How often each row is drawn for a tree (Breiman, "Bagging predictors", 1996). */
export function drawRows({ rows, settings }: Pick<ForestJob, 'rows' | 'settings'>, random: () => number): Int32Array {
  const draws = new Int32Array(rows);
  if (!settings.bootstrap) return draws.fill(1);
  for (let draw = 0; draw < settings.draws; draw++) draws[Math.floor(random() * rows)]!++;
  return draws;
}
