import { labFile } from "./lab-file.ts";
import { until } from "./lab-wait.ts";
import type { Place, Result, World } from "./lab-world.ts";

/** Starts the FTP server of lab-ftp.mjs at port 21 of a host. It ends with the world. */
export async function startFtp(world: World, place: Place, name: string): Promise<void> {
  const child = world.start(place, [process.execPath, labFile("test/support/lab-ftp.mjs"), name]);
  let said = "";
  child.stdout?.on("data", (chunk) => {
    said += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    said += chunk;
  });
  await until("the FTP server", () => said.includes("ready"), { last: () => said });
}

/** Fetches the one file with curl; its standard output names the server and the address it saw on the data connection. */
export function fetchFtp(world: World, place: Place, url: string, mode: "active" | "passive", source?: string): Promise<Result> {
  const from = source === undefined ? [] : ["--interface", source];
  const how = mode === "active" ? ["--ftp-port", source ?? "-"] : ["--ftp-pasv"];
  return world.exec(place, ["curl", "-sS", "--max-time", "4", ...from, ...how, url]);
}
