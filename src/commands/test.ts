import { uplinkOwner } from "../compile/assign-slots.ts";
import { arrivalMark, markField } from "../compile/mark-field.ts";
import { type Context, EXIT, OperatorError } from "../context.ts";
import { HostError } from "../host/host.ts";
import { runProbe } from "../host/run-probe.ts";
import { look } from "../look.ts";
import { mustHave } from "../must-have.ts";
import { formatTable } from "../show/columns.ts";
import { isHopeless, probesOf } from "../uplink/probe.ts";

const USAGE = "usage: policy-route test uplink NAME [--json]";

/** The JSON form of a test. */
interface TestJson {
  readonly version: 1;
  readonly uplink: string;
  readonly interface: string;
  /** Targets that have to answer for the uplink to be up. */
  readonly minimumTargets: number;
  readonly targets: readonly {
    readonly target: string;
    readonly type: string;
    /** Absent when there was nothing to ask. */
    readonly address?: string;
    readonly outcome: "answered" | "failed" | "unable";
    readonly words: string;
  }[];
}

/**
 * `policy-route test uplink NAME`: probes each target once, now, by the uplink, whatever the monitor thinks of it; nothing is
 * remembered. Exit 3 when fewer targets answer than have to.
 */
export async function run(context: Context, words: readonly string[], options: { readonly json?: boolean }): Promise<number> {
  const [what, name] = words;
  if (what !== "uplink" || name === undefined || words.length > 2) throw new OperatorError(USAGE);
  const tested = await test(context, name);
  context.out(options.json === true ? `${JSON.stringify(tested, undefined, 2)}\n` : format(tested));
  return answeredOf(tested) >= tested.minimumTargets ? EXIT.fine : EXIT.drift;
}

async function test(context: Context, name: string): Promise<TestJson> {
  const { config: seen, uplinks, slots, kernel } = await look(context);
  const config = mustHave("uplink", name, seen);
  const uplink = config.uplink[name];
  const slot = slots.slots.get(uplinkOwner(name));
  if (uplink?.health === undefined) throw new OperatorError(`uplink ${name} has no probes: set "uplink ${name} health target"`);
  if (uplink.disable || slot === undefined || uplink.interface === undefined)
    throw new OperatorError(`uplink ${name} is disabled: "delete policy-route uplink ${name} disable" and commit`);
  if (kernel === undefined) throw new HostError("Permission denied: probes are bound to an interface and marked");
  const { value: mark } = arrivalMark(markField(config["mark-mask"]), slot);
  const state = uplinks.find((candidate) => candidate.name === name);
  const targets = probesOf(name, uplink.health, state, mark).map(async (probe): Promise<TestJson["targets"][number]> => {
    const type = uplink.health?.target[probe.target]?.type ?? "ping";
    if (isHopeless(probe)) return { target: probe.target, type, outcome: "failed", words: probe.words };
    const { address, target, port } = probe;
    const result = await runProbe(context.host, context.paths.root, probe);
    return { target, type: port === undefined ? type : `${type} ${port}`, address, ...result };
  });
  return {
    version: 1,
    uplink: name,
    interface: uplink.interface,
    minimumTargets: uplink.health["minimum-targets"],
    targets: await Promise.all(targets),
  };
}

function answeredOf({ targets }: TestJson): number {
  return targets.filter(({ outcome }) => outcome === "answered").length;
}

const OUTCOMES = { answered: "answered", failed: "failed", unable: "could not be probed" } as const;

function format(tested: TestJson): string {
  const { uplink, minimumTargets, targets } = tested;
  const rows = targets.map(({ target, type, address, outcome, words }) => [
    address === undefined || address === target ? target : `${target} (${address})`,
    type,
    `${OUTCOMES[outcome]}, ${words}`,
  ]);
  const head = `Uplink ${uplink} (${tested.interface}): ${answeredOf(tested)} of ${targets.length} targets answered, ${minimumTargets} have to\n`;
  return head + formatTable([{ title: "Target" }, { title: "Probe" }, { title: "Result", flexible: true }], rows);
}
