import { expect, test } from "vitest";
import type { Applied } from "../../../src/applied.ts";
import { parseSetCommands } from "../../../src/config/parse-set-commands.ts";
import type { Context } from "../../../src/context.ts";
import { withOutside } from "../../../src/daemon/outside-config.ts";
import { parseApplied } from "../../../src/parse-applied.ts";
import { pathsBelow } from "../../../src/paths.ts";
import { memoryHost } from "../uplink/memory-host.ts";

const context: Context = { host: memoryHost({}).host, paths: pathsBelow(""), env: {}, out: () => {}, err: () => {} };

/** As it is kept: `set` lines in the engine's order. */
const OWN = `set 'policy-route' 'rule' '10' 'set' 'uplink' 'a'
set 'policy-route' 'rule' '10' 'source' 'group' 'address-group' 'LAN'
set 'policy-route' 'uplink' 'a' 'gateway' '198.51.100.1'
set 'policy-route' 'uplink' 'a' 'interface' 'eth1'
set 'policy-route' 'uplink' 'b' 'interface' 'eth2'
`;
const lan = (...addresses: string[]) =>
  addresses.map((address) => `set 'firewall' 'group' 'address-group' 'LAN' 'address' '${address}'\n`).join("");
const applied = (text: string): Promise<Applied> => parseApplied(context, text);
/** The running configuration, in another order. */
const running = (text: string) => parseSetCommands(text.split("\n").reverse().join("\n"));
const members = ({ config }: Applied) => config?.rule["10"]?.source.group["address-group"]?.members;

test("a group has other members: the rest of the text stays, and the configuration has them", async () => {
  const now = await withOutside(context, await applied(OWN + lan("10.9.0.1")), running(OWN + lan("10.9.0.2")));
  expect(now.text).toBe(OWN + lan("10.9.0.2"));
  expect(members(now)).toEqual(["10.9.0.2"]);
  expect(now.config).toEqual((await applied(OWN + lan("10.9.0.2"))).config);
});

test("another user of marks", async () => {
  const before = await applied(OWN + lan("10.9.0.1"));
  const now = await withOutside(context, before, running(`${OWN}${lan("10.9.0.1")}set 'load-balancing' 'wan' 'rule' '1'\n`));
  expect(now.text).toBe(`${before.text}set load-balancing wan\n`);
  expect((await withOutside(context, now, running(before.text))).text).toBe(before.text);
});

test("nothing else: the very same", async () => {
  const before = await applied(OWN + lan("10.9.0.1"));
  expect(await withOutside(context, before, running(`${before.text}set 'system' 'host-name' 'r'\n`))).toBe(before);
  expect(await withOutside(context, { config: undefined, text: "" }, running(before.text))).toEqual({
    config: undefined,
    text: "",
  });
});

test("another policy-route section than the applied one is none of its business", async () => {
  const before = await applied(OWN + lan("10.9.0.1"));
  const other = `${OWN.replace("eth2", "eth3")}${lan("10.9.0.2")}`;
  expect(await withOutside(context, before, running(other))).toBe(before);
});

test("a group that is gone, or that cannot be understood", async () => {
  const before = await applied(OWN + lan("10.9.0.1"));
  await expect(withOutside(context, before, running(OWN))).rejects.toThrow(
    'policy-route rule 10: firewall address-group "LAN" does not exist any more',
  );
  await expect(withOutside(context, before, running(OWN + lan("nonsense")))).rejects.toThrow(/rule 10: .*"nonsense"/);
});
