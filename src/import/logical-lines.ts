/** One line as its author meant it: continuations joined, typography undone, prompts gone. */
export interface LogicalLine {
  /** Counts from 1; of a continued line the first. */
  readonly number: number;
  readonly text: string;
  /** Its author wrote `#` in front: a root prompt, or a comment. */
  readonly hashed: boolean;
}

/** First words of lines that are read. A variable may stand for a program. */
const PROGRAM = String.raw`(?:sudo\s+(?:-\S+\s+)*)?(?:\$\{?\w*(?:IPT|ipt|IP6?T)\w*\}?|(?:/\S*/)?(?:ip6?tables(?:-legacy|-nft)?|ip|sysctl|echo|printf)\s)`;
const PROMPT = new RegExp(
  String.raw`^\s*(?:[$>%]|[\w.-]+@[\w.-]+(?::\S*)?[#$%>]|[\w.-]+:\S*[#$%]|\[[^\]]*\][#$])\s*(?=${PROGRAM}|set\s)`,
);
const HASHED = new RegExp(String.raw`^\s*#+\s*(?=${PROGRAM})`);
const BARE = new RegExp(String.raw`^\s*${PROGRAM}`);

/**
 * What web pages make of the characters of a script: quotes bent, two hyphens one dash, blanks that do not break. A command of
 * a page may run into its prose, "0x2The packets ..." or "--save-mark - The packets ...": what follows is cut off.
 */
function plainCharacters(line: string): string {
  return line
    .replace(/\r$/, "")
    .replace(/[\u00a0\u2007\u202f]/g, " ")
    .replace(/[\u200b\ufeff]/g, "")
    .replace(/[\u201c\u201d\u201e\u2033]/g, '"')
    .replace(/[\u2018\u2019\u2032]/g, "'")
    .replace(/(^|[\s!])[\u2013\u2014](?=[a-z])/g, "$1--")
    .replace(/\u2212(?=\w)/g, "-");
}

function withoutProse(line: string): string {
  return line
    .replace(/(\s0x[0-9a-f]+?)(?=[A-Z][a-z]*\s[a-z]+\s).*$/, "$1")
    .replace(/\s[-\u2013\u2022]\s+[A-Z][a-z]+\s[a-z]+.*$/, "");
}

/** The lines of a text. Lines with a hash and a command are commands where the text has no others: then the hash is the prompt of root. */
export function logicalLines(text: string): LogicalLine[] {
  const raw = text.split("\n").map(plainCharacters);
  const isScript = raw[0]?.startsWith("#!") === true || raw.some((line) => BARE.test(line));
  const lines: LogicalLine[] = [];
  for (let i = 0; i < raw.length; i++) {
    const number = i + 1;
    let line = raw[i] ?? "";
    while (/(^|[^\\])\\\s*$/.test(line) && i + 1 < raw.length) line = `${line.replace(/\\\s*$/, "")} ${(raw[++i] ?? "").trim()}`;
    const hashed = HASHED.test(line);
    if (hashed && !isScript) line = line.replace(HASHED, "");
    line = line.replace(PROMPT, "");
    lines.push({ number, text: BARE.test(line) ? withoutProse(line) : line, hashed });
  }
  return lines;
}
