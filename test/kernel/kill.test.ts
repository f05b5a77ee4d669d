import { describe, test } from "vitest";
import { FRONT_ENDS } from "../support/front-end.ts";
import { inNamespace, type Namespace, ROOT } from "../support/namespace.ts";
import { difference, readState, type State } from "../support/namespace-state.ts";
import { FOREIGN_LAYER } from "./foreign-layer.ts";
import { reach } from "./reach.ts";
import { BACKENDS, EXCHANGES, TRANSITIONS } from "./transitions.ts";
import { askMarks, askWays, marksInChains, misplacedJumps } from "./ways.ts";

const FAMILIES = ["ipv4", "ipv6"] as const;
const FIELD = 0x0ff00000;
const PORT = 4000;
const LOCK = `${ROOT}/run/policy-route/lock`;

/** A whole state, and the way the kernel sends each owner's packets in it. */
interface Whole {
  readonly state: State;
  readonly ways: Readonly<Record<string, string>>;
}

async function look(router: Namespace): Promise<Whole> {
  const state = await readState(router);
  return { state, ways: await askWays(router, state) };
}

/**
 * What a state between two whole ones must not be: marks given by chains of neither, or an owner's mark that leads anywhere
 * but where the old or the new configuration sends that owner.
 */
async function mixtures(router: Namespace, old: Whole, wanted: Whole): Promise<string[]> {
  const { state, ways } = await look(router);
  const wrong = misplacedJumps(state);
  const tables = (whole: { state: State }) => sense(whole.state.nft);
  if (![old, wanted].some((whole) => tables(whole) === tables({ state }))) wrong.push("nft tables are neither old nor new");
  for (const family of FAMILIES) {
    const mangle = (whole: { state: State }) => sense(whole.state[family].filter((line) => line.startsWith("mangle ")));
    if (![old, wanted].some((whole) => mangle(whole) === mangle({ state })))
      wrong.push(`${family}: chains are neither old nor new`);
    for (const owner of marksInChains(state, family).keys()) {
      const key = `${family} ${owner}`;
      const right = [old.ways[key], wanted.ways[key]];
      if (!right.includes(ways[key])) wrong.push(`${key} goes ${ways[key]}, right would be ${right.join(" or ")}`);
    }
  }
  return [...wrong, ...(await strayConnections(router, old, [old, wanted]))];
}

/** What rules do, whatever the marks they do it with: on a detour these are others for a moment. */
function sense(lines: readonly string[]): string {
  return lines
    .map((line) => line.replace(/0x[0-9a-f]+\b|policy-route:[0-9a-f]{16}|_[A-Z]_\d+|label( set)? "?(0x)?\d+"?/g, ""))
    .sort()
    .join("\n");
}

/** One connection of each owner, marked as its first packet was when it left; one of a group then belongs to a member. */
async function connect(router: Namespace, { state }: Whole): Promise<void> {
  const commands = FAMILIES.flatMap((family) =>
    [...marksInChains(state, family)].flatMap(([owner, mark], i) => {
      if (owner.startsWith("group ")) return [];
      const [source, destination] = family === "ipv4" ? ["192.168.188.50", "192.0.2.1"] : ["2001:db8:a::50", "2600::1"];
      return `conntrack -I -p udp -s ${source} -d ${destination} --sport ${family === "ipv4" ? 4 : 6} --dport ${PORT + i} -t 600 -m ${mark} # ${owner}`;
    }),
  );
  await router.sh(`{ conntrack -F\n${commands.join("\n")}\n} 2>/dev/null`);
}

/** Connections whose mark leads where in none of these states their owner's packets go; those of an owner that is gone may go on by main. */
async function strayConnections(router: Namespace, old: Whole, states: readonly Whole[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const family of FAMILIES) {
    const owners = [...marksInChains(old.state, family).keys()];
    const entries = (await router.sh(`conntrack -L -f ${family} -p udp 2>/dev/null`)).split("\n").flatMap((line) => {
      const found = /sport=[46] dport=(\d+) .* mark=(\d+)/.exec(line);
      return found === null ? [] : [{ owner: owners[Number(found[1]) - PORT] ?? "", mark: Number(found[2]) & FIELD }];
    });
    const marked = entries.filter(({ mark }) => mark !== 0);
    const asked = await askMarks(
      router,
      family,
      marked.map(({ mark }) => `${mark}`),
    );
    for (const [i, { owner, mark }] of marked.entries()) {
      const key = `${family} ${owner}`;
      const right = states.map(({ ways }) => ways[key] ?? ways[`${family} main`]);
      if (!right.includes(asked[i]))
        wrong.push(`a connection of ${key} (${mark}) goes ${asked[i]}, right would be ${right.join(" or ")}`);
    }
  }
  return wrong;
}

describe.each(FRONT_ENDS)("kill -9 after every step (%s)", (frontEnd) => {
  // Files and sysctls are the same everywhere; how marks and tables change hands is with both front ends of iptables, and what
  // nftables does otherwise shows with one of the three.
  const transitions = [
    ...TRANSITIONS,
    ...{ "iptables-nft": EXCHANGES, "iptables-legacy": [], nftables: EXCHANGES.slice(0, 1) }[frontEnd],
    ...(frontEnd === "iptables-nft" ? [] : BACKENDS),
  ];
  test.concurrent.for(transitions)(
    "$name: never a mixture, and the next run makes it whole",
    { timeout: 400_000 },
    ({ from, to }, { expect }) =>
      inNamespace(frontEnd, async (router) => {
        await router.sh(FOREIGN_LAYER);
        await reach(router, from);
        const old = await look(router);
        const whole = to.length === 0 ? await router.run(["uninstall"]) : await router.apply(to);
        const wanted = await look(router);
        expect(whole.changes.length).toBeGreaterThan(5);

        const wrong: Record<string, string[]> = {};
        for (let at = 0; at <= whole.changes.length; at++) {
          if (frontEnd !== "iptables-nft" && /^(write|remove)/.test(whole.changes[at - 1] ?? "")) continue;
          await reach(router, []);
          await reach(router, from);
          await connect(router, old);
          const fault = { at, kind: "die" } as const;
          const run = to.length === 0 ? await router.run(["uninstall"], fault) : await router.apply(to, fault);
          expect(run.failed).toBe("killed");
          const found = await mixtures(router, old, wanted);
          await router.sh(`[ ! -e ${LOCK} ] || flock --nonblock --exclusive ${LOCK} true`);
          await reach(router, to);
          found.push(...difference(wanted.state, await readState(router)), ...(await strayConnections(router, old, [wanted])));
          if (found.length > 0) wrong[`${at} ${whole.changes[at - 1]?.split("\n")[0]}`] = found;
        }
        expect(wrong).toEqual({});
      }),
  );
});
