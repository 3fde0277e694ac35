import assert from 'node:assert/strict';

/** Reads a file by the grammar of RFC 4180, and accepts nothing that it does not allow. The first line names the columns. */
export function readCsv(text: string): readonly Readonly<Record<string, string>>[] {
  const field = /"((?:[^"]|"")*)"|([^",\r\n]*)/y;
  const records: string[][] = [];
  let record: string[] = [];
  for (let at = 0; at < text.length;) {
    field.lastIndex = at;
    const found = field.exec(text);
    assert.ok(found !== null, `no field at ${at}`);
    record.push(found[1]?.replaceAll('""', '"') ?? (found[2] as string));
    at = field.lastIndex;
    if (text[at] === ',') at++;
    else {
      assert.equal(text.slice(at, at + 2), '\r\n', `a line ends at ${at}`);
      at += 2;
      records.push(record);
      record = [];
    }
  }
  const [names = [], ...rows] = records;
  return rows.map((row) => {
    assert.equal(row.length, names.length);
    return Object.fromEntries(names.map((name, index) => [name, row[index] as string]));
  });
}
