import { readFileSync } from "node:fs";
import { run as generate } from "../../src/commands/generate.ts";
import { readLinks } from "../../src/host/gather-facts.ts";
import { gatherGateways } from "../../src/host/gather-gateways.ts";
import { realHost } from "../../src/host/real-host.ts";
import { readRouterRib } from "../../src/host/ssh-cli.ts";
import { pathsBelow } from "../../src/paths.ts";

/** Runs inside the router: one of the program's functions, told on standard input; its answer or its error as JSON. */
async function main(): Promise<unknown> {
  const { what, ...words } = JSON.parse(readFileSync(0, "utf8"));
  const host = realHost(process.env);
  const paths = pathsBelow("");
  if (what === "rib") return await readRouterRib(words);
  if (what === "gather") {
    const links = await readLinks(host);
    return { links, ...(await gatherGateways(host, paths, words.config, links, { allowSsh: true })) };
  }
  let out = "";
  const take = (text: string) => {
    out += text;
  };
  const exitCode = await generate({ host, paths, env: process.env, out: take, err: take }, "ssh-key");
  return { exitCode, out };
}

main().then(
  (answer) => console.log(JSON.stringify({ answer })),
  (error: Error) => console.log(JSON.stringify({ name: error.name, error: error.message })),
);
