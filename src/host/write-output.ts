import { writeFile } from "node:fs/promises";
import { failureWords } from "./failure-words.ts";
import { HostError } from "./host.ts";

/** Writes what a command prints into a file that the operator names; makes no folders. @throws HostError when it cannot be written */
export async function writeOutput(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new HostError(`cannot write ${file}: ${failureWords(error)}`);
  }
}
