import assert from 'node:assert/strict';

const NAME = '[A-Za-z_][\\w.:-]*';
const TOKEN = new RegExp(`<(/?)(${NAME})((?:\\s+${NAME}="[^"<]*")*)\\s*(/?)>|([^<]+)`, 'guy');
const TEXT = /^(?:[^&<]|&(?:amp|lt|gt|quot|#39);)*$/u;
const ALLOWED = /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u;

/**
 * That a text is well-formed XML, as far as anything here writes it: one root, elements closed in order, attributes in double quotes and each
 * once, only the entities that XML has, only the characters that it allows, and each id once.
 */
export function assertWellFormed(xml: string): void {
  assert.match(xml, ALLOWED, 'a character that XML does not have');
  const open: string[] = [];
  const ids = new Set<string>();
  let roots = 0;
  let at = 0;
  const body = xml.trimEnd();
  TOKEN.lastIndex = 0;
  while (at < body.length) {
    const match = TOKEN.exec(body);
    assert.ok(match !== null && match.index === at, `not XML: …${body.slice(Math.max(0, at - 40), at + 80)}…`);
    at = TOKEN.lastIndex;
    const [, closing, name = '', attributes = '', alone, text] = match;
    if (text !== undefined) {
      assert.match(text, TEXT, `an entity in ${text.slice(0, 60)}`);
      assert.ok(open.length > 0, `text outside of the root: ${text}`);
      continue;
    }
    const pairs = [...attributes.matchAll(new RegExp(`(${NAME})="([^"]*)"`, 'gu'))];
    assert.equal(new Set(pairs.map((pair) => pair[1])).size, pairs.length, `an attribute twice in <${name}${attributes}>`);
    for (const [, key, value = ''] of pairs) {
      assert.match(value, TEXT, `an entity in ${key}="${value}"`);
      assert.ok(key !== 'id' || !ids.has(value), `the id ${value} twice`);
      if (key === 'id') ids.add(value);
      assert.doesNotMatch(value, /NaN|Infinity|undefined|null/, `${key} of <${name}> is ${value}`);
    }
    if (closing === '/') assert.equal(open.pop(), name, `</${name}> closes another element`);
    else {
      if (open.length === 0) roots++;
      if (alone !== '/') open.push(name);
    }
  }
  assert.deepEqual([open, roots], [[], 1], 'one root, and everything closed');
}
