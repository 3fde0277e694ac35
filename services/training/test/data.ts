/** Lines of numbers and words whose last column can be learnt from the others. */
export function churn(rows = 400): string {
  const lines = Array.from({ length: rows }, (_, row) => {
    const [months, bill] = [(row * 7) % 60, 20 + ((row * 13) % 80)];
    const plan = ['basic', 'plus', 'pro'][row % 3] as string;
    const leaves = months < 20 && bill > 50 - (plan === 'pro' ? 20 : 0);
    return `${row % 17 === 0 ? '' : months},${bill},${plan},${leaves === (row % 23 !== 0) ? 'yes' : 'no'}`;
  });
  return `months,bill,plan,leaves\n${lines.join('\n')}\n`;
}

/** What is quickest to judge. */
export const quick = { evaluation: { bootstrap: 0, permutations: 0 } };
