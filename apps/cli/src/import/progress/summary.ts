import { formatBytes, formatDuration } from '../../format.ts';
import { formatTable } from '../../table.ts';
import { visibleText } from '../../visible-text.ts';
import type { Reason, Tally } from './tally.ts';
import { KINDS } from './told.ts';

export interface End {
  readonly from: string;
  readonly dryRun: boolean;
  readonly interrupted: boolean;
  /** Why it ended before its end. */
  readonly stopped: string | undefined;
  readonly ms: number;
}

const plural = (kind: string, count: number): string => (count === 1 ? kind : kind === 'alias' ? 'aliases' : `${kind}s`);

/** What was brought, what was not, and why. */
export function summaryText(tally: Tally, { from, dryRun, interrupted, stopped, ms }: End): string {
  const rows = KINDS.filter((kind) => tally.count(kind) > 0).map((kind) => [
    plural(kind, 2),
    ...(['brought', 'skipped', 'failed'] as const).map((outcome) => tally.count(kind, outcome).toLocaleString('en')),
  ]);
  const head = dryRun ? `What would be brought from ${from}:` : `Brought from ${from} in ${formatDuration(ms)}:`;
  const lines = [
    visibleText(head),
    formatTable([['', dryRun ? 'would be' : 'brought', 'skipped', 'failed'], ...rows]).trimEnd(),
    `  ${tally.values.toLocaleString('en')} values of metrics, ${formatBytes(tally.bytes)} of files`,
    ...listOf('Skipped', tally.reasons, 'skipped'),
    ...listOf('Failed', tally.reasons, 'failed'),
    'Traces, evaluation datasets, webhooks and users are not brought.',
    ...(stopped === undefined ? [] : [visibleText(`It has stopped: ${stopped}`)]),
    ...(interrupted || stopped !== undefined ? ['Run it again, and it goes on where it was.'] : []),
  ];
  return `${lines.join('\n')}\n`;
}

function listOf(title: string, reasons: readonly Reason[], outcome: Reason['outcome']): readonly string[] {
  const of = reasons.filter((one) => one.outcome === outcome);
  if (of.length === 0) return [];
  return [
    `${title}:`,
    ...of.map(({ kind, reason, count, ids }) => {
      const named = count === 1 ? `${kind} ${ids[0] ?? ''}` : `${count.toLocaleString('en')} ${plural(kind, count)}`;
      const which = count > 1 && outcome === 'failed' ? ` (${ids.slice(0, 3).join(', ')}${count > 3 ? ', …' : ''})` : '';
      return visibleText(`  ${named}: ${reason}${which}`);
    }),
  ];
}

export function summaryJson(tally: Tally, { from, dryRun, interrupted, stopped, ms }: End): string {
  const counts = Object.fromEntries(
    KINDS.map((kind) => [
      kind,
      Object.fromEntries((['brought', 'skipped', 'failed'] as const).map((outcome) => [outcome, tally.count(kind, outcome)])),
    ]),
  );
  const { values, bytes } = tally;
  const summary = { from, dryRun, interrupted, stopped, seconds: ms / 1000, counts, values, bytes, reasons: tally.reasons };
  return `${JSON.stringify({ summary })}\n`;
}
