import { type Context, EXIT } from "../context.ts";
import { maskSecrets } from "../show/mask-secrets.ts";
import { techSupport } from "../tech-support.ts";

/** `show tech-support`: one text with everything, secrets masked. Nothing that is missing here makes it fail. */
export async function run(context: Context): Promise<number> {
  context.out(maskSecrets(await techSupport(context)));
  return EXIT.fine;
}
