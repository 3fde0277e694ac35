/**
 * Where the object of a key lies below its root, and back again. No two keys meet in one name on any file system: names hold only
 * lower-case letters, digits, `-`, `_` and inner dots; every other byte of the key's UTF-8 is `%` and two digits, as in a URL.
 * `runs/42/Model.onnx` is the file `%4dodel.onnx@object` in `runs/42`.
 *
 * The marks that no part of a key can contain: a file ends in `@object`, so that `a` and `a/b` can both be keys; a folder that ends in
 * `+` holds the beginning of a part that is too long for one name; `=` is a folder for a part of which nothing is left after that.
 */
export interface Place {
  readonly folders: readonly string[];
  readonly file: string;
}

/** Of a key's part in one name: 240 characters when all are escaped, and names may have 255. */
const CHUNK_BYTES = 80;
const FILE = '@object';
const LONG = '+';
const NOTHING = '=';
const SLASH = Buffer.from('/');

/** Names of devices in Windows, also with an extension. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/;

export function placeOf(key: string): Place {
  const bytes = Buffer.from(key);
  const lastSlash = bytes.lastIndexOf('/');
  const last = chunksOf(bytes.subarray(lastSlash + 1));
  return {
    folders: [...foldersOf(bytes.subarray(0, lastSlash + 1)), ...last.whole],
    file: last.rest + FILE,
  };
}

/** The folders of parts that each end in a slash. */
export function foldersOf(parts: Buffer): readonly string[] {
  const folders: string[] = [];
  for (let start = 0; start < parts.length;) {
    const slash = parts.indexOf('/', start);
    const { whole, rest } = chunksOf(parts.subarray(start, slash));
    folders.push(...whole, rest === '' ? NOTHING : rest);
    start = slash + 1;
  }
  return folders;
}

/**
 * What a name adds to the bytes of the key; of a folder, what all keys in it have next. Undefined for a name that no key leads to.
 */
export function bytesOf(name: string, isFolder: boolean): Buffer | undefined {
  if (!isFolder) return name.endsWith(FILE) ? unescape(name.slice(0, -FILE.length)) : undefined;
  if (name === NOTHING) return SLASH;
  if (name.endsWith(LONG)) return unescape(name.slice(0, -LONG.length));
  const part = unescape(name);
  return part === undefined ? undefined : Buffer.concat([part, SLASH]);
}

function unescape(name: string): Buffer | undefined {
  const text = name.replaceAll(/%([0-9a-f]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
  const bytes = Buffer.from(text, 'latin1');
  return escape(bytes) === name ? bytes : undefined;
}

function chunksOf(part: Buffer): { readonly whole: readonly string[]; readonly rest: string } {
  const whole: string[] = [];
  let start = 0;
  for (; part.length - start >= CHUNK_BYTES; start += CHUNK_BYTES) whole.push(escape(part.subarray(start, start + CHUNK_BYTES)) + LONG);
  return { whole, rest: escape(part.subarray(start)) };
}

function escape(bytes: Buffer): string {
  let name = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    name += /[a-z0-9._-]/.test(character) ? character : escaped(character);
  }
  // Hidden in Unix at the beginning, lost in Windows at the end.
  return name.replace(/^\.|\.$/g, escaped).replace(DEVICE, (device) => escaped(device.charAt(0)) + device.slice(1));
}

const escaped = (character: string): string => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
