import { HostError } from "./host/host.ts";

/** The applied state is not what was asked for: `left` is what still differs, `complaints` what the kernel answers instead, a sentence each. Exit code 2. */
export class VerifyError extends HostError {
  /** All of it. */
  readonly said: readonly string[];

  constructor(left: readonly string[], complaints: readonly string[]) {
    const said = [...complaints, ...left.map((text) => `right after it was applied: ${text}`)];
    super(["the kernel does not hold what was asked for", ...said.map((line) => `  ${line}`)].join("\n"));
    this.name = "VerifyError";
    this.said = said;
  }
}
