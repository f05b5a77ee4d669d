import type { Family } from "../../net/address.ts";
import { InvalidValue, type ParseValue, quote, splitNegation } from "./value.ts";

/** Names the kernel's tables have already (iproute2's rt_tables). */
const RESERVED = ["main", "local", "default", "unspec"];

/** Words of `ip route show table`: a table of that name takes them away from everybody (iproute2 looks for names first). */
const IP_WORDS = ["all", "cache"];

function refuseTakenName(text: string, what: "uplink" | "group" | "table"): void {
  if (RESERVED.includes(text)) throw new InvalidValue(`"main", "local", "default" and "unspec" cannot be ${what} names`);
  if (IP_WORDS.includes(text))
    throw new InvalidValue(`"all" and "cache" cannot be ${what} names: "ip route show table" means something else by them`);
}

/** The name of an uplink or group: it becomes part of nft names and of rt_tables, so it is short and plain. */
export function tagName(what: "uplink" | "group"): ParseValue<string> {
  return (text) => {
    refuseTakenName(text, what);
    if (!/^[A-Za-z][A-Za-z0-9_-]{0,14}$/.test(text)) {
      throw new InvalidValue(
        `${quote(text)} cannot be the name of ${what === "uplink" ? "an uplink" : "a group"}: a letter, then at most 14 letters, digits, "_" and "-"`,
      );
    }
    return text;
  };
}

/** A name for rt_tables. Not a number, which iproute2 would take for the table's number. */
export function parseTableName(text: string): string {
  refuseTakenName(text, "table");
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$/.test(text) || /^(\d+|0x[0-9a-f]+)$/i.test(text)) {
    throw new InvalidValue(
      `${quote(text)} cannot be a table name: at most 32 letters, digits, "_", "-" and ".", and not a number`,
    );
  }
  return text;
}

/** A network interface's name (Linux dev_valid_name: under 16 bytes, no "/", no ":", no white space; plainer here). */
export function parseInterfaceName(text: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/.test(text)) {
    throw new InvalidValue(`${quote(text)} is not an interface name: at most 15 letters, digits, "_", "-" and "."`);
  }
  return text;
}

/** `[!]ifname` or `[!]prefix+`. */
export function parseInterfaceMatch(text: string): { negate: boolean; name: string; wildcard: boolean } {
  const match = /^(!?)\s*([A-Za-z0-9_][A-Za-z0-9_.-]{0,14})(\+?)$/.exec(text);
  if (match === null || match[2] === undefined) {
    throw new InvalidValue(`${quote(text)} must be an interface name or a prefix with "+", with "!" before it to negate`);
  }
  return { negate: match[1] === "!", name: match[2], wildcard: match[3] === "+" };
}

/** An absolute path without "..", for files the operator names. */
export function pathBelow(folder: string): ParseValue<string> {
  return (text) => {
    if (!text.startsWith(folder) || text === folder || text.split("/").includes("..")) {
      throw new InvalidValue(`${quote(text)} must be a path under ${folder === "/" ? "/ (absolute)" : folder}`);
    }
    return text;
  };
}

/** A group of the router's firewall. Its members are looked up when the configuration is loaded (firewall-groups.ts). */
export interface GroupMatch {
  readonly negate: boolean;
  readonly name: string;
  /** Canonical addresses, networks `10.0.0.0/8` and ranges `10.0.0.1-10.0.0.9`, or ports `80` and `8000-8100`. */
  readonly members?: readonly string[];
}

/** `[!]name` of a firewall group. */
export function parseGroupMatch(text: string): GroupMatch {
  const match = /^(!?)\s*([A-Za-z0-9][A-Za-z0-9_.-]*)$/.exec(text);
  if (match === null || match[2] === undefined)
    throw new InvalidValue(
      `${quote(text)} is not the name of a firewall group: letters, digits, "_", "-" and ".", with "!" before it to negate`,
    );
  return { negate: match[1] === "!", name: match[2] };
}

/** A set of ipset(8) that somebody else keeps. Its family is looked up when the configuration is loaded; without one it matches nothing. */
export interface SetMatch {
  readonly negate: boolean;
  readonly name: string;
  readonly family?: Family;
}

/** `[!]name` of a set; its kind is a matter of the commit. */
export function parseSetMatch(text: string): SetMatch {
  const { negate, rest: name } = splitNegation(text);
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,30}$/.test(name))
    throw new InvalidValue(
      `${quote(text)} is not the name of a set of ipset: at most 31 letters, digits, "_", "-", "." and ":", with "!" before it to negate`,
    );
  if (name.startsWith("policy_route_"))
    throw new InvalidValue(
      `${quote(text)} is a set of policy-route itself, which comes and goes with its content: name one of your own`,
    );
  return { negate, name };
}
