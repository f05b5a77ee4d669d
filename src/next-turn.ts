/** The next turn of the event loop. Programs that were asked for before are running by then: what takes this process a while costs no time. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
