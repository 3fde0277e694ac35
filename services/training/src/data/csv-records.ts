export interface Head {
  /** Fields of the first records. */
  readonly records: readonly (readonly string[])[];
  /** Whether the last field is within quotes that do not end. */
  readonly isOpen: boolean;
}

/** The first records of a text, as RFC 4180 has them, with any of the three ends of lines; empty lines are none. The last one is left out where the text goes on. */
export function csvRecords(
  text: string,
  { delimiter, quote, most, goesOn }: { delimiter: string; quote: string; most: number; goesOn: boolean },
): Head {
  const records: string[][] = [];
  let record: string[] = [];
  let [field, isQuoted, at] = ['', false, 0];
  const endField = (): void => {
    record.push(field);
    field = '';
  };
  const endRecord = (): void => {
    endField();
    if (record.length > 1 || record[0] !== '') records.push(record);
    record = [];
  };
  while (at < text.length && records.length < most) {
    const character = text[at] as string;
    if (isQuoted) {
      if (character !== quote) field += character;
      else if (text[at + 1] === quote) {
        field += quote;
        at++;
      } else isQuoted = false;
    } else if (character === quote && field === '') isQuoted = true;
    else if (character === delimiter) endField();
    else if (character === '\n' || character === '\r') {
      if (character === '\r' && text[at + 1] === '\n') at++;
      endRecord();
    } else field += character;
    at++;
  }
  if (records.length < most && !goesOn && (field !== '' || record.length > 0)) endRecord();
  return { records, isOpen: isQuoted };
}
