import { parseAddressMatch } from "../config/values/address.ts";
import { ICMP_TYPES, ICMPV6_TYPES } from "../config/values/icmp.ts";
import { TCP_FLAGS } from "../config/values/packet.ts";
import { InvalidValue } from "../config/values/value.ts";
import type { Family } from "../net/address.ts";
import type { Condition } from "./condition.ts";
import { OPTIONS, splitOption } from "./iptables-options.ts";
import { KEEP_CONNECTION, KEEP_PACKET, type MarkTest } from "./mark-change.ts";
import { parseMark } from "./number-words.ts";
import { readable, symbolOf } from "./symbol.ts";
import { TIME_LEAVES, timeLines } from "./time-match.ts";

/** What a rule of iptables matches, and the words of its target. `failed`: why our language cannot say it. */
export interface ReadMatches {
  readonly condition: Condition;
  readonly tests: readonly MarkTest[];
  readonly target: readonly string[];
  /** `-g`: it does not come back to the next rule. */
  readonly goes: boolean;
  readonly outDevice?: string;
  readonly description?: string;
  /** Only packets of connections that exist already. */
  readonly establishedOnly: boolean;
  readonly failed?: string;
}

/** Matches that change nothing of what is taken: names of modules alone, and remarks. */
const SILENT = new Set(["--match", "-c", "--set-counters"]);

/** Reads the words after `-A CHAIN`. */
export function readMatches(words: readonly string[], family: Family): ReadMatches {
  const condition = new Map<string, readonly string[]>();
  const tests: MarkTest[] = [];
  const times: [leaf: string, value: string][] = [];
  let target: readonly string[] = [];
  let goes = false;
  let outDevice: string | undefined;
  let description: string | undefined;
  let establishedOnly = false;
  let failed: string | undefined;
  const put = (path: string, ...values: string[]): void => {
    if (condition.has(path) && !/ address$|^inbound-interface$/.test(path)) throw new InvalidValue(`two conditions for ${path}`);
    condition.set(path, [...(condition.get(path) ?? []), ...values]);
  };
  for (let at = 0; at < words.length; at++) {
    let negate = false;
    if (words[at] === "!") {
      negate = true;
      at++;
    }
    const [given = "", inline] = splitOption(words[at] ?? "");
    const option = OPTIONS[given] ?? given;
    if (option === "--jump" || option === "--goto") {
      target = words.slice(at + 1);
      goes = option === "--goto";
      break;
    }
    const take = (): string => inline ?? words[++at] ?? "";
    // Before iptables 1.4.3 the exclamation mark came after the option.
    const next = (): string => {
      const value = take();
      if (value !== "!") return value;
      negate = !negate;
      return take();
    };
    const not = (value: string): string => (negate ? `!${value}` : value);
    try {
      if (option === "--comment") description = take();
      else if (SILENT.has(option)) take();
      else if (option === "--out-interface") outDevice = not(next());
      else if (option === "--protocol") putProtocol(put, next(), (value) => not(value));
      else if (option === "--source" || option === "--destination")
        putAddresses(put, option.slice(2), next(), () => negate, family);
      else if (option === "--in-interface") {
        const value = next();
        put("inbound-interface", not(value));
      } else if (/^--[sd]ports?$/.test(option)) {
        const value = next();
        put(`${option[2] === "s" ? "source" : "destination"} port`, not(ports(value)));
      } else if (option === "--syn") put("tcp flags", negate ? refuse("! --syn") : "SYN,!RST,!ACK,!FIN");
      else if (option === "--tcp-flags") put("tcp flags", negate ? refuse("! --tcp-flags") : tcpFlags(take(), take()));
      else if (/^--(?:src|dst)-range$/.test(option)) {
        const value = take();
        put(`${option === "--src-range" ? "source" : "destination"} address`, not(value));
      } else if (option === "--mac-source") {
        const value = next();
        put("source mac-address", not(value.toLowerCase()));
      } else if (option === "--uid-owner" || option === "--gid-owner") {
        const value = next();
        put(option === "--uid-owner" ? "user" : "user-group", not(value));
      } else if (option === "--state" || option === "--ctstate") {
        const states = statesOf(take(), negate);
        if (states === undefined) establishedOnly = true;
        else if (states.length < 4) put("state", ...states);
      } else if (option === "--mark") {
        const module = lastModule(words.slice(0, at));
        const masked = parseMark(next());
        if (masked === undefined) throw new InvalidValue(`${readable(words[at] ?? "")} is no mark`);
        tests.push({ register: module === "connmark" ? KEEP_CONNECTION : KEEP_PACKET, ...masked, negate });
      } else if (option === "--dscp" || option === "--dscp-class") {
        const value = take();
        put("dscp", not(/^0x/i.test(value) ? String(Number(value)) : value.toLowerCase()));
      } else if (option === "--tos") putTos(put, take(), negate);
      else if (option === "--icmp-type" || option === "--icmpv6-type")
        putIcmp(put, option === "--icmp-type" ? "icmp" : "icmpv6", take(), negate);
      else if (option === "--length" && !negate)
        put("packet-length", take().replace(/^:/, "0:").replace(/:$/, ":65535").replace(":", "-"));
      else if (option === "--match-set") putSet(put, take(), take(), negate);
      else if (TIME_LEAVES[option] !== undefined) times.push([TIME_LEAVES[option], not(take())]);
      else if (option === "--contiguous" || option === "--utc") continue;
      // Each way is only for the chains where ours asks for it too.
      else if (option === "--dir") take();
      else if (option === "--pol" && !negate) put("ipsec", take() === "none" ? "match-none" : "match-ipsec");
      else if (option === "--dst-type" && take() === "LOCAL" && negate) continue;
      else if (option === "--cmd-owner")
        throw new InvalidValue("kernels cannot match the name of a program any more; run it as a user of its own and match that");
      else refuse(`${negate ? "! " : ""}${[given, ...(inline === undefined ? [] : [inline])].join("=")}`);
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      failed ??= error.message;
    }
  }
  try {
    const lines = timeLines(times, words.includes("--contiguous"));
    if (lines.length > 0) put("time", ...lines);
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    failed ??= error.message;
  }
  return {
    condition,
    tests,
    target,
    goes,
    ...(outDevice === undefined ? {} : { outDevice }),
    ...(description === undefined ? {} : { description }),
    establishedOnly,
    ...(failed === undefined ? {} : { failed }),
  };
}

function refuse(what: string): never {
  throw new InvalidValue(`a rule of policy-route cannot match ${readable(what)}`);
}

function lastModule(words: readonly string[]): string | undefined {
  const modules = words.filter((_, i) => words[i - 1] === "-m" || words[i - 1] === "--match");
  return modules.filter((word) => /mark$/.test(word)).at(-1);
}

type Put = (path: string, ...values: string[]) => void;

function putProtocol(put: Put, value: string, not: (value: string) => string): void {
  const name = value.toLowerCase().replace(/^ipv6-icmp$/, "icmpv6");
  if (name !== "all" && name !== "0") put("protocol", not(name));
}

/** Addresses, or what an interface has when the script asks for that. */
function putAddresses(put: Put, side: string, words: string, negated: () => boolean, family: Family): void {
  const negate = negated();
  const list = words.split(",");
  if (negate && list.length > 1) refuse(`! --${side} ${words}`);
  for (const word of list) {
    const symbol = symbolOf(word);
    if (symbol?.kind === "unknown" || symbol?.kind === "peer")
      throw new InvalidValue(`what ${readable(word)} is, is known only when the script runs`);
    if (symbol !== undefined) {
      if (negate) refuse(`! --${side} ${readable(word)}`);
      put(`${side} interface-${symbol.kind}`, symbol.device);
    } else {
      const { text, prefixLength } = parseAddressMatch(dottedMask(word));
      if (prefixLength === 0 && !negate) continue;
      put(`${side} address`, negate ? `!${text}` : text);
    }
    if (family === "ipv6" && symbol !== undefined) put("family", "ipv6");
  }
}

/** `10.0.0.0/255.0.0.0` as `10.0.0.0/8`. */
function dottedMask(word: string): string {
  const match = /^([\d.]+)\/(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(word);
  if (match === null) return word;
  const bits = match
    .slice(2)
    .map((byte) => Number(byte).toString(2).padStart(8, "0"))
    .join("");
  return /^1*0*$/.test(bits) ? `${match[1]}/${bits.replace(/0/g, "").length}` : word;
}

function ports(text: string): string {
  return text
    .replace(/(^|,):/g, "$10:")
    .replace(/:(?=,|$)/g, ":65535")
    .replace(/:/g, "-")
    .replace(/(^|,)0-/g, "$11-");
}

/** States that a rule of ours can see; `undefined` when it sees none of them: it is asked about first packets. */
function statesOf(text: string, negate: boolean): string[] | undefined {
  const words = text.split(",").map((word) => word.toLowerCase());
  const known = ["new", "established", "related", "invalid"];
  if (words.some((word) => !known.includes(word))) refuse(`--ctstate ${text}`);
  const taken = known.filter((state) => words.includes(state) !== negate);
  if (taken.length === known.length) return known;
  const first = taken.filter((state) => state !== "established");
  return first.length === 0 || (taken.includes("established") && first.join() === "related") ? undefined : first;
}

function tcpFlags(looked: string, set: string): string {
  const flags = looked === "ALL" ? [...TCP_FLAGS] : looked.split(",");
  const on = set === "ALL" ? [...TCP_FLAGS] : set === "NONE" ? [] : set.split(",");
  if (flags.includes("NONE") || on.some((flag) => !flags.includes(flag))) refuse(`--tcp-flags ${looked} ${set}`);
  return flags.map((flag) => (on.includes(flag) ? flag : `!${flag}`)).join(",");
}

/** What the set holds is a matter of the commit. */
function putSet(put: Put, name: string, sides: string, negate: boolean): void {
  if (sides !== "src" && sides !== "dst") refuse(`--match-set ${name} ${sides}`);
  put(`${sides === "src" ? "source" : "destination"} ipset`, negate ? `!${name}` : name);
}

function putTos(put: Put, text: string, negate: boolean): void {
  const [value = "", mask] = text.split("/");
  if (negate || (mask !== undefined && Number(mask) !== 0xff)) refuse(`--tos ${text}`);
  // A name is compared without the ECN bits, a number with all (libxt_tos).
  if (mask === undefined && !/^(0x)?[\da-f]+$/i.test(value)) refuse(`--tos ${text}`);
  put("tos", String(Number(value)));
}

function putIcmp(put: Put, version: "icmp" | "icmpv6", text: string, negate: boolean): void {
  if (negate) refuse(`! --${version}-type`);
  const [type = "", code] = text.split("/");
  if (type === "any") return;
  const names = version === "icmp" ? ICMP_TYPES : ICMPV6_TYPES;
  if (code !== undefined && version === "icmpv6") refuse(`--icmpv6-type ${text}`);
  const number = /^\d+$/.test(type) ? type : names.get(type.replace("neighbor", "neighbour"))?.toString();
  put(`${version} type`, number ?? refuse(`--${version}-type ${text}`));
  if (code !== undefined) put("icmp code", code);
}
