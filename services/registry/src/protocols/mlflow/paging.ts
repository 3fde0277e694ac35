import { invalidParameter } from '@mlab/mlflow';

/** How many results a page has. MLflow itself takes 0 and less of registered models, and then answers the same page for ever. */
export function pageSize(asked: number | undefined, { byDefault, most }: { readonly byDefault: number; readonly most: number }): number {
  const size = asked ?? byDefault;
  if (size < 1) throw invalidParameter(`Invalid value for max_results. It must be a positive integer, but got ${size}`);
  if (size <= most) return size;
  throw invalidParameter(
    `Invalid value "${size}" for parameter 'max_results' supplied:  Hint: It must be at most ${most}. ` +
      'See the API docs for more information about request parameters.',
  );
}
