import type { ProbeResult } from "../uplink/health.ts";
import type { Probe } from "../uplink/probe.ts";
import type { Host, Output } from "./host.ts";

/** Milliseconds that starting and ending a program may take on a busy router, beside its own timeout. */
const GRACE = 500;

/** The longest line of somebody else's program that is shown. */
const LONGEST = 100;

/**
 * Makes one probe by the tool that can bind to an interface and mark its packets, which Node cannot (neither SO_BINDTODEVICE
 * nor SO_MARK): ping and arping of iputils, ndisc6, socat. Never throws: what cannot be made is `unable`.
 */
export async function runProbe(host: Host, root: string, probe: Probe, signal?: AbortSignal): Promise<ProbeResult> {
  const milliseconds = probe.timeout * 1000;
  const script = probe.type === "script";
  const output = await host.run(argvOf(probe, root), {
    timeout: script ? milliseconds : milliseconds + GRACE,
    group: true,
    ...(script ? { env: scriptEnvironment(probe) } : {}),
    ...(signal === undefined ? {} : { signal }),
  });
  return judge(probe, output);
}

function argvOf(probe: Probe, root: string): string[] {
  const { address, family, mark, timeout, script = "", port = 0 } = probe;
  const device = probe.interface;
  switch (probe.type) {
    case "ping":
      return ["ping", "-n", "-q", "-c", "1", "-W", `${timeout}`, "-I", device, "-m", `${mark}`, address];
    case "arp":
      return family === "ipv4"
        ? ["arping", "-c", "1", "-w", `${timeout}`, "-I", device, address]
        : ["ndisc6", "-1", "-q", "-r", "1", "-w", `${timeout * 1000}`, address, device];
    case "tcp": {
      // setsockopt-listen is the only one that socat 1.7.4 applies before it connects. 1 is SOL_SOCKET, 36 SO_MARK.
      const options = `so-bindtodevice=${device},setsockopt-listen=1:36:i${mark | 0},connect-timeout=${timeout}`;
      const scope = /^fe[89ab]/.test(address) ? `%${device}` : "";
      const peer = family === "ipv4" ? `TCP4:${address}:${port}` : `TCP6:[${address}${scope}]:${port}`;
      return ["socat", "-u", "OPEN:/dev/null", `${peer},${options}`];
    }
    case "script":
      return [`${root}${script}`];
  }
}

/** docs/health.md describes these. */
function scriptEnvironment(probe: Probe): Record<string, string> {
  return {
    PR_UPLINK: probe.uplink,
    PR_INTERFACE: probe.interface,
    PR_TARGET: probe.address,
    PR_GATEWAY: probe.gateway ?? "",
    PR_ADDRESS: probe.source ?? "",
    // Decimal: ping takes no other form.
    PR_MARK: `${probe.mark}`,
    PR_TIMEOUT: `${probe.timeout}`,
  };
}

function judge(probe: Probe, output: Output): ProbeResult {
  if (output.exitCode === 127 || output.exitCode === 126) return { outcome: "unable", words: lastLine(output.stderr) };
  switch (probe.type) {
    case "ping":
      return judgePing(output);
    case "script":
      return judgeScript(output);
    default:
      return judgeOther(output);
  }
}

/** ping of iputils: 0 answered, 1 no answer, 2 something else (no route, no permission). */
function judgePing({ exitCode, stdout, stderr }: Output): ProbeResult {
  const refused = /failed to set mark|not permitted|SO_BINDTODEVICE/.exec(stderr);
  if (refused !== null) return { outcome: "unable", words: lastLine(stderr) };
  if (exitCode === 0) return { outcome: "answered", words: `${/= [\d.]+\/([\d.]+)\//.exec(stdout)?.[1] ?? "?"} ms` };
  if (exitCode === 1) return { outcome: "failed", words: stdout.includes("errors") ? "unreachable" : "timeout" };
  return { outcome: "failed", words: /timeout|killed$/.test(stderr) ? "timeout" : lastLine(stderr) };
}

function judgeScript({ exitCode, stdout, stderr }: Output): ProbeResult {
  if (exitCode === 0) return { outcome: "answered", words: lastLine(stdout) || "ok" };
  if (stderr.endsWith("killed")) return { outcome: "failed", words: "timeout" };
  return { outcome: "failed", words: lastLine(stderr) || lastLine(stdout) || `exit status ${exitCode}` };
}

/** arping and ndisc6 say nothing when nobody answers; socat says why. */
function judgeOther({ exitCode, stderr }: Output): ProbeResult {
  if (exitCode === 0) return { outcome: "answered", words: "ok" };
  if (/not permitted|Permission denied/.test(stderr)) return { outcome: "unable", words: lastLine(stderr) };
  if (stderr.includes("Connection refused")) return { outcome: "failed", words: "refused" };
  const said = lastLine(stderr);
  return { outcome: "failed", words: said === "" || /timed out|killed$/.test(said) ? "timeout" : said };
}

/** The last line, printable, without the program's name and time in front. */
function lastLine(text: string): string {
  const line = text.trimEnd().split("\n").at(-1) ?? "";
  return line
    .replaceAll(/[^\x20-\x7e]+/g, " ")
    .replace(/^\S+ \S+ socat\[\d+\] \w /, "")
    .replace(/^[a-z0-9]+: /, "")
    .trim()
    .slice(0, LONGEST);
}
