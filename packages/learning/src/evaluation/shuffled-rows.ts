/** The numbers of rows in an order by chance (Fisher and Yates); only the first `count` of them are by chance where that is given. */
export function shuffledRows(rows: number, random: () => number, count = rows): Uint32Array {
  const order = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) order[row] = row;
  for (let at = 0; at < Math.min(count, rows - 1); at++) {
    const other = at + Math.floor(random() * (rows - at));
    const kept = order[at] as number;
    order[at] = order[other] as number;
    order[other] = kept;
  }
  return order;
}
