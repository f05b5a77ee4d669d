import { HostError } from "./host/host.ts";
import type { Plan } from "./kernel/plan.ts";

/** The applied state is not what was asked for: `left` is what still differs, `complaints` what the kernel answers instead. Exit code 2. */
export class VerifyError extends HostError {
  constructor(
    readonly left: Plan,
    readonly complaints: readonly string[],
  ) {
    super(["the kernel does not hold what was asked for", ...said(left, complaints).map((line) => `  ${line}`)].join("\n"));
    this.name = "VerifyError";
  }

  /** One sentence per difference. */
  get said(): readonly string[] {
    return said(this.left, this.complaints);
  }
}

function said(left: Plan, complaints: readonly string[]): readonly string[] {
  return [...complaints, ...left.map((step) => `left to do: ${step.why}`)];
}
