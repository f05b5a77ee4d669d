import type { Config } from "../config/schema.ts";
import { FAMILIES } from "../net/address.ts";
import type { Paths } from "../paths.ts";
import type { FactsProblem, GatewayReport, Link } from "../uplink/facts.ts";
import { findGateway } from "../uplink/find-gateway.ts";
import { parseDefaultAnswers, renderDefaultQuery } from "../uplink/kernel-default.ts";
import { parseRecord } from "../uplink/lease-record.ts";
import type { Host } from "./host.ts";
import { readLeaseFiles } from "./lease-files.ts";

/** Where `generate policy-route ssh-key` puts the key and the router's host key. Survives an image upgrade (/config). */
export const KEY_FILE = "/config/auth/policy-route/id_ed25519";
export const HOST_KEY_FILE = "/config/auth/policy-route/host_key.pub";

/** What every source says about gateways, and what could not be asked. */
export interface GatheredGateways {
  readonly reports: readonly GatewayReport[];
  readonly problems: readonly FactsProblem[];
}

/**
 * Asks the sources in the order of trust (ADR 0003): what the hooks recorded, lease files, the kernel, and the router's CLI
 * only for a DHCP uplink that neither hook nor lease file can give a gateway (it costs a login; hooks pass `allowSsh: false`).
 * `interfaces` may still be on its way: only the last question needs it. `defaults`: the kernel's answers, where it was asked before.
 */
export async function gatherGateways(
  host: Host,
  paths: Paths,
  config: Config,
  interfaces: readonly Link[] | Promise<readonly Link[]>,
  options: { readonly allowSsh: boolean; readonly defaults?: Promise<readonly GatewayReport[]> | undefined },
): Promise<GatheredGateways> {
  const problems: FactsProblem[] = [];
  const [records, leases, kernel, links] = await Promise.all([
    readRecords(host, paths, problems),
    readLeaseFiles(host, paths.root),
    options.defaults ?? readKernelDefaults(host, config),
    interfaces,
  ]);
  const reports = [...records, ...leases];
  if (options.allowSsh && !config["router-access"].disable && hasOpenQuestion(host, config, links, reports)) {
    reports.push(...(await readRouterCli(host, paths, config, problems)));
  }
  return { reports: [...reports, ...kernel], problems };
}

async function readRecords(host: Host, paths: Paths, problems: FactsProblem[]): Promise<readonly GatewayReport[]> {
  const reports: GatewayReport[] = [];
  for (const name of await host.list(paths.leases)) {
    if (!name.endsWith(".json") || name.startsWith(".")) continue;
    const report = parseRecord((await host.read(`${paths.leases}/${name}`)) ?? "");
    if (report !== undefined) reports.push(report);
    else problems.push({ source: "dhcp-hook", message: `${paths.leases}/${name} is damaged and not believed` });
  }
  return reports;
}

function uplinksOf(config: Config, links: readonly Link[]): { uplink: Config["uplink"][string]; link: Link }[] {
  return Object.values(config.uplink).flatMap((uplink) => {
    const link = links.find((candidate) => candidate.name === uplink.interface);
    return uplink.disable || link === undefined ? [] : [{ uplink, link }];
  });
}

/** Asks for interfaces that may not exist: the kernel says so in a line of its own, which costs less than to look first. */
export async function readKernelDefaults(host: Host, config: Config): Promise<readonly GatewayReport[]> {
  const uplinks = Object.values(config.uplink).filter((uplink) => !uplink.disable);
  const asked = {
    ipv4: uplinks.filter((uplink) => uplink.gateway === "dhcp" || uplink.gateway === undefined),
    ipv6: uplinks.filter((uplink) => uplink.gateway6 === "ra" || uplink.gateway6 === undefined),
  };
  const answers = await Promise.all(
    FAMILIES.map(async (family) => {
      const names = [...new Set(asked[family].flatMap((uplink) => uplink.interface ?? []))];
      if (names.length === 0) return [];
      const argv = ["ip", ...(family === "ipv6" ? ["-6"] : []), "-N", "-j", "-force", "-batch", "-"];
      // Its exit code says that some interface has no default route, or does not exist: no failure.
      const { stdout } = await host.run(argv, { stdin: renderDefaultQuery(family, names), anyExit: true });
      return parseDefaultAnswers(stdout, family);
    }),
  );
  return answers.flat();
}

/** Whether an uplink wants its gateway from DHCP, could use one, and has none from hook or lease file. */
function hasOpenQuestion(host: Host, config: Config, links: readonly Link[], reports: readonly GatewayReport[]): boolean {
  const now = Math.floor(host.now() / 1000);
  return uplinksOf(config, links).some(({ uplink, link }) => {
    if (uplink.gateway !== "dhcp" || !link.up || !link.carrier) return false;
    const found = findGateway(reports, ["dhcp-hook", "lease-file"], "ipv4", link, links, uplink.onlink, now);
    return "objection" in found && !found.ended;
  });
}

async function readRouterCli(
  host: Host,
  paths: Paths,
  config: Config,
  problems: FactsProblem[],
): Promise<readonly GatewayReport[]> {
  const access = config["router-access"];
  const problem = (message: string) => {
    problems.push({ source: "router-cli", message });
    return [];
  };
  const keyFile = access["private-key"] ?? KEY_FILE;
  const hint = 'type "generate policy-route ssh-key"';
  try {
    const privateKey = await host.read(`${paths.root}${keyFile}`);
    if (privateKey === undefined) {
      // Nobody asked for router access: a machine without a router's CLI is not told about it at every commit.
      return access["private-key"] === undefined ? [] : problem(`router-access private-key ${keyFile} does not exist; ${hint}`);
    }
    const hostKey = await readHostKey(host, paths, access["host-key"] ?? HOST_KEY_FILE);
    if (hostKey === undefined) {
      return problem(`router-access: no host key is pinned (${access["host-key"] ?? HOST_KEY_FILE} does not exist); ${hint}`);
    }
    const { readRouterRib, ribReports } = await import("./ssh-cli.ts");
    const { address, port, user, timeout } = access;
    const rib = await readRouterRib({ address, port, user, privateKey, hostKey, timeout: timeout * 1000 });
    return ribReports(rib, Math.floor(host.now() / 1000));
  } catch (error) {
    // By name: ssh-cli.ts is bundled by itself, so its HostError is another class than ours.
    if (error instanceof Error && error.name === "HostError") return problem(error.message);
    throw error;
  }
}

async function readHostKey(host: Host, paths: Paths, pin: string): Promise<string | undefined> {
  return pin.startsWith("/") ? host.read(`${paths.root}${pin}`) : pin;
}
