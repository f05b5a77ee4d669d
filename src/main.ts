import { cli } from "./cli.ts";
import { useCodeCache } from "./code-cache.ts";
import { EXIT } from "./context.ts";
import { REFUSED } from "./host/is-refusal.ts";
import { realHost } from "./host/real-host.ts";

/** Process entry: the only place that maps errors to exit codes and talks to the process. */
async function main(): Promise<void> {
  useCodeCache(__dirname);
  // A reader that goes away (show | head) is no error of ours.
  process.stdout.on("error", (error: NodeJS.ErrnoException) =>
    process.exit(error.code === "EPIPE" ? EXIT.fine : EXIT.environment),
  );
  const out = (text: string): void => {
    process.stdout.write(text);
  };
  const err = (text: string): void => {
    process.stderr.write(text);
  };
  try {
    process.exitCode = await cli(process.argv.slice(2), {
      host: realHost(process.env),
      env: process.env,
      out,
      err,
      ...((process.stdout.columns ?? 0) < 40 ? {} : { width: process.stdout.columns }),
    });
  } catch (error) {
    process.exitCode = report(error, err);
  }
}

/** Errors are told by name, so that no command's modules have to be loaded to recognise them. */
function report(error: unknown, err: (text: string) => void): number {
  if (!(error instanceof Error)) return bug(new Error(String(error)), err);
  switch (error.name) {
    case "ConfigError":
    case "ConfigSyntaxError":
    case "OperatorError":
      err(`${error.message}\n`);
      return EXIT.operator;
    case "HostError":
    case "CommandError":
    case "VerifyError":
      if (process.getuid?.() !== 0 && REFUSED.test(error.message)) err("policy-route: this has to be done as root, with sudo\n");
      err(`${error.message}\n`);
      return EXIT.environment;
    default:
      return bug(error, err);
  }
}

function bug(error: Error, err: (text: string) => void): number {
  err(`Bug: please report this with the command you typed.\n${error.stack ?? error.message}\n`);
  return EXIT.bug;
}

void main();
