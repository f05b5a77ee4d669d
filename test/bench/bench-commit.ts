import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FrontEnd } from "../support/front-end.ts";
import type { Row } from "./bench-namespaces.ts";
import { linearRules, program, writeConfig } from "./bench-program.ts";
import { interleaved, median, milliseconds, type Result } from "./measure.ts";

const RULES = 1000;

/** How long a commit takes beside the bare tools it cannot do without, and how much memory. */
export function benchCommit(row: Row, frontEnd: FrontEnd, scratch: string): Result[] {
  const policy = program(row, frontEnd, scratch);
  const full = writeConfig(join(scratch, "linear.set"), frontEnd, linearRules(RULES));
  const empty = writeConfig(join(scratch, "empty.set"), frontEnd, []);
  policy.commit(full);
  const bare = restoring(row, frontEnd, policy.env);
  const peak =
    Number(/Maximum resident set size \(kbytes\): (\d+)/.exec(timeVerbose(policy.argv("commit"), policy.env))?.[1] ?? "NaN") /
    1024;
  const node = (): number => milliseconds(["ip", "netns", "exec", row.router, process.execPath, "-e", "0"], policy.env);

  const ended: number[] = [];
  const times = interleaved(9, {
    node,
    bare,
    commit: () => {
      policy.commit(empty);
      const took = policy.commit(full);
      ended.push(took.ended);
      return took.verified;
    },
  });
  const tools = frontEnd === "nftables" ? [] : ["iptables", "ip6tables"];
  const forks = tools.reduce((sum, tool) => sum + forkPerRule(row, tool, policy.env, scratch), 0);
  const small = writeConfig(join(scratch, "seed.set"), frontEnd, linearRules(3));
  policy.commit(small);
  const environment = {
    ...policy.env,
    reason: "RENEW",
    interface: "eth1",
    new_ip_address: "198.51.100.2",
    new_routers: "198.51.100.1",
    old_ip_address: "198.51.100.2",
    old_routers: "198.51.100.1",
  };
  const starts = interleaved(11, {
    node,
    show: () => milliseconds(policy.argv("show"), policy.env),
    hook: () => milliseconds(policy.argv("lease", "dhcp"), environment),
  });
  // A lease with another gateway every time: the hook that has to reconcile.
  let last = 10;
  const renewed = interleaved(7, {
    node,
    hook: () => milliseconds(policy.argv("lease", "dhcp"), { ...environment, new_routers: `198.51.100.${last++}` }),
  });
  policy.commit(empty);
  const budget = 4 * times.bare + 3 * times.node;
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  return [
    {
      what: `commit of ${RULES} rules / (4 x bare restores + 3 x node -e 0)`,
      ratio: times.commit / budget,
      limit: { most: 1 },
      from: `commit ${ms(times.commit)} to verified, ${ms(median(ended))} to the end, restores ${ms(times.bare)}, node ${ms(times.node)}`,
    },
    ...(tools.length === 0
      ? []
      : [
          {
            what: `one iptables process per rule / commit of ${RULES} rules`,
            ratio: forks / times.commit,
            limit: { least: 10 },
            from: `forks ${ms(forks)}`,
          },
        ]),
    { what: "peak memory of a commit, in units of 150 MB", ratio: peak / 150, limit: { most: 1 }, from: `${peak.toFixed(0)} MB` },
    {
      what: "show / node -e 0",
      ratio: starts.show / starts.node,
      limit: { most: 3 },
      from: `${ms(starts.show)}, node ${ms(starts.node)}`,
    },
    { what: "DHCP hook, nothing new / node -e 0", ratio: starts.hook / starts.node, limit: { most: 5 }, from: ms(starts.hook) },
    {
      what: "DHCP hook, new gateway / node -e 0",
      ratio: renewed.hook / renewed.node,
      limit: { most: 5 },
      from: ms(renewed.hook),
    },
  ];
}

function timeVerbose(argv: readonly string[], env: NodeJS.ProcessEnv): string {
  return spawnSync("/usr/bin/time", ["-v", ...argv], { env, encoding: "utf8" }).stderr;
}

/** Reads back what the program made, and gives what putting it there again with the bare tools takes. */
function restoring(row: Row, frontEnd: FrontEnd, env: NodeJS.ProcessEnv): () => number {
  const read = (...words: string[]): string => readInRouter(row, env, words);
  const restore = (words: readonly string[], text: string): number =>
    milliseconds(["ip", "netns", "exec", row.router, ...words], env, text);
  if (frontEnd === "nftables") {
    const tables = ["ip", "ip6"].map((family) => {
      const name = `${family} policy_route`;
      return `table ${name}\ndelete table ${name}\n${read("nft", "list", "table", family, "policy_route")}`;
    });
    return () => restore(["nft", "-f", "-"], tables.join(""));
  }
  const saved = { ipv4: read("iptables-save"), ipv6: read("ip6tables-save") };
  return () => restore(["iptables-restore"], saved.ipv4) + restore(["ip6tables-restore"], saved.ipv6);
}

function readInRouter(row: Row, env: NodeJS.ProcessEnv, words: readonly string[]): string {
  return spawnSync("ip", ["netns", "exec", row.router, ...words], { env, encoding: "utf8", maxBuffer: 1 << 28 }).stdout;
}

/** The seed script's way: one process per rule, into a chain of its own. The rules are those that are there. */
function forkPerRule(row: Row, tool: string, env: NodeJS.ProcessEnv, scratch: string): number {
  const saved = readInRouter(row, env, [`${tool}-save`]);
  const rules = saved.split("\n").filter((line) => line.startsWith("-A POLICY_ROUTE_FWD"));
  const script = join(scratch, "forks.sh");
  const lines = rules.map(
    (line) => `${tool} -t mangle ${line.replace("POLICY_ROUTE_FWD", "SEED").replace(/-j \S+$/, "-j MARK --set-mark 20")}`,
  );
  writeFileSync(script, `${tool} -t mangle -N SEED\n${lines.join("\n")}\n${tool} -t mangle -F SEED\n${tool} -t mangle -X SEED\n`);
  return milliseconds(["ip", "netns", "exec", row.router, "sh", "-e", script], env);
}
