/** About how wide a text is at 12 px: with most fonts less. Letters of East Asia and pictures are as wide as they are high. */
export const textWidth = (text: string): number => Array.from(text.toWellFormed()).reduce((sum, character) => sum + widthOf(character), 0);

const widthOf = (character: string): number =>
  /[\u1100-\u11FF\u2E80-\uD7FF\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\u{1F000}-\u{3FFFF}]/u.test(character) ? 12.5 : 7.1;

/** As much of a text as fits, with … at its end where it does not all fit. */
export function fitted(text: string, most: number): string {
  if (textWidth(text) <= most) return text;
  let width = widthOf('…');
  const kept = [];
  for (const character of text.toWellFormed()) {
    width += widthOf(character);
    if (width > most) break;
    kept.push(character);
  }
  return `${kept.join('')}…`;
}
