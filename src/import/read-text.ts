import type { Family } from "../net/address.ts";
import { type Findings, leave, type Place } from "./findings.ts";
import { type LogicalLine, logicalLines } from "./logical-lines.ts";
import { readIpCommand, readRouteLine, readRuleLine } from "./read-ip.ts";
import { readIptables } from "./read-iptables.ts";
import { readScript, type ScriptReader } from "./read-script.ts";
import { readSysctl } from "./read-sysctl.ts";
import type { SimpleCommand } from "./shell-words.ts";
import { hasSymbol, readable } from "./symbol.ts";

const RULE_LINE = /^\s*\d+:\s+(?:not )?from \S+/;
const ROUTE_LINE =
  /^\s*(?:(?:unicast|throw|prohibit|unreachable|blackhole|local|broadcast|multicast|anycast)\s+)?(?:default|\d+(?:\.\d+){3}(?:\/\d+)?|[0-9a-f]*:[0-9a-f:]*(?:\/\d+)?)\s+(?:via|dev|nhid|proto|scope|table|metric)\b/;
const NEXT_HOP_LINE = /^\s+nexthop\s+(?:via|dev)\b/;
const TABLE_NAME_LINE = /^\s*(0x[0-9a-f]{1,8}|\d{1,10})\s+([A-Za-z0-9_][\w.-]*)\s*(?:#.*)?$/;
const SYSCTL_LINE = /^\s*(net[./]ipv[46][./]conf[./]\S+)\s*=\s*(-?\d+)\s*$/;
const SAVE_LINE = /^\s*(?:\[\d+:\d+\]\s+)?(-[AI]\s+\S+\s.*)$/;
const HEADER = /^#\s*(?:Generated|Completed)\s+(?:by\s+)?(ip6?tables)-save/;

/** Reads commands of scripts, and what iptables-save, ip rule and ip route print, out of a text that may hold anything else. */
export function readText(findings: Findings, source: number, text: string): void {
  const dump = new DumpReader(findings, source, text);
  const rest: LogicalLine[] = [];
  for (const line of logicalLines(text)) {
    // What a command printed comes after it.
    const listing = /\bip\s+(-\S+\s+)*(?:ro?u?t?e?)\s+(?:show|list|ls)\s+table\s+(\S+)/.exec(line.text);
    if (listing !== null) dump.listed = listing[2];
    const ruleListing = /\bip\s+(-6\s+)?ru?l?e?\s*(?:show|list|ls)?\s*$/.exec(line.text);
    if (ruleListing !== null) dump.family = ruleListing[1] === undefined ? undefined : "ipv6";
    if (!dump.read(line)) rest.push(line);
  }
  readScript(rest, new CommandReader(findings, source));
}

/** Lines that tools print. It remembers the table they are of. */
class DumpReader {
  listed: string | undefined;
  family: Family | undefined;
  private table: string | undefined;
  private saved: Family = "ipv4";

  constructor(
    private readonly findings: Findings,
    private readonly source: number,
    text: string,
  ) {
    // A dump that does not say whose it is: addresses do.
    if (!new RegExp(HEADER.source, "m").test(text) && /^-A .* -[sd] [0-9a-f]*:[0-9a-f:]*/m.test(text)) this.saved = "ipv6";
  }

  /** Whether the line was such a line. */
  read({ number, text }: LogicalLine): boolean {
    const at: Place = { source: this.source, line: number, text: text.trim() };
    const header = HEADER.exec(text);
    if (header !== null) {
      this.saved = header[1] === "ip6tables" ? "ipv6" : "ipv4";
      return true;
    }
    const table = /^\*(raw|mangle|nat|filter|security)\s*$/.exec(text)?.[1];
    if (table !== undefined || /^COMMIT\s*$/.test(text)) {
      this.table = table;
      return true;
    }
    if (this.table !== undefined) return this.readSaved(at, text);
    const name = TABLE_NAME_LINE.exec(text);
    const sysctl = SYSCTL_LINE.exec(text);
    if (RULE_LINE.test(text)) readRuleLine(this.findings, at, text, this.family);
    else if (ROUTE_LINE.test(text)) readRouteLine(this.findings, at, text, this.listed, undefined);
    else if (NEXT_HOP_LINE.test(text)) this.addHop(at, text);
    else if (name !== null) nameTable(this.findings, name[2] ?? "", Number(name[1]));
    else if (sysctl !== null) readSysctl(this.findings, at, sysctl[1] ?? "", sysctl[2] ?? "");
    else return false;
    return true;
  }

  private readSaved(at: Place, text: string): boolean {
    const rule = SAVE_LINE.exec(text)?.[1];
    if (rule !== undefined) readIptables(this.findings, at, this.saved, savedWords(rule), this.table);
    return rule !== undefined || text.startsWith(":");
  }

  /** A default route over several lines has its next hops below it. */
  private addHop(at: Place, text: string): void {
    const route = this.findings.routes.pop();
    if (route === undefined) return;
    const before = this.findings.routes.length;
    readRouteLine(this.findings, at, `default ${text.trim()}`, route.table, route.family);
    const [hop] = this.findings.routes.splice(before);
    this.findings.routes.push({ ...route, hops: [...route.hops, ...(hop?.hops ?? [])] });
  }
}

/** Words of a line of iptables-save: double quotes hold blanks together. */
function savedWords(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");
}

const KERNEL_TABLES = ["local", "main", "default", "unspec"];

function nameTable(findings: Findings, name: string, number: number): void {
  if (!KERNEL_TABLES.includes(name)) findings.tableNames.set(name, number);
}

class CommandReader implements ScriptReader {
  private turn = 0;

  constructor(
    private readonly findings: Findings,
    private readonly source: number,
  ) {}

  command(command: SimpleCommand, line: LogicalLine): void {
    const at: Place = { source: this.source, line: line.number, text: line.text.trim(), turn: this.turn++ };
    const [first = "", ...words] = command.words;
    const program = first.slice(first.lastIndexOf("/") + 1);
    const tables = /^(ip6?)tables(?:-legacy|-nft)?$/.exec(readable(program).replace(/^\$(?:IPT\w*)$/i, "iptables"));
    if (tables !== null) readIptables(this.findings, at, tables[1] === "ip6" ? "ipv6" : "ipv4", words);
    else if (program === "ip") readIpCommand(this.findings, at, words);
    else if (program === "sysctl") this.setSysctls(at, words);
    else if (program === "echo" || program === "printf") this.print(at, words, command.to);
    else if (program === "nft" && words.length > 1)
      leave(this.findings, at, 'rules of nft are not read; give what "iptables-save" prints, or say them anew');
  }

  passedOver(line: LogicalLine, why: string): void {
    if (/\b(?:ip6?tables|ip)\s+(?:-\w|rule|route)/.test(line.text))
      leave(this.findings, { source: this.source, line: line.number, text: line.text.trim() }, why);
  }

  private setSysctls(at: Place, words: readonly string[]): void {
    const file = words[words.indexOf("-p") + 1];
    if (words.includes("-p") && file !== undefined) {
      leave(this.findings, at, `what is in ${readable(file)} is not known: give that file too`);
      return;
    }
    for (const word of words) {
      const [key = "", value] = word.split("=");
      if (value !== undefined) readSysctl(this.findings, at, key, value);
    }
  }

  private print(at: Place, words: readonly string[], to: string | undefined): void {
    if (to === undefined) return;
    const text = words
      .filter((word) => !/^-[neE]+$/.test(word))
      .join(" ")
      .replace(/\\[nt]/g, " ");
    if (to.startsWith("/proc/sys/")) readSysctl(this.findings, at, to, text);
    const name = /^\s*(\d+)\s+(\S+)\s*$/.exec(text);
    if (!/rt_tables/.test(to)) return;
    if (name === null || hasSymbol(text)) leave(this.findings, at, `${readable(text)} is no number and name of a table`);
    else nameTable(this.findings, name[2] ?? "", Number(name[1]));
  }
}
