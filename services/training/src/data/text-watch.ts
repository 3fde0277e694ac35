import { isAscii, isUtf8 } from 'node:buffer';
import { Transform, type TransformCallback } from 'node:stream';
import { TextDecoder } from 'node:util';
import type { Encoding } from '#/data/dataset.ts';

const UTF8_MARK = [0xef, 0xbb, 0xbf];
/** So much of a file is looked at to see whether it is UTF-16 without a mark. */
const HEAD = 1024;

/** What was seen of a text while it went by. */
export interface Seen {
  encoding: Encoding;
  /** Whether it begins with a mark of its encoding. */
  hasMark: boolean;
  /** The first byte of value 0 in what is no UTF-16, from 0. */
  zeroAt: number | undefined;
  /** Whether a part of it is not of its encoding. */
  isInvalid: boolean;
  /** Parts that were replaced while it was changed into UTF-8. */
  replaced: number;
}

/**
 * Lets a text by as UTF-8 without a mark: UTF-16 and Latin-1 are changed into it, what should be UTF-8 is looked at. The columnar files that
 * begin with PAR1 go by as they are.
 */
export class TextWatch extends Transform {
  readonly seen: Seen = { encoding: 'utf-8', hasMark: false, zeroAt: undefined, isInvalid: false, replaced: 0 };
  isParquet = false;
  readonly #asked: Encoding | undefined;
  #isBegun = false;
  #head: Buffer = Buffer.alloc(0);
  #rest: Buffer = Buffer.alloc(0);
  #at = 0;
  #decoder: TextDecoder | undefined;

  constructor(asked: Encoding | undefined) {
    super({ highWaterMark: 2 ** 20 });
    this.#asked = asked;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#isBegun) return done(null, this.#pass(chunk));
    this.#head = Buffer.concat([this.#head, chunk]);
    done(null, this.#head.length < HEAD ? undefined : this.#begin());
  }

  override _flush(done: TransformCallback): void {
    const begun = this.#isBegun ? Buffer.alloc(0) : this.#begin();
    if (this.#rest.length > 0) this.seen.isInvalid = true;
    const last = this.#decoder?.decode() ?? '';
    this.#count(last);
    done(null, Buffer.concat([begun, this.#rest, Buffer.from(last)]));
  }

  #begin(): Buffer {
    this.#isBegun = true;
    const head = this.#head;
    this.isParquet = head.subarray(0, 4).toString('latin1') === 'PAR1';
    if (this.isParquet) return head;
    const [encoding, mark, order] = encodingOf(head, this.#asked);
    this.seen.encoding = encoding;
    this.seen.hasMark = mark > 0;
    if (encoding !== 'utf-8')
      this.#decoder = new TextDecoder(encoding === 'latin-1' ? 'windows-1252' : `utf-16${order}`, { ignoreBOM: true });
    return this.#pass(head.subarray(mark));
  }

  #pass(chunk: Buffer): Buffer {
    if (this.isParquet) return chunk;
    if (this.#decoder !== undefined) {
      const text = this.#decoder.decode(chunk, { stream: true });
      this.#count(text);
      const zero = text.indexOf('\0');
      if (zero >= 0) this.seen.zeroAt ??= this.#at + zero;
      this.#at += text.length;
      return Buffer.from(text);
    }
    const zero = chunk.indexOf(0);
    if (zero >= 0) this.seen.zeroAt ??= this.#at + zero;
    this.#at += chunk.length;
    if (this.seen.isInvalid) return chunk;
    const whole = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = isAscii(whole.subarray(-4)) ? whole.length : whole.length - lengthOfStart(whole);
    this.seen.isInvalid = !isUtf8(whole.subarray(0, end));
    const cut = this.seen.isInvalid ? whole.length : end;
    this.#rest = whole.subarray(cut);
    return whole.subarray(0, cut);
  }

  #count(text: string): void {
    if (this.seen.encoding !== 'utf-16') return;
    for (let at = text.indexOf('\ufffd'); at >= 0; at = text.indexOf('\ufffd', at + 1)) this.seen.replaced++;
    this.seen.isInvalid = this.seen.replaced > 0;
  }
}

function encodingOf(head: Buffer, asked: Encoding | undefined): [encoding: Encoding, mark: number, order: 'le' | 'be'] {
  if (UTF8_MARK.every((byte, at) => head[at] === byte) && asked !== 'latin-1' && asked !== 'utf-16') return ['utf-8', 3, 'le'];
  if (asked === undefined || asked === 'utf-16') {
    if (head[0] === 0xff && head[1] === 0xfe) return ['utf-16', 2, 'le'];
    if (head[0] === 0xfe && head[1] === 0xff) return ['utf-16', 2, 'be'];
    const zeros = [0, 0];
    for (let at = 0; at < head.length; at++) if (head[at] === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
    const [even = 0, odd = 0] = zeros;
    const half = head.length / 2;
    // Text of the Latin alphabet has nearly every second byte 0.
    if (asked === 'utf-16' || (half > 2 && Math.max(even, odd) > 0.7 * half && Math.min(even, odd) < 0.1 * half)) {
      return ['utf-16', 0, even > odd ? 'be' : 'le'];
    }
  }
  return [asked ?? 'utf-8', 0, 'le'];
}

/** How many bytes at the end begin a character that goes on in the next chunk. */
function lengthOfStart(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
  }
  return 0;
}
