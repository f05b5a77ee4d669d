import type { Host, Output, RunOptions } from "../../../src/host/host.ts";

/** A command the test expects: the argv as one line, and the answer. */
export type Answers = Readonly<Record<string, string | Partial<Output> | ((options: RunOptions | undefined) => string)>>;

/** A Host of files in memory that refuses every command it was not told of. `writes` and `ran` say what was done. */
export function memoryHost(files: Record<string, string>, answers: Answers = {}, now = 1_795_170_000) {
  const ran: string[] = [];
  const writes: string[] = [];
  const host: Host = {
    async run(argv, options) {
      const line = argv.join(" ");
      ran.push(line);
      const answer = Object.hasOwn(answers, line) ? answers[line] : undefined;
      if (answer === undefined) throw new Error(`the test expects no command: ${line}`);
      const said = typeof answer === "function" ? answer(options) : answer;
      return { exitCode: 0, stdout: "", stderr: "", ...(typeof said === "string" ? { stdout: said } : said) };
    },
    runTogether: async (looks) => {
      const outputs = looks.map(({ argv, stdin }) => host.run(argv, stdin === undefined ? {} : { stdin }));
      return (await Promise.all(outputs)).map(({ exitCode, stdout }) => (exitCode === 0 ? stdout : undefined));
    },
    read: async (path) => files[path],
    async write(path, text) {
      writes.push(path);
      files[path] = text;
    },
    writeInPlace: async () => Promise.reject(new Error("not expected")),
    async remove(path) {
      delete files[path];
    },
    removeFolder: async () => Promise.reject(new Error("not expected")),
    list: async (folder) =>
      Object.keys(files)
        .filter((path) => path.startsWith(`${folder}/`) && !path.slice(folder.length + 1).includes("/"))
        .map((path) => path.slice(folder.length + 1))
        .sort(),
    now: () => now * 1000,
  };
  return { host, ran, writes, files };
}
