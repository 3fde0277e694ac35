/** Tells the lines of a text that is given anew and longer each time, each line once, as soon as it is whole. */
export function newLines(tell: (line: string) => void): ((whole: string) => void) & { readonly end: () => void } {
  let told = 0;
  let latest = '';
  const take = (whole: string): void => {
    latest = whole;
    for (let end = whole.indexOf('\n', told); end >= 0; end = whole.indexOf('\n', told)) {
      tell(whole.slice(told, end).replace(/\r$/, ''));
      told = end + 1;
    }
  };
  /** What stands behind the last line end. */
  const end = (): void => {
    if (told < latest.length) tell(latest.slice(told));
    told = latest.length;
  };
  return Object.assign(take, { end });
}
