import { spawn } from "node:child_process";
import { hostname, userInfo } from "node:os";
import { createInterface, type Interface } from "node:readline";
import { openHistory } from "./history-file.ts";

/** What the program does with the line that is being typed. `line` is always what stands before the cursor. */
export interface LineListener {
  readonly tab: (line: string) => Promise<{ readonly insert: string; readonly help: string }>;
  readonly help: (line: string) => Promise<string>;
  /** Whether a `?` at the cursor is part of a value. */
  readonly isQuoted: (line: string) => boolean;
  /** The line above the prompt. */
  readonly banner: () => string;
}

/** readline lets its users read the line and the cursor; a cleared line and a screen we wrote on need these set. */
type EditedLine = { line: string; cursor: number; prevRows: number };

/** Whether somebody sits at both ends. */
export function isAtTerminal(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}

/** Lines of the standard input, as they come. */
export function inputLines(): AsyncIterable<string> {
  return createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
}

/** The operator's terminal: line editing with history, TAB and `?`. */
export class Terminal {
  private readonly history;
  private readonly prompt = `${userInfo().username}@${hostname().split(".")[0]}# `;
  /** Lines that came while a command was running; `undefined` is Ctrl-D. */
  private readonly queue: (string | undefined)[] = [];
  private waiting: ((line: string | undefined) => void) | undefined;
  private lines: Interface;
  private isClosing = false;

  /** `root` is the --root folder: below it the history stays too. */
  constructor(
    root: string,
    private readonly listener: LineListener,
  ) {
    this.history = openHistory(root);
    this.lines = this.start();
    process.stdin.on("keypress", this.onKey);
  }

  /** The next line; `undefined` for Ctrl-D on an empty one. */
  readLine(): Promise<string | undefined> {
    if (this.queue.length > 0) return Promise.resolve(this.queue.shift());
    return new Promise((resolve) => {
      this.waiting = resolve;
      this.showPrompt();
    });
  }

  /** Runs a program that has the terminal to itself; gives its exit code. Ctrl-C ends the program, not the session. */
  async run(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
    const [program = "", ...args] = argv;
    const ignore = () => {};
    this.lines.pause();
    process.stdin.setRawMode(false);
    process.on("SIGINT", ignore);
    try {
      return await new Promise<number>((resolve) => {
        const child = spawn(program, args, { stdio: "inherit", env: { ...process.env, ...env } });
        child.on("error", () => resolve(127));
        child.on("exit", (code) => resolve(code ?? 130));
      });
    } finally {
      process.off("SIGINT", ignore);
      process.stdin.setRawMode(true);
      this.lines.resume();
    }
  }

  close(): void {
    this.isClosing = true;
    process.stdin.off("keypress", this.onKey);
    this.lines.close();
  }

  private start(): Interface {
    const opened = createInterface({
      input: process.stdin,
      output: process.stdout,
      prompt: this.prompt,
      history: this.history.lines,
      historySize: 1000,
      completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
        void this.pressTab(line).then((insert) => done(null, [insert === "" ? [] : [line + insert], line]));
      },
    });
    opened.on("history", (lines) => this.history.lines.splice(0, Number.POSITIVE_INFINITY, ...lines));
    opened.on("line", (line) => {
      this.history.add(line);
      this.take(line);
    });
    opened.on("SIGINT", () => {
      if (this.waiting === undefined) return;
      process.stdout.write("^C\n");
      Object.assign(opened, { line: "", cursor: 0 } satisfies Partial<EditedLine>);
      this.showPrompt();
    });
    opened.on("close", () => {
      if (this.isClosing) return;
      process.stdout.write("\n");
      this.lines = this.start();
      this.take(undefined);
    });
    return opened;
  }

  private take(line: string | undefined): void {
    const waiting = this.waiting;
    this.waiting = undefined;
    if (waiting === undefined) this.queue.push(line);
    else waiting(line);
  }

  private async pressTab(line: string): Promise<string> {
    if (this.waiting === undefined) return "";
    const { insert, help } = await this.listener.tab(line);
    if (help !== "") this.showHelp(help);
    return insert;
  }

  /** Comes after readline's own listener: a `?` that asks for help stands in the line by now and is taken out again. */
  private readonly onKey = (typed: string | undefined): void => {
    const before = this.lines.line.slice(0, this.lines.cursor);
    if (typed !== "?" || this.waiting === undefined || !before.endsWith("?")) return;
    const asked = before.slice(0, -1);
    if (this.listener.isQuoted(asked)) return;
    this.lines.write(null as never, { name: "backspace" });
    void this.listener.help(asked).then((help) => this.showHelp(help));
  };

  private showHelp(help: string): void {
    process.stdout.write(`\n${help}\n\n`);
    this.showPrompt();
  }

  private showPrompt(): void {
    process.stdout.write(`${this.listener.banner()}\n`);
    Object.assign(this.lines, { prevRows: 0 } satisfies Partial<EditedLine>);
    this.lines.prompt(true);
  }
}
