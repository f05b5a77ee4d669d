import { readApplied } from "./applied.ts";
import type { Context } from "./context.ts";
import { readEvents } from "./host/event-log.ts";
import { runningMonitor } from "./host/monitor-process.ts";
import { readConnections } from "./host/read-connections.ts";
import { formatPlan } from "./kernel/format-plan.ts";
import { NFT_TABLE, SET_PREFIX } from "./kernel/ownership.ts";
import { sharedLines } from "./kernel/shared-lines.ts";
import { look } from "./look.ts";
import { formatEvents } from "./show/format-events.ts";
import { formatShown, type View } from "./show/format-shown.ts";
import { selectPart } from "./show/select-part.ts";
import { show } from "./show/show.ts";
import { ownerOf } from "./show/show-connections.ts";
import type { Sight } from "./show/sight.ts";
import { VERSION } from "./version.ts";
import { withForeignRoutes, withTraffic } from "./widen.ts";

/** A part of the report: its title and how it is made. One that fails says so in its place. */
type Section = readonly [title: string, make: () => Promise<string>];

/** Milliseconds for one program. */
const TIMEOUT = 10_000;

/** So many events at most. */
const EVENTS = 1000;

/** Sysctls of others that decide how packets go. */
const SYSCTLS = [
  ..."forwarding rp_filter src_valid_mark accept_local arp_filter".split(" ").map((name) => `net/ipv4/conf/all/${name}`),
  "net/ipv4/conf/default/rp_filter",
  "net/ipv4/ip_forward",
  "net/ipv4/fwmark_reflect",
  "net/ipv4/tcp_fwmark_accept",
  "net/ipv4/fib_multipath_hash_policy",
  "net/ipv6/conf/all/forwarding",
  "net/netfilter/nf_conntrack_acct",
  "net/netfilter/nf_conntrack_count",
  "net/netfilter/nf_conntrack_max",
  "net/netfilter/nf_conntrack_tcp_loose",
];

/**
 * Everything somebody else needs to see what is wrong here, as one text. Of the router's configuration and of its firewall only
 * what is ours or what we share with others; secrets are for the caller to mask.
 */
export async function techSupport(context: Context): Promise<string> {
  const seen = look(context);
  // Whoever waits for it says what went wrong.
  seen.catch(() => {});
  let text = "";
  for (const [title, make] of [...machine(context), ...views(context, seen), ...kernel(context, seen), ...files(context)]) {
    text += `===== ${title}\n${await made(make)}\n`;
  }
  return text;
}

async function made(make: () => Promise<string>): Promise<string> {
  try {
    const text = await make();
    return text === "" ? "(nothing)\n" : text.endsWith("\n") ? text : `${text}\n`;
  } catch (error) {
    return `(failed: ${error instanceof Error ? error.message : String(error)})\n`;
  }
}

function machine(context: Context): Section[] {
  const { host, paths } = context;
  const versions = ["iptables -V", "ip6tables -V", "nft -v", "ip -V", "ipset -v", "conntrack -V", "flock -V"];
  return [
    ["policy-route", async () => `${VERSION}, Node.js ${process.version}, at ${new Date(host.now()).toISOString()}\n`],
    ["system", async () => `${await ran(context, "uname -a")}${(await host.read(`${paths.root}/etc/os-release`)) ?? ""}`],
    ["versions", async () => (await Promise.all(versions.map((line) => ran(context, line)))).join("")],
    [
      "monitor",
      async () => {
        const pid = await runningMonitor(context);
        return pid === undefined ? "not running\n" : `process ${pid}\n`;
      },
    ],
    ["systemd", () => ran(context, "systemctl --no-pager --full status policy-route-monitor.service policy-route-boot.service")],
    [
      "configuration",
      async () => {
        const { text } = await readApplied(context);
        return text
          .split("\n")
          .filter((line) => /^set '?policy-route\b/.test(line))
          .join("\n");
      },
    ],
  ];
}

function views(context: Context, seen: Promise<Sight>): Section[] {
  const view = (title: string, part: View, detail: boolean): Section => [
    title,
    async () => {
      const sight = await seen;
      const all = show(sight);
      const shown =
        part === "table"
          ? await withForeignRoutes(context, all)
          : part === "uplink"
            ? await withTraffic(context, sight, all)
            : all;
      return formatShown(selectPart(shown, part, undefined), part, { detail, at: sight.now });
    },
  ];
  return [
    view("show", undefined, false),
    view("show uplink", "uplink", false),
    view("show uplink detail", "uplink", true),
    view("show group detail", "group", true),
    view("show rule detail", "rule", true),
    view("show table", "table", false),
    view("show marks", "marks", false),
    [
      "show plan",
      async () => {
        const { kernel } = await seen;
        return kernel === undefined ? "(only root can compare with the kernel)\n" : formatPlan(kernel.plan);
      },
    ],
    ["show events", async () => formatEvents((await readEvents(context)).slice(-EVENTS), context.host.now())],
    ["connections", async () => await countByOwner(context, await seen)],
  ];
}

async function countByOwner({ host }: Context, { config, slots }: Sight): Promise<string> {
  if (config === undefined) return "";
  const owner = ownerOf(config, slots);
  const read = await readConnections(host, () => true);
  if ("why" in read) return `(${read.why})\n`;
  const counts = new Map<string, number>();
  for (const { mark } of read.connections) {
    const name = owner(mark)?.owner ?? "others";
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => `${count} ${name}\n`).join("");
}

function kernel(context: Context, seen: Promise<Sight>): Section[] {
  const tables = async () =>
    [...new Set((await seen).kernel?.state.routes.map(({ table }) => table) ?? [])].sort((a, b) => a - b);
  const program = (line: string): Section => [line, () => ran(context, line)];
  return [
    ...["ip addr", "ip -s link", "ip rule", "ip -6 rule", "ip route get 192.0.2.1", "ip -6 route get 2001:db8::1"].map(program),
    ...["ip", "ip -6"].map(
      (ip): Section => [
        `${ip} route show table of each of ours`,
        async () =>
          (
            await Promise.all(
              (await tables()).map(async (table) => `table ${table}\n${await ran(context, `${ip} route show table ${table}`)}`),
            )
          ).join(""),
      ],
    ),
    ...["iptables-save -c", "ip6tables-save -c"].map(
      (line): Section => [`${line}, of ours and the chains we share`, async () => sharedLines(await ran(context, line))],
    ),
    ...["ip", "ip6"].map((family) => program(`nft list table ${family} ${NFT_TABLE}`)),
    program("nft list chains"),
    ["ipset list -t, of ours", async () => ownSets(await ran(context, "ipset list -t"))],
    [
      "sysctls",
      async () => {
        const own = [...((await seen.catch(() => undefined))?.kernel?.state.sysctls.keys() ?? [])];
        const values = await Promise.all(
          [...own, ...SYSCTLS].map(
            async (key) => `${key} = ${(await context.host.read(`/proc/sys/${key}`))?.trim() ?? "(not there)"}\n`,
          ),
        );
        return values.join("");
      },
    ],
  ];
}

/** What is remembered. */
function files({ host, paths }: Context): Section[] {
  const fixed = [paths.rtTables, paths.rtProtos, paths.state, paths.liveness, paths.probes, paths.forced, paths.sysctls];
  return [
    ...fixed.map((path): Section => [path.slice(paths.root.length), async () => (await host.read(path)) ?? "(not there)\n"]),
    [
      "leases",
      async () => {
        const names = await host.list(paths.leases);
        const texts = await Promise.all(
          names.map(async (name) => `${name}\n${(await host.read(`${paths.leases}/${name}`)) ?? ""}`),
        );
        return texts.join("");
      },
    ],
  ];
}

/** What a program says; why it says nothing, where it cannot be started or fails. */
async function ran({ host }: Context, line: string): Promise<string> {
  const { exitCode, stdout, stderr } = await host.run(line.split(" "), { timeout: TIMEOUT });
  if (exitCode === 127) return `(${stderr})\n`;
  return exitCode === 0 ? stdout : `${stdout}(exit ${exitCode}: ${stderr.trim()})\n`;
}

/** Others' sets are left out. What ipset says when it fails stays. */
function ownSets(text: string): string {
  return text
    .split(/(?=^Name: )/m)
    .filter((block) => !block.startsWith("Name: ") || block.startsWith(`Name: ${SET_PREFIX}`))
    .join("");
}
