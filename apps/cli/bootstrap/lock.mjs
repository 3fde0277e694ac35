import { closeSync, openSync, readFileSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { processStart } from './process-start.mjs';

const WRITING_MS = 2_000;
const BREAKING_MS = 10_000;

/**
 * Takes a lock that is a file naming its holder ("<pid> <start of that process>"). The lock of a process that is gone is free:
 * nothing has to be cleaned up by hand after a crash or a SIGKILL.
 * Answers { release } when taken, { pid } of the holder when not (pid undefined: it changed hands this very moment).
 */
export function tryLock(file) {
  const mine = `${process.pid} ${processStart(process.pid)}`;
  for (let attempt = 0; attempt < 3; attempt++) {
    if (create(file, mine)) return { release: () => removeIf(file, mine) };
    const text = read(file);
    if (text === undefined) continue;
    if (text === '' && ageOf(file) < WRITING_MS) return { pid: undefined };
    if (isAlive(text)) return { pid: Number(text.split(' ')[0]) };
    breakStale(file, text);
  }
  return { pid: undefined };
}

function isAlive(text) {
  const space = text.indexOf(' ');
  return space > 0 && processStart(Number(text.slice(0, space))) === text.slice(space + 1);
}

/** Only one process at a time may break a lock: else a second one, late, would remove the lock that the first has just taken. */
function breakStale(file, text) {
  const permit = `${file}.breaking`;
  if (!create(permit, String(process.pid))) {
    if (ageOf(permit) > BREAKING_MS) remove(permit);
    return;
  }
  removeIf(file, text);
  remove(permit);
}

function create(file, text) {
  let handle;
  try {
    handle = openSync(file, 'wx', 0o600);
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  writeSync(handle, text);
  closeSync(handle);
  return true;
}

function removeIf(file, text) {
  if (read(file) === text) remove(file);
}

function remove(file) {
  try {
    unlinkSync(file);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function ageOf(file) {
  try {
    return Date.now() - statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}
