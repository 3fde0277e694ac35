const SEVERE = /\b(?:FATAL|PANIC|ERROR|error): /;
const TEXT = /\b(?:FATAL|PANIC|ERROR|error|LOG): +(.+)/;
const REMEMBERED_LINES = 40;

/** What the last lines of PostgreSQL's output say about why it ended, as words that continue "PostgreSQL did not start: …". */
export function explainFailure(output: string): string {
  const known = KNOWN.find(([pattern]) => pattern.test(output));
  if (known) return known[1];
  const lines = output.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
  const last = lines.findLastIndex((line) => SEVERE.test(line));
  // Of a wrong setting, the line before says which.
  const telling = lines[last]?.endsWith('contains errors') ? last - 1 : last;
  return TEXT.exec(lines[telling] ?? '')?.[1] ?? lines.at(-1) ?? 'it ended without a word';
}

export function isPortTaken(output: string): boolean {
  return PORT_TAKEN.test(output);
}

/** Keeps the end of an output, which may go on for months. */
export function rememberOutput(): { hear(line: string): void; text(): string } {
  let lines: string[] = [];
  return {
    hear(line) {
      lines.push(line);
      if (lines.length >= 2 * REMEMBERED_LINES) lines = lines.slice(-REMEMBERED_LINES);
    },
    text: () => lines.slice(-REMEMBERED_LINES).join('\n'),
  };
}

const PORT_TAKEN = /could not bind IPv4 address .*(?:in use|10048|Only one usage)/;

/** In this order: an output that tells of two of them is about the first. */
const KNOWN: readonly (readonly [RegExp, string])[] = [
  [PORT_TAKEN, 'another program listens on its port'],
  [/could not bind IPv4 address .*Permission denied/, 'this user may not listen on its port'],
  [
    /could not (?:create|resize|open) shared memory segment|could not map anonymous shared memory/,
    'the system does not give it the shared memory that it needs',
  ],
  [/pre-existing shared memory block/, 'processes of an earlier start still work on the same data'],
  [/lock file "postmaster\.pid" already exists/, 'another PostgreSQL works on the same data'],
  [/No space left on device|Disk quota exceeded/, 'the disk is full'],
  [
    /could not look up effective user ID (\d+)/,
    'the user that it runs as has no name in /etc/passwd, which initdb insists on (add it there, or set DATABASE_URL)',
  ],
  [/Read-only file system/, 'the folder of its data cannot be written'],
];
