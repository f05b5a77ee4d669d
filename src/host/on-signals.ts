/** Calls back for SIGHUP, and for SIGTERM and SIGINT, until the function it gives is called. */
export function onSignals(hangup: () => void, stop: () => void): () => void {
  process.on("SIGHUP", hangup);
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  return () => {
    process.off("SIGHUP", hangup);
    process.off("SIGTERM", stop);
    process.off("SIGINT", stop);
  };
}
