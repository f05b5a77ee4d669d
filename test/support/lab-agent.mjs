// The lab's hand in one network namespace: server, client and packet counter, told what to do by JSON lines on its input.
// Usage: node lab-agent.mjs NAME '[ADDRESS...]' '[PORT...]' [UID]   each port answers with NAME and the address the packet came
// from. With a user id it is that user's program.
import dgram from "node:dgram";
import net from "node:net";
import { createInterface } from "node:readline";

const [name, addressesText, portsText, user] = process.argv.slice(2);
if (user !== undefined) process.setuid(Number(user));
const addresses = JSON.parse(addressesText);
const ports = JSON.parse(portsText);

/** Datagrams of streams: stream id -> numbers seen and sources seen. */
const streams = new Map();
/** Answers to streams that ask for them: stream id -> [number, milliseconds since the epoch], each number once. */
const answers = new Map();
const clients = new Map();
const senders = new Map();
const knocks = new Map();

function plain(address) {
  return address.startsWith("::ffff:") ? address.slice(7) : address;
}

function failed(error) {
  // A port already in use or an address that is gone is seen by the test as "no answer"; the reason goes to its log.
  process.stderr.write(`${name}: ${error.message}\n`);
}

function serve(port, address) {
  const server = net.createServer((socket) => {
    const answer = () =>
      socket.write(`${JSON.stringify({ by: name, source: plain(socket.remoteAddress ?? ""), port: socket.remotePort })}\n`);
    socket.on("error", () => socket.destroy());
    socket.on("data", answer);
    answer();
  });
  server.on("error", failed);
  server.listen({ port, host: address });
  const udp = dgram.createSocket({ type: net.isIPv6(address) ? "udp6" : "udp4" });
  udp.on("error", failed);
  udp.on("message", (message, from) => {
    const text = message.toString("latin1");
    const [kind, id, number] = text.split(" ");
    if (kind !== "S" && kind !== "E")
      return udp.send(JSON.stringify({ by: name, source: plain(from.address), port: from.port }), from.port, from.address);
    if (kind === "E") udp.send(`R ${number}`, from.port, from.address);
    const seen = streams.get(id) ?? { numbers: new Set(), sources: new Set() };
    streams.set(id, seen);
    seen.numbers.add(Number(number));
    seen.sources.add(plain(from.address));
  });
  udp.bind({ port, address });
}

function probeTcp({ address, port, source, sourcePort, timeout }) {
  return new Promise((resolve) => {
    const socket = net.connect({ host: address, port, localAddress: source, localPort: sourcePort });
    const end = (answer) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end({ error: "timeout" }), timeout);
    socket.on("error", (error) => end({ error: error.code ?? error.message }));
    socket.once("data", (chunk) => end(answerOf(chunk)));
  });
}

function answerOf(chunk) {
  const text = chunk.toString("latin1");
  try {
    return JSON.parse(text.split("\n")[0]);
  } catch {
    return { banner: text.trim() };
  }
}

function probeUdp({ address, port, source, sourcePort, timeout }) {
  return new Promise((resolve) => {
    const socket = dgram.createSocket(net.isIPv6(address) ? "udp6" : "udp4");
    const end = (answer) => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(() => end({ error: "timeout" }), timeout);
    socket.on("error", (error) => end({ error: error.code ?? error.message }));
    socket.once("message", (chunk) => end(answerOf(chunk)));
    socket.bind({ address: source, port: sourcePort ?? 0 }, () => {
      socket.send("?", port, address, (error) => error && end({ error: error.code ?? error.message }));
    });
  });
}

function open({ id, address, port, source, timeout }) {
  return new Promise((resolve) => {
    const socket = net.connect({ host: address, port, localAddress: source });
    const timer = setTimeout(() => resolve({ error: "timeout" }), timeout);
    socket.on("error", (error) => {
      clearTimeout(timer);
      clients.delete(id);
      resolve({ error: error.code ?? error.message });
    });
    socket.once("data", (chunk) => {
      clearTimeout(timer);
      clients.set(id, socket);
      resolve(answerOf(chunk));
    });
  });
}

function say({ id, timeout }) {
  return new Promise((resolve) => {
    const socket = clients.get(id);
    if (socket === undefined || socket.destroyed) return resolve({ error: "closed" });
    const end = (answer) => {
      clearTimeout(timer);
      socket.off("data", heard);
      socket.off("close", closed);
      resolve(answer);
    };
    const heard = (chunk) => end(answerOf(chunk));
    const closed = () => end({ error: "closed" });
    const timer = setTimeout(() => end({ error: "timeout" }), timeout);
    socket.once("data", heard);
    socket.once("close", closed);
    socket.write("?\n");
  });
}

/**
 * Source ports of `fresh` datagrams, one after the other, below those the kernel gives by chance: one that is used again within
 * some seconds would be a packet of an old connection.
 */
const FRESH = { first: 10_000, last: 32_767 };
let freshPort = FRESH.first;

/** Milliseconds that a socket of its own waits for the answer to its one datagram. */
const PATIENCE = 500;

/**
 * Sends `rate` datagrams a second, evenly; `fresh` gives each its own source port, so that each is a new connection; with `echo`
 * the server answers each.
 */
function send({ id, address, port, source, rate, fresh, echo, sourcePort }) {
  const type = net.isIPv6(address) ? "udp6" : "udp4";
  const state = { sent: 0, refused: 0 };
  const heard = new Map();
  if (echo) answers.set(id, heard);
  const made = () => {
    const socket = dgram.createSocket(type);
    socket.on("error", () => state.refused++);
    if (echo)
      socket.on("message", (message) => {
        const number = Number(message.toString("latin1").slice(2));
        if (!heard.has(number)) heard.set(number, performance.timeOrigin + performance.now());
      });
    return socket;
  };
  const shared = fresh ? undefined : made();
  const one = () => {
    const number = state.sent++;
    const socket = shared ?? made();
    const text = `${echo ? "E" : "S"} ${id} ${number}`;
    const done = (error) => {
      if (error) state.refused++;
      if (socket === shared) return;
      if (echo) setTimeout(() => socket.close(), PATIENCE);
      else socket.close();
    };
    if (shared !== undefined) return shared.send(text, port, address, done);
    freshPort = freshPort === FRESH.last ? FRESH.first : freshPort + 1;
    socket.bind({ address: source, port: freshPort }, () => socket.send(text, port, address, done));
  };
  const begun = performance.now();
  const run = () => {
    state.timer = setInterval(() => {
      const due = Math.floor(((performance.now() - begun) / 1000) * rate);
      for (let i = 0; state.sent < due && i < 1000; i++) one();
    }, 2);
  };
  state.close = () => {
    clearInterval(state.timer);
    if (shared !== undefined) setTimeout(() => shared.close(), PATIENCE);
  };
  senders.set(id, state);
  return new Promise((resolve) => {
    if (shared === undefined) {
      run();
      return resolve({});
    }
    shared.bind({ address: source, port: sourcePort ?? 0 }, () => {
      run();
      resolve({});
    });
  });
}

/** Opens `rate` TCP connections a second, evenly, each closed after its answer; counts who answered and what went wrong. */
function knock({ id, address, port, source, rate, timeout }) {
  const state = { opened: 0, by: {}, errors: {}, sources: {}, pending: 0 };
  const begun = performance.now();
  const one = async () => {
    state.opened++;
    state.pending++;
    const answer = await probeTcp({ address, port, source, timeout });
    state.pending--;
    const [list, key] = answer.error === undefined ? [state.by, answer.by] : [state.errors, answer.error];
    list[key] = (list[key] ?? 0) + 1;
    if (answer.by !== undefined) state.sources[answer.by] = answer.source;
  };
  state.timer = setInterval(() => {
    const due = Math.floor(((performance.now() - begun) / 1000) * rate);
    for (let i = 0; state.opened < due && i < 100; i++) one();
  }, 5);
  knocks.set(id, state);
  return {};
}

function knocked({ id, stop }) {
  const { timer, ...state } = knocks.get(id);
  if (stop) clearInterval(timer);
  return state;
}

const verbs = {
  knock,
  knocked,
  tcp: probeTcp,
  udp: probeUdp,
  open,
  say,
  close({ id }) {
    clients.get(id)?.destroy();
    clients.delete(id);
    return {};
  },
  send,
  stopSending({ id }) {
    const state = senders.get(id);
    state?.close();
    senders.delete(id);
    return { sent: state?.sent ?? 0, refused: state?.refused ?? 0 };
  },
  answered: ({ id }) => ({ answers: [...(answers.get(id) ?? [])] }),
  sent: ({ id }) => ({ sent: senders.get(id)?.sent ?? 0, refused: senders.get(id)?.refused ?? 0 }),
  received({ id }) {
    const seen = streams.get(id);
    return { numbers: [...(seen?.numbers ?? [])], sources: [...(seen?.sources ?? [])] };
  },
};

for (const address of addresses) for (const port of ports) serve(port, address);
createInterface({ input: process.stdin }).on("line", async (line) => {
  const { ticket, verb, ...rest } = JSON.parse(line);
  const answer = await verbs[verb](rest);
  process.stdout.write(`${JSON.stringify({ ticket, ...answer })}\n`);
});
process.stdin.on("end", () => process.exit(0));
process.stdout.write('{"ticket":0}\n');
