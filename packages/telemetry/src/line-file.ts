import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export interface LineFile {
  readonly write: (lines: string) => void;
}

/**
 * A file that lines are appended to. At `maxBytes` it is renamed to `<file>.1`, in place of an older one, and a new file is begun,
 * so that a log never takes more than twice that. A full disk loses lines and does not end the service.
 */
export function openLineFile(file: string, maxBytes: number): LineFile {
  mkdirSync(dirname(file), { recursive: true });
  let fd = openSync(file, 'a', 0o600);
  let size = fstatSync(fd).size;

  const rotate = (): void => {
    renameSync(file, `${file}.1`);
    const next = openSync(file, 'a', 0o600);
    closeSync(fd);
    fd = next;
    size = 0;
  };
  return {
    write: (lines) => {
      try {
        const total = Buffer.byteLength(lines);
        // Handed over as text, which saves a copy; what a nearly full disk did not take is written on from there.
        let written = writeSync(fd, lines);
        while (written < total) written += writeSync(fd, Buffer.from(lines), written);
        size += total;
        if (size >= maxBytes) rotate();
      } catch {
        // A log that cannot be written has nobody else to tell.
      }
    },
  };
}
