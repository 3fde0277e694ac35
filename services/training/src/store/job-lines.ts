import type { Queryable } from '@mlab/kernel';
import { integer, oneOf, sql, text, timestamp, unnest } from '@mlab/sql';
import type { JobLine } from '#/domain/job-line.ts';

/** Adds lines behind those that are there; beyond `most` nothing is kept. */
export async function insertLines(db: Queryable, jobSeq: number, lines: readonly Omit<JobLine, 'number'>[], most: number): Promise<void> {
  const rows = unnest({
    place: ['int4', lines.map((_, index) => index + 1)],
    at: ['timestamptz', lines.map(({ at }) => at)],
    level: ['text', lines.map(({ level }) => level)],
    text: ['text', lines.map((line) => line.text)],
  });
  await db.run(sql`
    WITH last AS (SELECT coalesce(max(number), 0) AS number FROM job_line WHERE job_seq = ${jobSeq})
    INSERT INTO job_line (job_seq, number, at, level, text)
    SELECT job.seq, last.number + place, at, level, text FROM ${rows}, last, (SELECT seq FROM training_job WHERE seq = ${jobSeq}) AS job
    WHERE last.number + place <= ${most}
    ON CONFLICT (job_seq, number) DO NOTHING`);
}

export function listLines(db: Queryable, jobSeq: number, after: number, limit: number): Promise<readonly JobLine[]> {
  return db.all(
    sql`SELECT number, at, level, text FROM job_line WHERE job_seq = ${jobSeq} AND number > ${after} ORDER BY number LIMIT ${limit}`,
    (row): JobLine => ({
      number: integer(row['number']),
      at: timestamp(row['at']),
      level: oneOf(['info', 'warning', 'error'], row['level']),
      text: text(row['text']),
    }),
  );
}
