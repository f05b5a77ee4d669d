import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { labFile } from "./lab-file.ts";
import type { Place, World } from "./lab-world.ts";

/** Who answered, and with which source the question reached him; `error` (timeout, ECONNREFUSED, ...) when nobody did. */
export interface Answer {
  readonly by?: string;
  readonly source?: string;
  /** Source port as the server saw it. */
  readonly port?: number;
  /** First words of a server that is not the lab's own (sshd). */
  readonly banner?: string;
  readonly error?: string;
}

/** A program in one host of the lab that serves, asks, sends and counts. One request is answered in about a millisecond. */
export interface Agent {
  ask<T>(verb: string, words?: Readonly<Record<string, unknown>>): Promise<T>;
}

/** Every port of the lab's servers, TCP and UDP alike. */
export const PORTS = [
  22, 25, 53, 80, 123, 143, 443, 993, 3306, 4500, 5000, 5001, 5222, 7000, 8000, 8080, 8088, 8443, 9000,
] as const;

/** Starts the agent of one host, as root or `user`; it answers on `ports` of each of `addresses`. Ready when the promise is. */
export async function startAgent(
  world: World,
  place: Place,
  name: string,
  addresses: readonly string[],
  ports: readonly number[] = PORTS,
  user?: number,
): Promise<Agent> {
  const words = [name, JSON.stringify(addresses), JSON.stringify(ports), ...(user === undefined ? [] : [`${user}`])];
  const argv = [process.execPath, labFile("test/support/lab-agent.mjs"), ...words];
  const child: ChildProcess = world.start(place, argv, { stdio: ["pipe", "pipe", "pipe"] });
  const waiting = new Map<number, (answer: never) => void>();
  let said = "";
  let ended: string | undefined;
  child.stderr?.setEncoding("utf8").on("data", (chunk) => {
    said += chunk;
  });
  child.stdin?.on("error", () => {});
  const ready = new Promise<void>((resolve, reject) => {
    waiting.set(0, () => resolve());
    child.once("error", reject);
    child.once("exit", () => {
      ended = `agent of ${name} has ended: ${said.trim()}`;
      reject(new Error(ended));
      for (const answer of waiting.values()) answer({ error: ended } as never);
    });
  });
  createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }).on("line", (line) => {
    const { ticket, ...answer } = JSON.parse(line) as { ticket: number };
    waiting.get(ticket)?.(answer as never);
    waiting.delete(ticket);
  });
  await ready;
  let last = 0;
  return {
    ask(verb, rest = {}) {
      if (ended !== undefined) return Promise.reject(new Error(ended));
      return new Promise((resolve) => {
        const ticket = ++last;
        waiting.set(ticket, resolve as (answer: never) => void);
        child.stdin?.write(`${JSON.stringify({ ticket, verb, timeout: 2000, ...rest })}\n`);
      });
    },
  };
}
