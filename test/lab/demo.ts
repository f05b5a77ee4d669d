import { readFileSync } from "node:fs";
import { type Lab, startLab } from "../support/lab.ts";
import { session } from "../support/lab-configure.ts";
import { labFile } from "../support/lab-file.ts";
import type { Knocks } from "../support/lab-knock.ts";
import { INTERNET } from "../support/lab-map.ts";
import { becomeRoot, stopOnSignals } from "../support/lab-root.ts";
import { compareSnapshots } from "../support/lab-snapshot.ts";
import { startTranscript } from "../support/lab-transcript.ts";
import { until } from "../support/lab-wait.ts";

const NAMES: Readonly<Record<string, string>> = {
  dsl: "DSL",
  dsl2: "DSL (gateway .254)",
  bgp1: "BGP, provider 1",
  bgp2: "BGP, provider 2",
  office: "local: the office",
};
const WEB = [80, 143, 443, 8000];
const OTHERS = [22, 25, 53, 993, 8080];

const MAP = `
lan 192.168.188.10 ---- eth0 +--------+ eth1 ---- DSL provider   198.51.100.1 and .254, real DHCP server
                             | router | eth2 ---- BGP provider 1 192.0.2.1, AS 64501 (preferred)
office 192.168.50.10 -- eth4 +--------+ eth3 ---- BGP provider 2 192.0.2.5, AS 64502
  and 192.168.77.10
The internet is ${INTERNET.ipv4}: each provider answers for it, and says its own name and the source it saw.`;

becomeRoot();
const begun = Date.now();
let lab: Lab | undefined;
const signals = stopOnSignals(async () => lab?.stop());
const tell = startTranscript(
  // After a signal whatever fails does so because the lab goes.
  (text) => signals.stopping() || process.stdout.write(text),
  process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined,
);
try {
  lab = await build();
  await play(lab);
} catch (error) {
  await signals.unlessStopping();
  tell.promise("the demo runs to its end", false, error instanceof Error ? error.message : String(error));
} finally {
  await lab?.stop();
}
tell.line(`\nThe lab is gone: its namespaces, processes and mounts ended with it. ${Math.round((Date.now() - begun) / 1000)} s.`);
process.exit(tell.close() ? 0 : 1);

async function build(): Promise<Lab> {
  tell.scene(
    "The router of the first document",
    "A LAN behind a router with full routes from two BGP providers, and a faster DSL line by DHCP. Every box is a network " +
      "namespace; FRR, the DHCP server and client, and the ssh login to the router's command line are the real programs. " +
      "The router has a file system of its own, so nothing on this machine is touched.",
  );
  tell.screen(MAP);
  tell.line("");
  const built = await startLab({ prefixes: 500 });
  const [v4, v6] = (await built.must("router", ["sh", "-c", "ip route | wc -l; ip -6 route | wc -l"])).trim().split("\n");
  tell.line(`Up: ${v4} IPv4 and ${v6} IPv6 routes in the kernel, ${await built.dhcp.address()} leased on eth1.`);
  tell.line(`The program was installed from ${built.installed === "deb" ? "the .deb" : "dist/, laid out as the .deb does it"}.`);
  return built;
}

async function play(router: Lab): Promise<void> {
  const untouched = await router.snapshot();
  tell.scene("Before", "The kernel looks at the destination only, and BGP has a route for everything: the DSL line idles.");
  const before = await ways(router);
  tell.promise(
    "every port leaves by BGP",
    WEB.concat(OTHERS).every((port) => before.get(port) === "bgp1"),
  );

  await configure(router);
  await after(router);
  await newGateway(router);
  await noSignal(router);
  await leaseEnds(router);

  tell.scene("What the operator sees", "The same facts on one screen, read back from the kernel.");
  await show(router, "show", "uplink", "dsl");
  await show(router, "show", "rule", "10");
  await show(router, "show", "table", "dsl");
  await show(router, "show", "plan");

  tell.scene(
    "Delete",
    "The feature is taken out like any other part of the configuration, and the machine is compared with what it was at the start.",
  );
  const said = await typed(router, ["delete policy-route", "commit"]);
  tell.promise("delete and commit succeed", said.exitCode === 0, said.stdout + said.stderr);
  const last = await ways(router);
  tell.promise(
    "every port leaves by BGP again",
    WEB.concat(OTHERS).every((port) => last.get(port) === "bgp1"),
  );
  const now = await router.snapshot();
  const left = compareSnapshots(untouched, now);
  tell.table(
    ["compared", "lines", "differ"],
    Object.entries(now).map(([part, lines]) => [
      part,
      `${lines.length}`,
      `${left.filter((line) => line.startsWith(`${part}:`)).length}`,
    ]),
  );
  tell.promise("the router is as it was: rules, routes, tables, sysctls, files", left.length === 0, left.slice(0, 20).join("\n"));
}

async function configure(router: Lab): Promise<void> {
  tell.scene(
    "Configure",
    "The document's shell script, as configuration: examples/000-dsl-beside-bgp/router.config, typed into the configuration session.",
  );
  const lines = readFileSync(labFile("examples/000-dsl-beside-bgp/router.config"), "utf8").split("\n");
  const said = await typed(router, [...lines.filter((line) => line.startsWith("set ")), "commit"]);
  tell.promise("the commit succeeds", said.exitCode === 0, said.stdout + said.stderr);
}

async function after(router: Lab): Promise<void> {
  tell.scene("After", "Web and IMAP of the LAN take the DSL line, with its address; everything else stays where BGP sends it.");
  const way = await ways(router);
  tell.promise(
    "80, 143, 443 and 8000 leave by DSL",
    WEB.every((port) => way.get(port) === "dsl"),
  );
  tell.promise(
    "every other port leaves by BGP",
    OTHERS.every((port) => way.get(port) === "bgp1"),
  );
  const address = (await router.dhcp.address()) ?? "";
  const seen = await router.probe("lan", { port: 443 });
  tell.promise(
    `the DSL provider sees the leased address ${address}, not the LAN's`,
    seen.source === address,
    JSON.stringify(seen),
  );
  const inside = await router.probe("lan", { port: 80, to: "192.168.77.10" });
  tell.promise(
    "192.168.0.0/16 is exempt: port 80 of 192.168.77.10 is answered by the office",
    inside.by === "office",
    JSON.stringify(inside),
  );
  const own = await router.probe("router", { port: 22, source: address });
  tell.promise(
    "what the router sends from its DSL address leaves by DSL, whatever the port",
    own.by === "dsl",
    JSON.stringify(own),
  );
  const plain = await router.probe("router", { port: 443 });
  tell.promise("the router's other traffic is not touched", plain.by === "bgp1", JSON.stringify(plain));
  tell.line("");
  await show(router, "show");
}

async function newGateway(router: Lab): Promise<void> {
  tell.scene(
    "The provider moves its gateway",
    "At its next renewal the DHCP client is told 198.51.100.254 instead of 198.51.100.1. The hook replaces the route in place. " +
      "Meanwhile the LAN opens 50 new https connections a second.",
  );
  const knocks = await router.knock("lan", { port: 443, rate: 50 });
  await router.dhcp.serve({ routers: ["198.51.100.254"] });
  const moved = await seen(() =>
    until("the new gateway", async () => ((await knocks.count()).by["dsl2"] ?? 0) > 50, { timeout: 15_000 }),
  );
  const count = await knocks.stop();
  counted(count);
  tell.promise("connections follow the new gateway after the renewal", moved === "", moved);
  tell.promise("not one connection was lost or went elsewhere", lost(count) === 0 && (count.by["bgp1"] ?? 0) === 0);
  const route = await router.must("router", ["ip", "route", "show", "table", "510sg"]);
  tell.promise("table 510sg has the new gateway", /default via 198\.51\.100\.254 dev eth1/.test(route), route);
}

async function noSignal(router: Lab): Promise<void> {
  tell.scene(
    "The DSL line goes dead",
    "The far end of eth1 loses its signal. if-down is main: web and mail go by BGP until the line is back. No program has to react, the kernel does it.",
  );
  const knocks = await router.knock("lan", { port: 443, rate: 50, timeout: 1000 });
  await until("connections by DSL", async () => ((await knocks.count()).by["dsl2"] ?? 0) > 10);
  await router.carrier("eth1", "down");
  const fell = await seen(() => until("connections by BGP", async () => ((await knocks.count()).by["bgp1"] ?? 0) > 50));
  await ways(router, [80, 443, 22]);
  await show(router, "show", "uplink");
  await router.carrier("eth1", "up");
  const before = (await knocks.count()).by["dsl2"] ?? 0;
  const back = await seen(() =>
    until("connections by DSL again", async () => ((await knocks.count()).by["dsl2"] ?? 0) > before + 50),
  );
  const count = await knocks.stop();
  counted(count);
  tell.promise("new connections go by BGP while the line is dead", fell === "", fell);
  tell.promise("and by DSL again when it is back", back === "", back);
  tell.promise("at most 2 connections were lost, those under way when the line died", lost(count) <= 2);
}

async function leaseEnds(router: Lab): Promise<void> {
  tell.scene(
    "The lease ends",
    "The DHCP server is silent until the lease is over. The kernel drops the address, the client calls the hook with EXPIRE; when the server is back, with BOUND.",
  );
  const knocks = await router.knock("lan", { port: 443, rate: 20, timeout: 1000 });
  router.dhcp.stopServer();
  const expired = async () => (await router.dhcp.reasons()).includes("EXPIRE") && ((await knocks.count()).by["bgp1"] ?? 0) > 20;
  const fell = await seen(() => until("EXPIRE", expired, { timeout: 25_000 }));
  await router.dhcp.serve();
  const back = await seen(() => until("BOUND", async () => ((await knocks.count()).by["dsl"] ?? 0) > 20, { timeout: 25_000 }));
  const count = await knocks.stop();
  counted(count);
  tell.promise("without a lease (hook: EXPIRE) web and mail go by BGP", fell === "", fell);
  tell.promise("with a new lease they go by DSL again, by its gateway .1", back === "", back);
}

/** Probes ports from the LAN, shows them as a table; port -> who answered. */
async function ways(
  router: Lab,
  ports: readonly number[] = [...WEB, ...OTHERS].sort((a, b) => a - b),
): Promise<ReadonlyMap<number, string>> {
  const answers = await Promise.all(ports.map((port) => router.probe("lan", { port })));
  tell.table(
    ["tcp port", "way", "source the server saw"],
    answers.map(({ by = "", source = "", error = "" }, i) => [`${ports[i]}`, NAMES[by] ?? `no answer (${error})`, source]),
  );
  return new Map(answers.map(({ by = "" }, i) => [ports[i] ?? 0, by]));
}

async function typed(router: Lab, lines: readonly string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  tell.screen(lines.map((line) => `vyos@router# ${line}`).join("\n"));
  const result = await session(router, [...lines, "exit"]);
  const said = `${result.stdout}${result.stderr}`.trim();
  if (said !== "") tell.screen(said);
  tell.line("");
  return result;
}

async function show(router: Lab, ...words: readonly string[]): Promise<void> {
  const rest = words.slice(1).join(" ");
  const result = await router.exec("router", ["policy-route", ...words]);
  tell.screen(`vyos@router$ show policy-route${rest === "" ? "" : ` ${rest}`}\n${result.stdout}${result.stderr}`);
  tell.line("");
  if (result.exitCode !== 0) tell.promise(`policy-route ${words.join(" ")} succeeds`, false, `exit ${result.exitCode}`);
}

function counted(count: Knocks): void {
  const by = Object.entries(count.by).map(([name, n]) => `${n} by ${NAMES[name] ?? name}`);
  const errors = Object.entries(count.errors).map(([name, n]) => `${n} ${name}`);
  tell.line(`    ${count.opened} connections: ${[...by, ...errors].join(", ")}\n`);
}

function lost(count: Knocks): number {
  return Object.values(count.errors).reduce<number>((sum, n) => sum + (n ?? 0), 0);
}

/** "" when it happened, else why not: a promise that is broken does not end the demo. */
async function seen(happens: () => Promise<unknown>): Promise<string> {
  return happens().then(
    () => "",
    (error: Error) => error.message,
  );
}
