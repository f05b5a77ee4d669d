import { cli } from "../../../src/cli.ts";
import { toldCommands } from "../../../src/node-defs/bash-completion.ts";
import { memoryHost } from "../uplink/memory-host.ts";

/** What the program prints for `policy-route ... --help`. */
export async function helpOf(argv: readonly string[]): Promise<string> {
  let said = "";
  const out = (text: string) => {
    said += text;
  };
  await cli(argv, { host: memoryHost({}).host, env: {}, out, err: out });
  return said;
}

export const told = () => toldCommands(helpOf);
