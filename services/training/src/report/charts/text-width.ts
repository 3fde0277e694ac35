/** About how wide a text is at 12 px: with most fonts less. Letters of East Asia and pictures are as wide as they are high. */
export const textWidth = (text: string): number => Array.from(text.toWellFormed()).reduce((sum, character) => sum + widthOf(character), 0);

const widthOf = (character: string): number =>
  /[\u1100-\u11FF\u2E80-\uD7FF\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\u{1F000}-\u{3FFFF}]/u.test(character) ? 12.5 : 7.1;

/** As much of a text as fits, with … in its middle where it does not all fit: names often differ at their ends. */
export function fitted(text: string, most: number): string {
  if (textWidth(text) <= most) return text;
  const characters = Array.from(text.toWellFormed());
  const room = most - widthOf('…');
  const head = takeUpTo(characters, room * 0.6);
  const tail = takeUpTo(characters.slice(head.length).toReversed(), room - textWidth(head.join(''))).toReversed();
  return `${head.join('')}…${tail.join('')}`;
}

function takeUpTo(characters: readonly string[], most: number): readonly string[] {
  let [width, count] = [0, 0];
  for (const character of characters) {
    width += widthOf(character);
    if (width > most) break;
    count++;
  }
  return characters.slice(0, count);
}
