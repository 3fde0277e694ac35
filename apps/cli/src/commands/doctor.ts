import { styleText } from 'node:util';
import type { Command } from '../command.ts';
import { examine } from '../doctor/examine.ts';
import type { Finding } from '../doctor/finding.ts';
import { formatTable } from '../table.ts';

const MARKS = { ok: 'green', warning: 'yellow', problem: 'red' } as const;

export const command: Command = {
  summary: 'Examines this machine: versions, packages, folders, disk, memory, database, ports; says what to do about each finding.',
  usage: 'doctor [--json]',
  details: '  --json   Machine-readable. The exit code is 1 when something keeps the lab from starting.',
  options: { json: { type: 'boolean' } },
  async run({ flags }) {
    const findings = await examine(process.env);
    process.stdout.write(flags['json'] ? `${JSON.stringify({ findings }, undefined, 2)}\n` : report(findings));
    return findings.some(({ level }) => level === 'problem') ? 1 : 0;
  },
};

function report(findings: readonly Finding[]): string {
  const table = formatTable(findings.map(({ level, about, says }) => [styleText(MARKS[level], level), about, says]));
  const problems = findings.filter(({ level }) => level === 'problem').length;
  const verdict =
    problems === 0 ? 'The lab can start.' : `${problems} ${problems === 1 ? 'thing keeps' : 'things keep'} the lab from starting.`;
  return `${table}\n${verdict}\n`;
}
