import { Client, type ConnectConfig, utils } from "ssh2";
import type { RibDefault } from "../uplink/rib-default.ts";
import { parseRibJson } from "../uplink/rib-json.ts";
import { parseRibText } from "../uplink/rib-text.ts";
import { HostError } from "./host.ts";
import { fingerprintOf, pinnedFingerprints } from "./host-key.ts";

// What is done with the answer is loaded with what asks.
export { ribReports } from "../uplink/rib-default.ts";

/** How to reach the router's CLI. Nothing of this is ever logged but address, port and user. */
export interface RouterCli {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Text of the private key. */
  readonly privateKey: string;
  /** `SHA256:...`, or the text of a file with the router's public keys. */
  readonly hostKey: string;
  /** Milliseconds for everything: connect, log in, ask and answer. */
  readonly timeout: number;
}

/** A login shell of VyOS and Vyatta runs operational commands only through this program (vyatta-op, all generations). */
const QUESTION = "/opt/vyatta/bin/vyatta-op-cmd-wrapper show ip route 0.0.0.0/0";

/** More than any answer to this question: a runaway CLI must not fill the memory. */
const LONGEST_ANSWER = 1_000_000;

/**
 * Asks the router for the default routes of its RIB: JSON where the router has it, else the text, over one connection. By key
 * only, and only a router whose host key is pinned. Throws HostError, one message for each thing that can be wrong.
 */
export async function readRouterRib(cli: RouterCli): Promise<readonly RibDefault[]> {
  const where = `router-access ${cli.user}@${cli.address}:${cli.port}`;
  const key = utils.parseKey(cli.privateKey);
  if (key instanceof Error) throw new HostError(`${where}: the private key cannot be read (${key.message})`);
  const pinned = pinnedFingerprints(cli.hostKey);
  if (pinned.length === 0)
    throw new HostError(`${where}: host-key is neither a fingerprint (SHA256:...) nor a file with a public key`);

  const client = new Client();
  let offered: string | undefined;
  let stage = "no answer";
  const config: ConnectConfig = {
    host: cli.address,
    port: cli.port,
    username: cli.user,
    privateKey: cli.privateKey,
    authHandler: ["publickey"],
    readyTimeout: 0,
    hostVerifier: (presented: Buffer) => {
      offered = fingerprintOf(presented);
      return pinned.includes(offered);
    },
  };
  const changed = () => offered !== undefined && !pinned.includes(offered);
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<readonly RibDefault[]>((resolve, reject) => {
      timer = setTimeout(() => reject(new HostError(`${where}: ${stage} within ${cli.timeout / 1000} s`)), cli.timeout);
      client.on("error", (error) => {
        reject(new HostError(`${where}: ${changed() ? hostKeyChanged(offered, pinned) : reasonOf(error)}`));
      });
      client.on("close", () => reject(new HostError(`${where}: the router closed the connection`)));
      client.on("ready", () => {
        stage = "the CLI did not answer";
        askRib(client, where).then(resolve, reject);
      });
      client.connect(config);
      // Without it each small packet of the handshake waits for the one before (40 ms and more: kernel.md, ssh2 1.17).
      client.setNoDelay(true);
    });
  } finally {
    clearTimeout(timer);
    client.removeAllListeners();
    client.on("error", () => {});
    client.destroy();
  }
}

async function askRib(client: Client, where: string): Promise<readonly RibDefault[]> {
  const json = parseRibJson(await ask(client, where, `${QUESTION} json`));
  if (json !== undefined) return json;
  const answer = await ask(client, where, QUESTION);
  const text = parseRibText(answer);
  if (text !== undefined) return text;
  const [first = ""] = answer.split("\n").filter((line) => line.trim() !== "");
  throw new HostError(
    `${where}: the answer to "show ip route 0.0.0.0/0" makes no sense: ${JSON.stringify(first.trim().slice(0, 120))}`,
  );
}

/** Standard output and standard error of one command: the CLI says on either that it does not know a command. */
function ask(client: Client, where: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, stream) => {
      if (error !== undefined) return reject(new HostError(`${where}: the router runs no commands (${error.message})`));
      let answer = "";
      const take = (chunk: Buffer) => {
        if (answer.length < LONGEST_ANSWER) answer += chunk.toString("utf8");
      };
      stream.on("data", take);
      stream.stderr.on("data", take);
      stream.on("close", () => resolve(answer));
    });
  });
}

function hostKeyChanged(offered: string | undefined, pinned: readonly string[]): string {
  return `the host key has changed: pinned ${pinned.join(" or ")}, offered ${offered}; nothing was sent. If that is right, pin it anew`;
}

function reasonOf(error: Error & { level?: string; code?: string }): string {
  if (error.level === "client-authentication") return "the router refused the key (is its public half in system login user?)";
  if (error.code !== undefined) return `unreachable (${error.code})`;
  return error.message;
}
