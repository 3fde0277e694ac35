/**
 * What CloudEvents forbids in a string attribute: control characters, surrogates without their partner, and code points that
 * Unicode has set aside as no characters. https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#type-system
 */
// oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f]|\p{Surrogate}|\p{Noncharacter_Code_Point}/u;

/** What is wrong with the value of an attribute, as the end of a sentence; undefined when it may stand. */
export function attributeFault(value: unknown, maxLength: number): string | undefined {
  if (typeof value !== 'string') return `must be text and is ${value === null ? 'null' : typeof value}`;
  if (value === '') return 'must not be empty';
  if (value.length > maxLength) return `may have ${maxLength} characters and has ${value.length}`;
  if (FORBIDDEN.test(value)) return 'may not hold control characters, lone surrogates or code points that are no characters';
  return undefined;
}

/** `service.past-tense-fact@major`, which must also be a subject of NATS and a filter in a URL. */
const TYPE = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+@[1-9][0-9]*$/;

/** Refuses, with a sentence, a type that one of the two buses could not carry. */
export function checkType(type: string): void {
  if (!TYPE.test(type) || type.length > 200)
    throw new Error(
      `The type ${JSON.stringify(type)} is not of the form service.past-tense-fact@major: lower-case letters, digits, dashes.`,
    );
}
