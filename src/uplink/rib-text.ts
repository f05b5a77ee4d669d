import { familyOf } from "../net/address.ts";
import { isInterfaceName } from "./interface-name.ts";
import type { RibDefault, RibNexthop } from "./rib-default.ts";

/** Escapes of a terminal and of a pager, and carriage returns: what a CLI may wrap its answer in. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: ESC is what an escape sequence starts with
const ESCAPES = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|[=>])|\r/g;
const KNOWN_VIA = /^\s*Known via "([^"]+)", distance (\d+)/;
const NEXTHOP = /^\s+(?:\*\s*)?(?:(\S+?)(?: \(recursive\))?, via|directly connected,) ([^\s,]+)(.*)$/;

/**
 * Parses the answer to `show ip route 0.0.0.0/0` of FRR and of Quagga (old Vyatta): one block for each default route, next
 * hops indented below it, marked `*` when they are in use. `undefined` when the text is something else. No default route:
 * FRR prints nothing, Quagga `% Network not in table`; both give an empty list.
 */
export function parseRibText(text: string): readonly RibDefault[] | undefined {
  const lines = text.replace(ESCAPES, "").split("\n");
  if (lines.every((line) => line.trim() === "" || /^% Network not in table/.test(line.trim()))) return [];
  const routes: { protocol: string; best: boolean; distance: number; nexthops: RibNexthop[] }[] = [];
  let other = false;
  for (const line of lines) {
    const entry = /^Routing entry for (\S+)/.exec(line);
    if (entry !== null) other = entry[1] !== "0.0.0.0/0";
    if (other) continue;
    const known = KNOWN_VIA.exec(line);
    if (known !== null) {
      routes.push({ protocol: known[1] ?? "", best: /, best\b/.test(line), distance: Number(known[2]), nexthops: [] });
      continue;
    }
    const nexthop = parseNexthop(line);
    if (nexthop !== undefined) routes.at(-1)?.nexthops.push(nexthop);
  }
  return routes.length === 0 ? undefined : routes;
}

/** A next hop that needs another lookup (`1.2.3.4 (recursive)`, no interface) says nothing of a line; what it resolves to follows it. */
function parseNexthop(line: string): RibNexthop | undefined {
  const match = NEXTHOP.exec(line);
  if (match === null) return undefined;
  const [, gateway, name = "", rest = ""] = match;
  if (!isInterfaceName(name) || (gateway !== undefined && familyOf(gateway) !== "ipv4")) return undefined;
  return { interface: name, active: !/\binactive\b/.test(rest), ...(gateway === undefined ? {} : { gateway }) };
}
