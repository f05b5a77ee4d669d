import type { Family } from "../net/address.ts";
import { type ChainAction, chainKey, type Findings, leave, type Place } from "./findings.ts";
import { type ReadMatches, readMatches } from "./iptables-matches.ts";
import { KEEP_CONNECTION, KEEP_PACKET, type MarkChange, type MarkTest, type Register, xmark } from "./mark-change.ts";
import { parseMark } from "./number-words.ts";
import { readable, symbolOf } from "./symbol.ts";

const VERBS: Readonly<Record<string, string>> = {
  "-A": "append",
  "--append": "append",
  "-I": "insert",
  "--insert": "insert",
  "-D": "delete",
  "--delete": "delete",
  "-F": "flush",
  "--flush": "flush",
  "-N": "new",
  "--new-chain": "new",
};

/** Reads the words after `iptables`, or a line of iptables-save, whose table is known. */
export function readIptables(findings: Findings, at: Place, family: Family, words: readonly string[], table = "filter"): void {
  const rest: string[] = [];
  let verb = "";
  let chain = "";
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    const long = /^--table=(.*)$/.exec(word);
    if (long !== null) table = long[1] ?? "";
    else if (word === "-t" || word === "--table") table = words[++i] ?? "";
    else if (VERBS[word] !== undefined && verb === "") {
      verb = VERBS[word];
      chain = words[i + 1]?.startsWith("-") === false ? (words[++i] ?? "") : "";
      if (verb === "insert" && /^\d+$/.test(words[i + 1] ?? "")) rest.push(`@${words[++i]}`);
    } else if (word === "-w" || word === "--wait" || word === "-W") {
      if (/^\d+$/.test(words[i + 1] ?? "")) i++;
    } else rest.push(word);
  }
  if (verb === "") return;
  if (table === "nat") readNat(findings, at, family, verb, chain, rest);
  else if (table !== "mangle") readFilter(findings, at, family, verb, table, rest);
  else if (verb === "flush") {
    for (const key of [...findings.chains.keys()])
      if (chain === "" ? key.startsWith(`${family} `) : key === chainKey(family, chain)) findings.chains.delete(key);
    leave(findings, at, "empties chains that may be somebody else's; a commit puts only its own right");
  } else if (verb === "append" || verb === "insert") readMangle(findings, at, family, verb, chain, rest);
  else if (verb === "delete") takeBack(findings, at, family, chain, rest);
}

/** A rule that the same text made; what was there before the script is not ours to take away. */
function takeBack(findings: Findings, at: Place, family: Family, chain: string, words: readonly string[]): void {
  const rules = findings.chains.get(chainKey(family, chain)) ?? [];
  const made = readMatches(words, family);
  const index = rules.findIndex(
    (rule) => JSON.stringify([[...rule.condition], rule.does]) === JSON.stringify([[...made.condition], actionOf(made)]),
  );
  if (index >= 0) rules.splice(index, 1);
  else leave(findings, at, "takes back what was there before; a commit needs no such thing");
}

function readMangle(findings: Findings, at: Place, family: Family, verb: string, chain: string, words: readonly string[]): void {
  const position = /^@(\d+)$/.exec(words[0] ?? "")?.[1];
  const read = readMatches(position === undefined ? words : words.slice(1), family);
  const { condition, tests, target, description } = read;
  const does = actionOf(read);
  if (target.length === 0) return;
  if (does?.kind === "change" && (does.change.packet.connectionBits !== 0 || asksConnection(tests)))
    findings.restores.add(chainKey(family, chain));
  const why = whyLeft(chain, read, does);
  if (why !== undefined) leave(findings, at, why);
  if (does === undefined || why !== undefined || read.establishedOnly) return;
  const rules = findings.chains.get(chainKey(family, chain)) ?? [];
  findings.chains.set(chainKey(family, chain), rules);
  const rule = { at, condition, tests, does, ...(description === undefined ? {} : { description }) };
  if (verb === "append") rules.push(rule);
  else rules.splice(Number(position ?? 1) - 1, 0, rule);
}

/** Why a rule of the table mangle cannot be taken as it is; `undefined` for one that can, or that nothing is lost without. */
function whyLeft(
  chain: string,
  { target, establishedOnly, outDevice, failed }: ReadMatches,
  does: ChainAction | undefined,
): string | undefined {
  if (target[0] === "TCPMSS") return "not steering: sets the segment size; set it on the interface (ip adjust-mss)";
  if (target[0] === "LOG" || target[0] === "NFLOG") return 'logs; "log enable" on a rule logs its new connections';
  if (does === undefined) return `target ${readable(target.join(" "))} does not steer, or cannot be said in policy-route`;
  if (chain === "FORWARD" || chain === "POSTROUTING")
    return does.kind === "change"
      ? `the way is chosen before ${chain}: a mark from here steers nothing`
      : `${chain} steers nothing`;
  // Connections keep their way by themselves.
  if (establishedOnly && (does.kind !== "change" || isRemembering(does.change))) return undefined;
  if (establishedOnly) return "rules look at the first packet of a connection, this one at later ones only";
  const problem = outDevice === undefined ? failed : `-o ${readable(outDevice)}: a rule is asked before the way out is chosen`;
  if (problem === undefined || does.kind === "change" || does.kind === "drop") return problem;
  return `${problem}. TOO WIDE WITHOUT IT: what it let pass is steered by the rules after it`;
}

/** `-m connmark --mark 1 -j MARK --set-mark 1` restores one mark. */
function asksConnection(tests: readonly MarkTest[]): boolean {
  return tests.some(({ register }) => register.connectionBits !== 0);
}

/** `--save-mark`, `--restore-mark`. */
function isRemembering({ packet, connection }: MarkChange): boolean {
  return packet.connectionBits !== 0 || connection.packetBits !== 0;
}

/** `undefined` for targets that are not understood. */
function actionOf({ target: [name = "", ...options], goes }: Pick<ReadMatches, "target" | "goes">): ChainAction | undefined {
  if (name === "ACCEPT") return { kind: "stop" };
  if (name === "RETURN") return { kind: "return" };
  if (name === "DROP") return { kind: "drop" };
  if (name === "MARK") {
    const packet = setMark("packet", options);
    return packet === undefined ? undefined : { kind: "change", change: { packet, connection: KEEP_CONNECTION } };
  }
  if (name === "CONNMARK") {
    const change = setConnmark(options);
    return change === undefined ? undefined : { kind: "change", change };
  }
  return /^[a-z]|[a-z_-]/.test(name) || (options.length === 0 && !/^(QUEUE|REJECT|TPROXY|TEE|NOTRACK|CHECKSUM)$/.test(name))
    ? { kind: "jump", chain: name, comesBack: !goes }
    : undefined;
}

function setMark(own: "packet" | "connection", options: readonly string[]): Register | undefined {
  const [option = "", inline] = (options[0] ?? "").split("=");
  const masked = parseMark(inline ?? options[1] ?? "");
  if (masked === undefined) return undefined;
  const { value, mask } = masked;
  switch (option) {
    case "--set-mark":
      // Clears the bits of the mask, then sets those of the value, of which some may be outside of it.
      return xmark(own, value, (value | mask) >>> 0);
    case "--set-xmark":
      return xmark(own, value, mask);
    case "--or-mark":
      return xmark(own, value, value);
    case "--and-mark":
      return xmark(own, 0, ~value >>> 0);
    case "--xor-mark":
      return xmark(own, value, 0);
    default:
      return undefined;
  }
}

function setConnmark(options: readonly string[]): MarkChange | undefined {
  const saves = options.includes("--save-mark");
  if (!saves && !options.includes("--restore-mark")) {
    const connection = setMark("connection", options);
    return connection === undefined ? undefined : { packet: KEEP_PACKET, connection };
  }
  const value = (name: string): number | undefined => {
    const at = options.indexOf(name);
    return at < 0 ? undefined : parseMark(options[at + 1] ?? "")?.value;
  };
  const packetMask = value("--nfmask") ?? value("--mask") ?? 0xffffffff;
  const connectionMask = value("--ctmask") ?? value("--mask") ?? 0xffffffff;
  return saves
    ? { packet: KEEP_PACKET, connection: { packetBits: packetMask, connectionBits: ~connectionMask >>> 0, flip: 0 } }
    : { packet: { packetBits: ~packetMask >>> 0, connectionBits: connectionMask, flip: 0 }, connection: KEEP_CONNECTION };
}

function readNat(findings: Findings, at: Place, family: Family, verb: string, chain: string, words: readonly string[]): void {
  const { condition, tests, target, outDevice, failed } = readMatches(words, family);
  const [name, option = "", value] = target;
  if (verb === "delete" || verb === "flush" || verb === "new") return;
  const plain = condition.size === 0 && tests.length === 0 && failed === undefined && chain === "POSTROUTING";
  if (!plain || outDevice === undefined || outDevice.startsWith("!") || (name !== "MASQUERADE" && name !== "SNAT")) {
    leave(findings, at, "address translation is the firewall's (nat), where it stays");
    return;
  }
  const to = option.startsWith("--to-source=") ? option.slice("--to-source=".length) : (value ?? "");
  findings.nats.push({ at, device: outDevice, ...(name === "MASQUERADE" || symbolOf(to) !== undefined ? {} : { to }) });
}

function readFilter(findings: Findings, at: Place, family: Family, verb: string, table: string, words: readonly string[]): void {
  if (verb !== "append" && verb !== "insert") return;
  const { condition, tests, target } = readMatches(words, family);
  const [test] = tests;
  if (target[0] === "LOG" && condition.size === 0 && tests.length === 1 && test?.negate === false)
    findings.logged.push({ at, value: test.value, mask: test.mask });
  else leave(findings, at, `table ${table} is the firewall's, where it stays`);
}
