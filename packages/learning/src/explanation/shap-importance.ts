import type { Contributions } from '#/explanation/tree-shap.ts';

/** The mean of |contribution| over rows, and over targets the sum: how much each feature moves what a model says (Lundberg et al., 2020). */
export function shapImportance(rows: readonly Contributions[]): Float64Array {
  const importance = new Float64Array(rows[0]?.features ?? 0);
  for (const { values, features } of rows) {
    values.forEach((value, at) => {
      const feature = at % features;
      importance[feature] = (importance[feature] as number) + Math.abs(value) / rows.length;
    });
  }
  return importance;
}
