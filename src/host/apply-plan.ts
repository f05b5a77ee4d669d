import type { Plan, Step } from "../kernel/plan.ts";
import { CommandError, type Host } from "./host.ts";

/** Carries the steps out, in order. Stops at the first that fails (CommandError or HostError): the caller rolls back. */
export async function applyPlan(host: Host, plan: Plan): Promise<void> {
  for (const step of plan) await applyStep(host, step);
}

async function applyStep(host: Host, step: Step): Promise<void> {
  switch (step.do) {
    case "run": {
      const result = await host.run(step.argv, step.stdin === undefined ? {} : { stdin: step.stdin });
      if (result.exitCode !== 0 && !step.tolerate?.includes(result.exitCode))
        throw new CommandError(step.argv, result, step.stdin);
      return;
    }
    case "write":
      return await host.write(step.path, step.text);
    case "sysctl":
      return await host.writeInPlace(`/proc/sys/${step.key}`, step.value);
    case "remove":
      return await host.remove(step.path);
  }
}
