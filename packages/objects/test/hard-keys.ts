const p80 = 'p'.repeat(80);

/** Valid keys that some file system, URL, XML or language would take for one another, or for something else. */
export const HARD_KEYS: readonly string[] = [
  // Case, and parts beside objects of the same name.
  'a A a/b a/B a-b a.b a+b CON con con.txt nul/aux com1 LPT9.x.y K I i İ ı',
  // What our own file names are made of.
  'a@object a@object/b = =/x x+/y .incoming/x %61 a%2fb a%2Fb %2e%2e/x %4d',
  // What shells, URLs, XML and Windows have their own thoughts about.
  `... ..a .a a. ~ $HOME *? &<>"' a;b # a?b=c ' | : ab:c a&amp;b`,
  // Compositions of Unicode, and characters that UTF-16 and UTF-8 put into different orders.
  'ä a\u0308 ﬁ fi \uffee 😀 日本語/日本 \u200b',
  // About the length of one name.
  `${p80.slice(1)} ${p80} ${p80}p ${p80}/q ${p80.slice(1)}/q ${p80}-q/r ${p80}/q-r ${'é'.repeat(40)} ${'é'.repeat(41)}`,
  // As long as a key can be.
  `${'P'.repeat(900)} ${'é'.repeat(200)}/${'é'.repeat(200)} ${'x/'.repeat(449)}xy`,
]
  .flatMap((line) => line.split(' '))
  .concat('a b', 'a ', ' a', 'a  b', ' ', 'a/ /b');
