import type { Plan, Step } from "./plan.ts";

/** Words no shell would change, which are printed without quotes. `!` is special to people's shells only between other characters. */
const PLAIN = /^(?:[A-Za-z0-9_@%+=:,./-]+|!)$/;

/** A word as sh(1) has to be told it. */
export function shellWord(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A text for the standard input of a command; the end is marked by a word that no line of it is. */
function hereDocument(text: string): string {
  let end = "END";
  while (text.split("\n").includes(end)) end += "_";
  return `<<'${end}'\n${text.endsWith("\n") ? text : `${text}\n`}${end}\n`;
}

/** The words of a line as iptables-restore and ipset restore read them: blanks part them, double quotes hold blanks (xtables_save_string). */
function restoreWords(line: string): string[] {
  return [...line.matchAll(/(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)].map(([, quoted, bare]) =>
    quoted === undefined ? (bare ?? "") : quoted.replace(/\\(.)/g, "$1"),
  );
}

function command(words: readonly string[]): string {
  return `${words.map(shellWord).join(" ")}\n`;
}

/** Input of `iptables-restore --noflush` as commands, one per line of it. */
function iptablesCommands(program: string, stdin: string): string[] {
  let table = "";
  return stdin.split("\n").flatMap((line) => {
    if (line.startsWith("*")) table = line.slice(1);
    if (line === "" || line === "COMMIT" || line.startsWith("*")) return [];
    const words = line.startsWith(":") ? ["-N", line.slice(1).split(" ")[0] ?? ""] : restoreWords(line);
    return [command([program, "-w", "-t", table, ...words])];
  });
}

function linesOf(stdin: string): string[] {
  return stdin.split("\n").filter((line) => line !== "");
}

function commandsOf({ argv, stdin }: Extract<Step, { do: "run" }>): string {
  const [program = "", option = "", verb] = argv;
  if (stdin === undefined) return command(argv);
  if (/^ip6?tables-restore$/.test(program)) return iptablesCommands(program.replace("-restore", ""), stdin).join("");
  if (program === "ip" && verb === "-batch")
    return linesOf(stdin)
      .map((line) => command(["ip", option, ...line.split(" ")]))
      .join("");
  if (program === "ipset")
    return linesOf(stdin)
      .map((line) => command(["ipset", ...restoreWords(line)]))
      .join("");
  return `${argv.map(shellWord).join(" ")} ${hereDocument(stdin)}`;
}

/** `/` between the parts: the name of an interface may hold dots (sysctl(8)). */
function setSysctl(key: string, value: string): string {
  return command(["sysctl", "-q", "-w", `${key}=${value}`]);
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function scriptOf(step: Step): string {
  switch (step.do) {
    case "run":
      return commandsOf(step);
    case "write":
      return `${command(["mkdir", "-p", folderOf(step.path)])}cat >${shellWord(step.path)} ${hereDocument(step.text)}`;
    case "sysctl":
      return setSysctl(step.key, step.value);
    case "remove":
      return command(["rm", "-f", step.path]);
  }
}

/**
 * A plan as the lines of a POSIX shell script, each step after its reason. iptables' and ip's lines are one command each, as an
 * operator would type them: the plan itself gives all of them to one process, which switches at once. `head` goes into comments.
 */
export function shellScript(plan: Plan, head: readonly string[]): string {
  const comment = (text: string): string => `# ${text}\n`;
  let why = "";
  const steps = plan.map((step) => {
    const said = step.why === why || step.do === "sysctl" ? "" : `\n${comment(step.why)}`;
    why = step.why;
    return `${said}${scriptOf(step)}`;
  });
  return `#!/bin/sh -e\n${head.map(comment).join("")}${steps.join("")}`;
}
