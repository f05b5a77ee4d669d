import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** A line of text for people in a source file: what is put in at run time is a hole. */
export interface Prose {
  /** `src/config/check-groups.ts:27` */
  readonly place: string;
  /** The text between the holes. */
  readonly parts: readonly string[];
}

const HOLE = "\0";

/** Three words in a row, as no argv, key or format of a tool has them. */
const SENTENCE = /(?:^|[\s("'])[A-Za-z][a-z]+[,:;]? [A-Za-z]?[a-z'-]*[,:;]? ?(?:[a-z]+|$)/;

/** The prose of TypeScript files: lines of string and template literals that hold a sentence or a piece of one. */
export function proseOf(top: string, files: readonly string[]): Prose[] {
  return files.flatMap((file) => {
    const source = ts.createSourceFile(file, readFileSync(join(top, file), "utf8"), ts.ScriptTarget.Latest, true);
    const found: Prose[] = [];
    const visit = (node: ts.Node): void => {
      for (const parts of linesOf(literalParts(node) ?? [])) {
        if (!parts.some((part) => SENTENCE.test(part))) continue;
        const { line } = source.getLineAndCharacterOfPosition(node.getStart());
        found.push({ place: `${file}:${line + 1}`, parts });
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
    return found;
  });
}

function literalParts(node: ts.Node): readonly string[] | undefined {
  if (ts.isTemplateExpression(node)) return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)];
  return ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) ? [node.text] : undefined;
}

/** Lines of a text with holes, each with its own. */
function linesOf(parts: readonly string[]): string[][] {
  const lines = parts.join(HOLE).split("\n");
  return lines.map((line) => line.split(HOLE));
}

/**
 * Whether a text has the prose, with anything short in its holes, but for what separates it from others at its ends. Blanks in
 * the text have to be single ones.
 */
export function isSaid({ parts }: Prose, text: string): boolean {
  const texts = parts.map((part) => part.trim().replace(/\s+/g, " ")).filter((part) => /\w/.test(part));
  const plain = texts.map((part, i) => {
    const begun = i === 0 ? part.replace(/^[\s:;,.(]+/, "") : part;
    return i === texts.length - 1 ? begun.replace(/[\s:;,.(]+$/, "") : begun;
  });
  const longest = plain.reduce((one, other) => (other.length > one.length ? other : one), "");
  if (!text.includes(longest)) return false;
  const escaped = plain.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(escaped.join("[^\\n]{0,300}?")).test(text);
}

/** TypeScript files below a folder, as paths from the top. */
export function sourceFiles(top: string, folder: string): string[] {
  return readdirSync(join(top, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? sourceFiles(top, path) : path.endsWith(".ts") ? [path] : [];
    })
    .sort();
}
