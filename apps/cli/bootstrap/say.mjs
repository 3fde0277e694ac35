/** An error whose message is a whole sentence for the person at the terminal. */
export class Refusal extends Error {}

export function say(sentence) {
  process.stderr.write(`${sentence}\n`);
}
