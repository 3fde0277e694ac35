/** A command that a page shows, with the answer it shows for it. */
export interface ShownCommand {
  readonly command: string;
  readonly line: number;
  /** Absent when the block after the command is not an answer: a mistake of the page. */
  readonly answer?: { readonly language: 'json' | 'text'; readonly text: string };
}

interface Block {
  readonly language: string;
  readonly text: string;
  readonly line: number;
}

/**
 * The convention: a fenced block marked `sh` that calls `curl` holds one command, and the next fenced block, marked
 * `json` or `text`, is the answer. What stands between the two is prose.
 */
export function shownCommands(markdown: string): ShownCommand[] {
  const blocks = fencedBlocks(markdown);
  return blocks.flatMap((block, index) => {
    if (block.language !== 'sh' || !/\bcurl\b/.test(block.text)) return [];
    const next = blocks[index + 1];
    const shown = { command: block.text, line: block.line };
    if (next === undefined || (next.language !== 'json' && next.language !== 'text')) return [shown];
    return [{ ...shown, answer: { language: next.language, text: next.text } }];
  });
}

/** All fenced blocks of a page, in their order. */
export function fencedBlocks(markdown: string): Block[] {
  const fence = /^```(\w*)[^\n]*\n([\s\S]*?)^```[ \t]*$/gm;
  return [...markdown.matchAll(fence)].map(({ 1: language = '', 2: text = '', index }) => ({
    language,
    text: text.trimEnd(),
    line: markdown.slice(0, index).split('\n').length,
  }));
}

/** What text is compared with: it as it stands, where a line of three dots stands for any number of lines. */
export function asPattern(text: string): RegExp {
  const lines = text.split('\n').map((line) => (line.trim() === '...' ? '(?:.*\\n?)*?' : `${RegExp.escape(line)}\\n?`));
  return new RegExp(`^${lines.join('')}$`);
}
