import { type FileHandle, open, stat } from "node:fs/promises";
import type { LoggedEvent } from "../uplink/event.ts";
import { parseEventLine } from "./event-log.ts";

/** What is added to the event log, from when it is made on. The log may not be there yet, and may be begun anew at any time (rotation). */
export class EventTail {
  private file: FileHandle | undefined;
  private inode = 0;
  private offset = 0;
  private rest = "";

  private constructor(private readonly path: string) {}

  /** Follows a log from its present end. */
  static async follow(path: string): Promise<EventTail> {
    const tail = new EventTail(path);
    await tail.open();
    tail.offset = (await tail.file?.stat())?.size ?? 0;
    return tail;
  }

  /** Events since the last call. A line that is still being written comes with the next. */
  async read(): Promise<readonly LoggedEvent[]> {
    const events = [...(await this.readOn())];
    const there = await stat(this.path).catch(() => undefined);
    if (there === undefined || there.ino === this.inode) return events;
    // Another file: the one before it was read to its end above.
    await this.close();
    await this.open();
    return [...events, ...(await this.readOn())];
  }

  async close(): Promise<void> {
    await this.file?.close();
    this.file = undefined;
    this.inode = 0;
  }

  private async open(): Promise<void> {
    this.file = await open(this.path).catch(() => undefined);
    this.inode = (await this.file?.stat())?.ino ?? 0;
    this.offset = 0;
    this.rest = "";
  }

  private async readOn(): Promise<readonly LoggedEvent[]> {
    if (this.file === undefined) return [];
    const { size } = await this.file.stat();
    if (size <= this.offset) return [];
    const { bytesRead, buffer } = await this.file.read(Buffer.alloc(size - this.offset), 0, size - this.offset, this.offset);
    this.offset += bytesRead;
    const lines = (this.rest + buffer.toString("utf8", 0, bytesRead)).split("\n");
    this.rest = lines.pop() ?? "";
    return lines.flatMap(parseEventLine);
  }
}
