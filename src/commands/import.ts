import { describeAt, JUNK } from "../config/syntax-error.ts";
import { type Context, EXIT, OperatorError } from "../context.ts";
import { readLinks } from "../host/gather-facts.ts";
import { HostError } from "../host/host.ts";
import { readLookups } from "../host/read-lookups.ts";
import { readStandardInput } from "../host/read-standard-input.ts";
import { type ImportText, importTexts } from "../import/import-texts.ts";

const LOOKED_FOR = `It looks for
  iptables and ip6tables commands that mark (-t mangle ... -j MARK, CONNMARK), and what iptables-save prints
  ip rule add, ip route add ... table T, and what "ip rule" and "ip route show table all" print
  names of tables, as in /etc/iproute2/rt_tables
  "set policy route", "set protocols static table", "set policy local-route", "set firewall modify", and config.boot with these`;

/** What is said of every import, since the models differ. */
const DIFFERENCES = [
  "Read this and what is said of single lines, then commit:",
  "- Rules look at the first packet of a connection; the connection then keeps its way, answers too.",
  "- When an uplink is down its packets go by main (if-down main), unless it says otherwise here.",
  "- Networks of the router's own interfaces are not steered (exempt connected).",
];

/** `policy-route import FILE...`: prints the `set` lines that mean what the files do, with a comment for each line it did not take. */
export async function run(context: Context, files: readonly string[]): Promise<number> {
  const texts: ImportText[] = [];
  if (files.length === 0) throw new OperatorError("usage: policy-route import FILE... (- is the standard input)");
  for (const file of files) texts.push({ name: file, text: await readText(context, file) });
  const links = await readLinks(context.host).catch((error: unknown) => {
    // Not needed, only a help: another machine's files can be read anywhere.
    if (error instanceof Error && (error.name === "HostError" || error.name === "CommandError")) return [];
    throw error;
  });
  const { commands, assumed, left } = importOrRefuse(texts, links, await readLookups(context.host, context.paths));
  if (commands.length === 0) {
    for (const line of left) context.err(`${line}\n`);
    throw new OperatorError(`nothing in ${files.join(", ")} becomes a policy-route command. ${LOOKED_FOR}`);
  }
  const block = (title: string, lines: readonly string[]): string =>
    lines.length === 0 ? "" : `\n# ${title}\n${lines.join("\n")}\n`;
  context.out(`# policy-route import ${files.join(" ")}\n${DIFFERENCES.map((line) => `# ${line}\n`).join("")}`);
  context.out(`${block("Assumed:", assumed)}\n${commands.join("\n")}\n${block("Not taken:", left)}`);
  return EXIT.fine;
}

function importOrRefuse(...given: Parameters<typeof importTexts>): ReturnType<typeof importTexts> {
  try {
    return importTexts(...given);
  } catch (error) {
    if (error instanceof RangeError) throw new OperatorError(error.message);
    throw error;
  }
}

async function readText({ host }: Context, file: string): Promise<string> {
  const text = file === "-" ? await readStandardInput() : await host.read(file);
  if (text === undefined) throw new HostError(`cannot read ${file}: there is no such file`);
  const junk = JUNK.exec(text);
  if (junk !== null) {
    const line = text.slice(0, junk.index).split("\n").length;
    throw new OperatorError(`${file} is no text: ${describeAt(text, junk.index)} in line ${line}`);
  }
  return text;
}
