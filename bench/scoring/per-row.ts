/** Microseconds of CPU that a row takes while `sliceMs` last: they hardly move when others use the machine. */
export async function perRow(rows: number, sliceMs: number, score: (index: number) => void | Promise<void>): Promise<number> {
  const ends = performance.now() + sliceMs;
  const before = process.cpuUsage();
  let calls = 0;
  while (performance.now() < ends) {
    for (let more = rows === 1 ? 100 : 1; more > 0; more--) {
      const pending = score(calls++);
      if (pending !== undefined) await pending;
    }
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (calls * rows);
}
