/** A statement of dhclient's lease file: words up to `;`, or words and a block in braces. */
export interface Statement {
  readonly words: readonly string[];
  readonly block?: readonly Statement[];
}

/** A string, a comment, a sign, or a bare word. A string may hold `\"`, `;` and braces. */
const TOKEN = /"((?:[^"\\]|\\.)*)"|#[^\n]*|([{};])|([^\s{};"#]+)/sy;

/**
 * Splits the text of a lease file into statements. Never throws: dhclient may be writing the file, so what is cut short at the
 * end (an open block or string, a statement without `;`) is left out.
 */
export function statementsOf(text: string): readonly Statement[] {
  const open: { words: string[]; statements: Statement[] }[] = [{ words: [], statements: [] }];
  for (const [string, sign, word] of tokensOf(text)) {
    const top = open.at(-1);
    if (top === undefined) break;
    if (sign === "{") open.push({ words: [], statements: [] });
    else if (sign === "}") {
      if (open.length === 1) continue;
      open.pop();
      const parent = open.at(-1);
      parent?.statements.push({ words: parent.words, block: top.statements });
      if (parent !== undefined) parent.words = [];
    } else if (sign === ";") {
      top.statements.push({ words: top.words });
      top.words = [];
    } else top.words.push(string ?? word ?? "");
  }
  return open[0]?.statements ?? [];
}

function* tokensOf(text: string): Generator<readonly [string | undefined, string | undefined, string | undefined]> {
  let at = 0;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null && text[at] === '"') return;
    at = match === null ? at + 1 : TOKEN.lastIndex;
    if (match !== null && !match[0].startsWith("#")) yield [match[1], match[2], match[3]];
  }
}
