/** What is known of a metric besides its value. */
export interface Metric {
  readonly title: string;
  readonly better: 'higher' | 'lower';
  readonly lowest?: number;
  readonly highest?: number;
  /** Why it may have no value. */
  readonly needs?: string;
}

const share = (title: string, needs?: string): Metric => ({
  title,
  better: 'higher',
  lowest: 0,
  highest: 1,
  ...(needs === undefined ? {} : { needs }),
});
const loss = (title: string, highest?: number, needs?: string): Metric => ({
  title,
  better: 'lower',
  lowest: 0,
  ...(highest === undefined ? {} : { highest }),
  ...(needs === undefined ? {} : { needs }),
});

const BOTH = 'It needs rows of both classes.';
const ALL = 'It needs rows of every class, and rows that are not of it.';
const CLUSTERS = 'It needs number columns without missing values, and 2 clusters or more with fewer clusters than rows.';

/** All by their names, which are those under which they are logged. */
const METRICS: Readonly<Record<string, Metric>> = {
  accuracy: share('Accuracy'),
  balanced_accuracy: share('Balanced accuracy'),
  precision: share('Precision'),
  recall: share('Recall'),
  f1: share('F1'),
  precision_micro: share('Precision, micro'),
  precision_macro: share('Precision, macro'),
  precision_weighted: share('Precision, weighted'),
  recall_micro: share('Recall, micro'),
  recall_macro: share('Recall, macro'),
  recall_weighted: share('Recall, weighted'),
  f1_micro: share('F1, micro'),
  f1_macro: share('F1, macro'),
  f1_weighted: share('F1, weighted'),
  mcc: { title: 'Matthews correlation', better: 'higher', lowest: -1, highest: 1 },
  cohen_kappa: {
    title: 'Cohen’s kappa',
    better: 'higher',
    lowest: -1,
    highest: 1,
    needs: 'It needs more than one class among targets and predictions.',
  },
  roc_auc: share('ROC AUC', BOTH),
  roc_auc_macro: share('ROC AUC, one against rest, macro', ALL),
  roc_auc_weighted: share('ROC AUC, one against rest, weighted', ALL),
  average_precision: share('Average precision'),
  average_precision_macro: share('Average precision, macro'),
  average_precision_weighted: share('Average precision, weighted'),
  pr_auc: share('Area under precision and recall', 'It needs rows of the positive class.'),
  log_loss: loss('Log loss'),
  brier: loss('Brier score', 2),
  calibration_error: loss('Expected calibration error', 1),
  cost: { title: 'Cost of a row', better: 'lower' },
  mae: loss('Mean absolute error'),
  rmse: loss('Root mean squared error'),
  mse: loss('Mean squared error'),
  r2: { title: 'R²', better: 'higher', highest: 1, needs: 'It needs at least 2 rows.' },
  explained_variance: { title: 'Explained variance', better: 'higher', highest: 1 },
  mape: loss('Mean absolute percentage error'),
  median_absolute_error: loss('Median absolute error'),
  max_error: loss('Greatest error'),
  inertia: loss('Inertia', undefined, 'It needs number columns without missing values.'),
  silhouette: { title: 'Silhouette', better: 'higher', lowest: -1, highest: 1, needs: CLUSTERS },
  davies_bouldin: loss('Davies–Bouldin index', undefined, CLUSTERS),
  calinski_harabasz: { title: 'Calinski–Harabasz index', better: 'higher', lowest: 0, needs: CLUSTERS },
};

/** Of names as this package gives them; a name of nobody's is a metric of which more is better. */
export function metricOf(name: string): Metric {
  if (Object.hasOwn(METRICS, name)) return METRICS[name] as Metric;
  const quantile = /^pinball_loss_(.+)$/.exec(name)?.[1];
  return quantile === undefined ? { title: name, better: 'higher' } : loss(`Pinball loss of quantile ${quantile}`);
}

/** Greater is better, whichever metric it is. */
export const goodness = (name: string, value: number): number => (metricOf(name).better === 'higher' ? value : -value);

/** What models of a task are compared by where nobody says otherwise. */
export const PRIMARY_METRIC = {
  binary: 'roc_auc',
  multiclass: 'f1_macro',
  regression: 'rmse',
  clustering: 'silhouette',
  anomaly: 'roc_auc',
} as const;
