import { afterAll, beforeAll, expect, test } from "vitest";
import type { Decision } from "../../../src/explain/decide.ts";
import type { Explanation } from "../../../src/explain/explanation.ts";
import type { Link } from "../../../src/uplink/facts.ts";
import { parseLinks } from "../../../src/uplink/parse-links.ts";
import type { FrontEnd } from "../front-end.ts";
import { type Namespace, openNamespace } from "../namespace.ts";
import { exitsOf, type Known, know, opinionOf } from "./opinion.ts";
import { frame, ipPackets, read, type Wanted } from "./packet-bytes.ts";
import { passesFilter } from "./path-filter.ts";
import { random } from "./random.ts";
import { randomConfig } from "./random-config.ts";
import { randomPackets } from "./random-packets.ts";
import { type Delivered, later, replies, type Sequel } from "./sequels.ts";
import { openWire, type Seen, type Sent, type Wire } from "./wire.ts";
import { FAR_ENDS, FORWARDS, GATEWAY_MACS, makeWorld, ROUTER_MAC, SECOND_END } from "./world.ts";

/** A failure is repeated with `SEED=n npx vitest ...`, one configuration of it with `ONLY=k` besides. */
const SEED = Number(process.env["SEED"] ?? 1);
const CONFIGS = Number(process.env["CONFIGS"] ?? 100);
const ONLY = process.env["ONLY"];
const PACKETS = 20;
/** `explain` is asked about the packets of every so many-th configuration: 500 in all. */
const EXPLAINED = 4;
/** How many of each kind 100 configurations have at least. */
const ENOUGH: Readonly<Record<Sequel["kind"], number>> = {
  answer: 80,
  error: 80,
  again: 160,
  child: 6,
  "answer to child": 5,
};

type Counts = Record<string, number>;

function countKinds(sequels: readonly Sequel[]): Counts {
  const counts: Counts = {};
  for (const { kind } of sequels) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** What the kernel did with a packet. */
interface Fate {
  readonly exits: readonly string[];
  readonly refusals: readonly Delivered[];
  readonly frames: readonly Delivered[];
}

function fates(seen: Seen): Map<number, Fate> {
  const found = new Map<number, Fate>();
  for (const [dev, hex] of seen) {
    const came = read(hex);
    if (came === undefined) continue;
    const { exits, refusals, frames } = found.get(came.id) ?? { exits: [], refusals: [], frames: [] };
    const second = hex.startsWith(GATEWAY_MACS[1].replaceAll(":", ""));
    const delivered = { ...came, dev, exit: second ? SECOND_END : dev };
    found.set(
      came.id,
      came.refused === undefined
        ? { exits: [...new Set([...exits, delivered.exit])], refusals, frames: [...frames, delivered] }
        : { exits, refusals: [...refusals, delivered], frames },
    );
  }
  return found;
}

function toSent(packet: Wanted): Sent {
  const packets = ipPackets(packet);
  if (packet.inbound !== undefined) {
    const frames = packets.map((one) => frame(ROUTER_MAC(packet.inbound ?? ""), String(packet.mac), one));
    return { dev: packet.inbound.replace("eth", "p"), frames };
  }
  const { user, userGroup, destination, source } = packet;
  return {
    uid: Number(user),
    gid: Number(userGroup),
    from: source,
    to: destination,
    packet: (packets[0] ?? Buffer.alloc(0)).toString("hex"),
  };
}

/** Codes of ICMP and ICMPv6 for what a routing table refuses (Linux ip_error, ip6_pkt_prohibit). */
const REFUSALS = { ipv4: { prohibit: 13, unreachable: 1 }, ipv6: { prohibit: 1, unreachable: 0 } } as const;

/** Came out by one of the ways it may, or nowhere where there is none. */
function isOneOf(exits: readonly string[], left: readonly string[]): boolean {
  return exits.length === 0 ? left.length === 0 : left.length === 1 && exits.includes(left[0] ?? "");
}

const told = (packet: Wanted): string => JSON.stringify({ ...packet, about: packet.about?.toString("hex") });

const stepsOf = ({ steps }: Decision): string =>
  steps.map(({ what, verdict, words }) => `    ${what}: ${verdict} ${words.join("; ")}`).join("\n");

function differences(packets: readonly Wanted[], got: Map<number, Fate>, known: Known): string[] {
  return packets.flatMap((packet) => {
    const { decision, end, exits, answers } = opinionOf(packet, known);
    const { exits: left = [], refusals = [] } = got.get(packet.id) ?? {};
    if (end.to === "router") {
      const answered = packet.protocol === 17 ? refusals.map(({ exit }) => exit) : left;
      if (packet.protocol === 6 || isOneOf(answers, answered)) return [];
      return [`${told(packet)}\n  is for the router, who answers by ${answers}; kernel: ${answered}\n${stepsOf(decision)}`];
    }
    const code = end.to === "prohibit" || end.to === "unreachable" ? REFUSALS[packet.family][end.to] : undefined;
    if (isOneOf(exits, left) && refusals.every(({ refused }) => refused === code)) return [];
    return [
      `${told(packet)}\n  means ${JSON.stringify({ end, exits })} by ${decision.by}\n${stepsOf(decision)}\n  kernel: left ${JSON.stringify(left)}, refused ${refusals.map(({ refused }) => refused)}`,
    ];
  });
}

/** The test itself, in a file for each front end: they take a minute or two. */
export function secondOpinion(frontEnd: FrontEnd): void {
  let router: Namespace;
  let wire: Wire;
  let links: readonly Link[];
  beforeAll(async () => {
    router = await openNamespace(frontEnd);
    await makeWorld(router);
    wire = openWire(router, FAR_ENDS);
    links = parseLinks(JSON.parse(await router.sh("ip -j addr")) as unknown[]);
  });
  afterAll(() => router?.stop());

  async function compare(number: number): Promise<{ counts: Counts; different: string[] }> {
    const chance = random(SEED * 1_000 + number);
    const lines = randomConfig(chance, frontEnd !== "nftables");
    const known = know(lines, links);
    const packets = randomPackets(PACKETS, number * PACKETS, known, chance);
    const run = await router.apply(lines);
    if (run.exitCode !== 0)
      throw new Error(
        `SEED=${SEED} ONLY=${number}: refused\n${lines.filter((line) => !line.startsWith("firewall")).join("\n")}\n${run.err}${run.message ?? ""}`,
      );
    await router.sh("conntrack -F 2>/dev/null");
    const due = packets.filter((packet) => {
      const { exits, answers } = opinionOf(packet, known);
      return exits.length > 0 || (answers.length > 0 && packet.protocol !== 6);
    });
    const got = await send(packets, due);
    const different = differences(packets, got, known);
    const explains = number % EXPLAINED === 0;
    if (explains) different.push(...(await wrongExplanations(packets, got, known)));
    const out = (id: number): readonly Delivered[] => got.get(id)?.frames ?? [];
    const sequels = replies(packets, out, known);
    different.push(...(await follow(sequels, got)));
    const children = sequels.filter(({ kind }) => kind === "child");
    const latest = later(packets, children, out, known);
    different.push(...(await follow(latest, got)));
    const counts = countKinds([...sequels, ...latest]);
    if (different.length === 0) return { counts, different };
    const text = lines.filter((line) => !line.startsWith("firewall")).join("\n");
    return { counts, different: [`SEED=${SEED} ONLY=${number}\n${text}`, ...different] };
  }

  async function send(packets: readonly Wanted[], due: readonly Wanted[]): Promise<Map<number, Fate>> {
    return fates(
      await wire.send(
        packets.map(toSent),
        due.map(({ id }) => id),
      ),
    );
  }

  /** Sends what follows on the packets before, and adds what became of it to `got`. */
  async function follow(sequels: readonly Sequel[], got: Map<number, Fate>): Promise<string[]> {
    const due = sequels.filter(({ exits }) => exits.length > 0);
    const back = await send(
      sequels.map(({ sent }) => sent),
      due.map(({ sent }) => sent),
    );
    for (const [id, fate] of back) got.set(id, fate);
    return sequels.flatMap(({ kind, first, sent, exits }) => {
      const left = back.get(sent.id)?.exits ?? [];
      return isOneOf(exits, left) ? [] : [`${kind} of ${told(first)}\n  ${told(sent)}\n  means ${exits}, kernel ${left}`];
    });
  }

  /** What `explain` says of packets that have been sent. */
  async function explained(packets: readonly Wanted[]): Promise<Explanation[]> {
    await router.exec(["sh", "-c", "cat > /run/pr/packets.json"], { stdin: JSON.stringify(packets) });
    const run = await router.run(["explain", "/run/pr/packets.json"]);
    if (run.exitCode !== 0) throw new Error(`explain: ${run.message}${run.err}`);
    return JSON.parse(run.out) as Explanation[];
  }

  /** Nobody tells explain of reverse path filtering, nor of address translation by others. */
  function isPlain(packet: Wanted, known: Known): boolean {
    const translated = packet.protocol === 17 && FORWARDS[packet.destination] !== undefined;
    const { target, aim = target } = opinionOf(packet, known).decision;
    return !translated && passesFilter(packet, aim, known) === true;
  }

  /** Where that is not where they went, where the kernel's routing says otherwise, or what is tracked of them. */
  async function wrongExplanations(packets: readonly Wanted[], got: Map<number, Fate>, known: Known): Promise<string[]> {
    const all = await explained(packets);
    return packets.flatMap((packet, i) => {
      const explanation = all[i];
      const left = got.get(packet.id)?.exits ?? [];
      if (explanation === undefined) return ["explain gave too little"];
      if (!isPlain(packet, known)) return [];
      const exits = exitsOf(explanation.end, packet.destination, known);
      const right = explanation.end.to === "router" || isOneOf(exits, left);
      // Of ICMP there may be several between two hosts, which nothing that explain is told can tell apart.
      const tracked = packet.icmpType === undefined ? explanation.connection : undefined;
      const agreed = explanation.kernel?.agrees !== false && tracked?.agrees !== false;
      return right && agreed ? [] : [`explain: left by ${left}\n${JSON.stringify({ ...explanation, steps: [] })}`];
    });
  }

  test(`second opinion (${frontEnd}), seed ${SEED}: the kernel does with every packet what the configuration means`, async () => {
    const numbers = ONLY === undefined ? Array.from({ length: CONFIGS }, (_, i) => i) : [Number(ONLY)];
    const different: string[] = [];
    const counts: Counts = {};
    for (const number of numbers) {
      const result = await compare(number);
      for (const [kind, count] of Object.entries(result.counts)) counts[kind] = (counts[kind] ?? 0) + count;
      different.push(...result.different);
      if (different.length > 12) break;
    }
    expect(different.join("\n\n")).toBe("");
    if (numbers.length < 100) return;
    // Answers, errors, next packets and related connections: what every seed tried has of them, and more.
    const enough = Object.entries(ENOUGH).filter(([kind, least]) => (counts[kind] ?? 0) < least);
    expect(enough, JSON.stringify(counts)).toEqual([]);
  }, 600_000);
}
