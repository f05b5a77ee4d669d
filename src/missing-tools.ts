import { type CompileInput, compile } from "./compile/compile.ts";
import type { Issue } from "./config/issue.ts";
import type { Host } from "./host/host.ts";

/** What is worked around because a recommended program is missing, where that makes a difference now. */
export async function missingTools(host: Host, input: CompileInput, forgets: boolean): Promise<Issue[]> {
  const issues: Issue[] = [];
  const say = (message: string): void => {
    issues.push({ path: [], message });
  };
  if (!input.facts.ipset && compile({ ...input, facts: { ...input.facts, ipset: true } }).sets.length > 0)
    say(
      "ipset is missing (package ipset): rules that are alike and large firewall groups are walked one by one, which costs new connections time",
    );
  if (forgets && (await host.run(["conntrack", "--version"])).exitCode === 127)
    say(
      "conntrack is missing (package conntrack): connections that lost their uplink, or remember a mark's former owner, are not forgotten",
    );
  return issues;
}
