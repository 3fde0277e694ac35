const GROUPED = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** Four digits, or four places below 1: what a reader compares metrics by. */
export function number(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 1e7 || size < 1e-4) return value.toExponential(2).replace('e+', 'e').replace('-', '−').replace('e-', 'e−');
  if (size >= 1000) return minus(GROUPED.format(value));
  return minus(size < 1 ? value.toFixed(4) : value.toPrecision(4));
}

/** With its sign, whichever it is. */
export const signed = (value: number): string => (value > 0 ? `+${number(value)}` : number(value));

/** Of rows, which are a whole number unless they have weights. */
export const count = (value: number): string => (Number.isInteger(value) ? minus(GROUPED.format(value)) : number(value));

export const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.01 ? 2 : 1)}%`;

export const minus = (text: string): string => text.replace(/^-/, '−');
