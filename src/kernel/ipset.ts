import type { Family } from "../net/address.ts";
import { hashText } from "./hash.ts";
import type { IpSet } from "./kernel-state.ts";
import { SET_PREFIX } from "./ownership.ts";

/** A set named by its content. `members` as `ipset save` prints them; order does not matter. */
export function makeIpSet(family: Family, type: IpSet["type"], members: readonly string[]): IpSet {
  const sorted = [...new Set(members)].sort();
  const name = `${SET_PREFIX}${family === "ipv4" ? "4" : "6"}_${hashText(`${type} ${sorted.join(" ")}`)}`;
  return { name, family, type, members: sorted };
}

/** Input for `ipset restore` that creates and fills the set (ipset 7). `-exist` is not used: the name is new, or the plan is wrong. */
export function renderIpSet(set: IpSet): string {
  const options =
    set.type === "bitmap:port"
      ? "range 0-65535"
      : `family ${set.family === "ipv4" ? "inet" : "inet6"} hashsize ${hashSize(set.members.length)} maxelem ${Math.max(65536, set.members.length)}`;
  return [`create ${set.name} ${set.type} ${options} counters`, ...set.members.map((member) => `add ${set.name} ${member}`)].join(
    "\n",
  );
}

function hashSize(members: number): number {
  let size = 1024;
  while (size < members) size *= 2;
  return size;
}

/** Our sets out of `ipset save`. Counters of members are dropped. */
export function parseIpSets(text: string): IpSet[] {
  const sets = new Map<string, { family: Family; type: IpSet["type"]; members: string[] }>();
  for (const line of text.split("\n")) {
    const [verb, name = "", word = ""] = line.split(" ");
    if (!name.startsWith(SET_PREFIX)) continue;
    if (verb === "create") {
      const type = word === "hash:net" || word === "hash:net,port" || word === "bitmap:port" ? word : undefined;
      // A set of a type we never make still carries our name: it is listed with no members, so it differs and goes.
      sets.set(name, { family: name.startsWith(`${SET_PREFIX}6`) ? "ipv6" : "ipv4", type: type ?? "hash:net", members: [] });
    } else if (verb === "add") sets.get(name)?.members.push(word);
  }
  return [...sets].map(([name, set]) => ({ name, ...set, members: set.members.sort() }));
}
