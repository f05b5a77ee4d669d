/** A screen that belongs to us while it is open: nothing scrolls, and afterwards the terminal is as it was. */
export class LiveScreen {
  private isOpen = false;

  /** `quit` is called for q, Ctrl-C and Ctrl-D, and when the terminal goes away; `redraw` when it has another size or is ours again. */
  constructor(
    private readonly quit: () => void,
    private readonly redraw: () => void,
  ) {}

  open(): void {
    this.isOpen = true;
    process.stdout.write(ENTER);
    process.stdout.on("resize", this.redraw);
    process.once("exit", this.leave);
    if (process.stdin.isTTY !== true) return;
    process.stdin.setRawMode(true);
    process.stdin.on("data", this.onKeys);
    process.stdin.once("end", this.quit);
    process.stdin.resume();
  }

  /** Shows lines from the top; those that are beyond the lower edge are not shown. */
  draw(lines: readonly string[]): void {
    if (!this.isOpen) return;
    const shown = lines.slice(0, this.size().rows).map((line) => `${line}${CLEAR_LINE}`);
    process.stdout.write(`${HOME}${shown.join("\r\n")}${CLEAR_BELOW}`);
  }

  size(): { readonly columns: number; readonly rows: number } {
    return { columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 };
  }

  close(): void {
    this.leave();
    process.off("exit", this.leave);
    process.stdout.off("resize", this.redraw);
    process.stdin.off("data", this.onKeys);
    process.stdin.off("end", this.quit);
    process.stdin.pause();
  }

  private readonly leave = (): void => {
    if (!this.isOpen) return;
    this.isOpen = false;
    if (process.stdin.isTTY === true) process.stdin.setRawMode(false);
    process.stdout.write(LEAVE);
  };

  private readonly onKeys = (keys: Buffer): void => {
    const text = keys.toString("latin1");
    if (QUIT.includes(text.slice(0, 1))) this.quit();
    else if (text.startsWith(CTRL_Z)) this.suspend();
  };

  /** As the shell's job control would, which does not see the key while the terminal is in raw mode. */
  private suspend(): void {
    this.close();
    process.once("SIGCONT", () => {
      this.open();
      this.redraw();
    });
    process.kill(process.pid, "SIGTSTP");
  }
}

/** xterm's names, which every terminal emulator and the Linux console understand. */
const ENTER = "\u001b[?1049h\u001b[?25l\u001b[2J";
const LEAVE = "\u001b[?25h\u001b[?1049l";
const HOME = "\u001b[H";
const CLEAR_LINE = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";
/** Ctrl-C and Ctrl-D send no signal and no end of file while the terminal is in raw mode. */
const QUIT = ["q", "Q", "\u0003", "\u0004"];
const CTRL_Z = "\u001a";

/** Whether there is a terminal that can do more than print lines. */
export function isScreen(env: Readonly<Record<string, string | undefined>>): boolean {
  return process.stdout.isTTY === true && env["TERM"] !== undefined && env["TERM"] !== "dumb" && env["TERM"] !== "";
}
