import type { Plan, Step } from "./plan.ts";

/** A plan as text an operator can follow: why, the command, and what the command is given. `nothing to do` when it is empty. */
export function formatPlan(plan: Plan): string {
  return plan.length === 0 ? "nothing to do\n" : plan.map(formatStep).join("");
}

function formatStep(step: Step, index: number): string {
  const head = `${index + 1}. ${step.why}\n`;
  switch (step.do) {
    case "run":
      return `${head}   ${step.argv.join(" ")}\n${indent(step.stdin ?? "")}`;
    case "write":
      return `${head}   write ${step.path}\n${indent(step.text)}`;
    case "sysctl":
      return `${head}   /proc/sys/${step.key} = ${step.value}\n`;
    case "remove":
      return `${head}   remove ${step.path}\n`;
  }
}

function indent(text: string): string {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => `     ${line}\n`)
    .join("");
}
