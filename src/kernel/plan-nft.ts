import { FAMILIES, type Family } from "../net/address.ts";
import type { KernelObjects, NftChainText, NftSetText, NftTableText } from "./kernel-objects.ts";
import { sameElements } from "./nft-elements.ts";
import { NFT_TABLE } from "./ownership.ts";
import type { Step } from "./plan.ts";
import { sameLines } from "./same-lines.ts";

/** What nft calls the families. */
export const NFT_FAMILY = { ipv4: "ip", ipv6: "ip6" } as const;

/**
 * The way from the tables that are there to the wanted ones: one `nft -f`, which the kernel takes whole or not at all, for both
 * families. Only chains that differ are filled anew, the others keep their counters.
 */
export function planNft(target: KernelObjects, observed: KernelObjects): Step[] {
  const lines = FAMILIES.flatMap((family) => {
    const is = (table: NftTableText): boolean => table.family === family;
    return tableChange(family, target.nft.find(is), observed.nft.find(is));
  });
  return lines.length === 0
    ? []
    : [{ do: "run", why: "switch nft tables", argv: ["nft", "-f", "-"], stdin: `${lines.join("\n")}\n` }];
}

function tableChange(family: Family, wanted: NftTableText | undefined, present: NftTableText | undefined): string[] {
  const name = `${NFT_FAMILY[family]} ${NFT_TABLE}`;
  if (wanted === undefined) return present === undefined ? [] : [`delete table ${name}`];
  if (present === undefined) return block(name, wanted.sets, wanted.chains);
  // nft cannot make a base chain of a chain, nor move it to another hook.
  const misplaced = wanted.chains.some((chain) => (find(present.chains, chain.name)?.base ?? chain.base) !== chain.base);
  if (present.strange || misplaced) return [`delete table ${name}`, ...block(name, wanted.sets, wanted.chains)];

  const changed = wanted.chains.filter((chain) => !sameLines(find(present.chains, chain.name)?.lines, chain.lines));
  const stale = present.chains.filter((chain) => find(wanted.chains, chain.name) === undefined);
  const missing = wanted.sets.filter((set) => find(present.sets, set.name) === undefined);
  // A set says by its name what was put into it; somebody may have changed it since.
  const damaged = wanted.sets.filter((set) => {
    const there = find(present.sets, set.name);
    return there !== undefined && !sameElements(there, set);
  });
  const staleSets = present.sets.filter((set) => find(wanted.sets, set.name) === undefined);
  const flushed = [...changed.filter((chain) => find(present.chains, chain.name) !== undefined), ...stale];
  return [
    ...flushed.map((chain) => `flush chain ${name} ${chain.name}`),
    ...damaged.map((set) => `flush set ${name} ${set.name}`),
    ...block(name, [...missing, ...damaged], changed),
    ...stale.map((chain) => `delete chain ${name} ${chain.name}`),
    ...staleSets.map((set) => `delete set ${name} ${set.name}`),
  ];
}

/** Adds what is not there yet; to a chain that is, its lines. */
function block(name: string, sets: readonly NftSetText[], chains: readonly NftChainText[]): string[] {
  if (sets.length === 0 && chains.length === 0) return [];
  return [
    `table ${name} {`,
    ...sets.flatMap((set) => [`  set ${set.name} {`, ...set.lines.map((line) => `    ${line}`), "  }"]),
    ...chains.flatMap((chain) => [
      `  chain ${chain.name} {`,
      ...(chain.base === "" ? [] : [`    ${chain.base}`]),
      ...chain.lines.map((line) => `    ${line.text}`),
      "  }",
    ]),
    "}",
  ];
}

function find<T extends { readonly name: string }>(all: readonly T[], name: string): T | undefined {
  return all.find((one) => one.name === name);
}
