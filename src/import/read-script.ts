import type { LogicalLine } from "./logical-lines.ts";
import { type SimpleCommand, simpleCommands, type Variables } from "./shell-words.ts";

/** Called for each command that would run, in order, and for lines of branches that are not followed. */
export interface ScriptReader {
  command(command: SimpleCommand, line: LogicalLine): void;
  passedOver(line: LogicalLine, why: string): void;
}

/** Labels of `case` under which scripts take back what they did. */
const TAKES_BACK = /^(?:stop|down|del|delete|remove|flush|clear|off|uninstall|pre-down|post-down)$/;
const LABEL = /^\s*\(?["']?([\w.*-]+(?:\s*\|\s*[\w.*-]+)*)["']?\)\s*(.*)$/;

/**
 * Walks through a script: variables, `for` over words, the first branch of each `if`, all branches of a `case` but those that
 * take things back. Conditions are taken as met. Lines of prose have no effect: they are no commands.
 */
export function readScript(lines: readonly LogicalLine[], reader: ScriptReader): void {
  walk(lines, new Map(), reader);
}

function walk(lines: readonly LogicalLine[], variables: Variables, reader: ScriptReader): void {
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as LogicalLine;
    const loop = /^\s*for\s+(\w+)\s+in\s+([^;]*?)\s*(?:;\s*do\b\s*(.*))?$/.exec(line.text);
    const end = loop === null ? -1 : blockEnd(lines, i, /^\s*(?:for|while|until)\b/, /(?:^|;)\s*done\b/);
    if (loop !== null && end >= 0) {
      runLoop(lines.slice(i, end + 1), loop, variables, reader);
      i = end;
      continue;
    }
    const label = LABEL.exec(line.text);
    const isBack = label !== null && (label[1] ?? "").split("|").every((word) => TAKES_BACK.test(word.trim()));
    if (isBack) {
      for (; i < lines.length && !/;;\s*$/.test((lines[i] as LogicalLine).text); i++)
        reader.passedOver(lines[i] as LogicalLine, `under "${label[1]}": takes back what the script does`);
      continue;
    }
    if (/^\s*(?:else|elif)\b/.test(line.text)) {
      const fi = blockEnd(lines, i, /^\s*if\b/, /(?:^|;)\s*fi\b/);
      if (fi >= 0) {
        for (const skipped of lines.slice(i, fi)) reader.passedOver(skipped, "the other branch of an if: the first one is taken");
        i = fi;
        continue;
      }
    }
    const text = label === null ? line.text : (label[2] ?? "");
    for (const command of simpleCommands(text, variables)) reader.command(command, line);
  }
}

function runLoop(block: readonly LogicalLine[], loop: RegExpExecArray, variables: Variables, reader: ScriptReader): void {
  const [, name = "", list = "", rest = ""] = loop;
  const [head] = block as [LogicalLine];
  const [values] = simpleCommands(`: ${list}`, variables);
  const inner =
    block.length === 1
      ? [{ ...head, text: rest.replace(/;?\s*done\b.*$/, "") }]
      : [...(rest === "" ? [] : [{ ...head, text: rest }]), ...block.slice(1, -1).filter(({ text }) => !/^\s*do\s*$/.test(text))];
  for (const value of values?.words.slice(1) ?? []) {
    variables.set(name, value);
    walk(inner, variables, reader);
  }
}

/** The index of the line that ends the block of line `from`; -1 when none does. */
function blockEnd(lines: readonly LogicalLine[], from: number, opens: RegExp, closes: RegExp): number {
  let depth = 0;
  for (let i = from; i < lines.length; i++) {
    const { text } = lines[i] as LogicalLine;
    if (i === from || opens.test(text)) depth++;
    if (closes.test(text) && --depth === 0) return i;
  }
  return -1;
}
