import { readFileSync } from "node:fs";

/** Clock ticks per second of /proc/PID/stat on every Linux that runs Node. */
const TICKS = 100;

/** Seconds of CPU that a process and its children that have ended took so far. */
export function cpuTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) / TICKS;
}
