// A small FTP server (RFC 959, 2428) for the lab: one file, `name`, that says who serves it. Active and passive, both families.
// Usage: node lab-ftp.mjs NAME
import net from "node:net";

const name = process.argv[2];

const plain = (address) => (address.startsWith("::ffff:") ? address.slice(7) : address);

/** PORT h1,h2,h3,h4,p1,p2 or EPRT |2|address|port| */
function peerOf(verb, words) {
  if (verb === "EPRT") {
    const [, , host, port] = words.split("|");
    return { host, port: Number(port) };
  }
  const bytes = words.split(",").map(Number);
  return { host: bytes.slice(0, 4).join("."), port: bytes[4] * 256 + bytes[5] };
}

function session(socket) {
  const say = (text) => socket.write(`${text}\r\n`);
  /** Opens the data connection; how, was said by PASV or PORT. */
  let openData = (use) => use(undefined);
  const answers = {
    USER: () => say("331 any password"),
    PASS: () => say("230 welcome"),
    TYPE: () => say("200 as you like"),
    PWD: () => say('257 "/"'),
    CWD: () => say("250 there is one folder"),
    SIZE: () => say("502 unknown"),
    QUIT: () => {
      say("221 bye");
      socket.end();
    },
    PASV: () =>
      listen((port) =>
        say(`227 Entering Passive Mode (${plain(socket.localAddress).replaceAll(".", ",")},${port >> 8},${port & 255})`),
      ),
    EPSV: () => listen((port) => say(`229 Entering Extended Passive Mode (|||${port}|)`)),
    PORT: (words) => callBack("PORT", words),
    EPRT: (words) => callBack("EPRT", words),
    RETR: () =>
      openData((data) => {
        if (data === undefined) return say("425 no data connection");
        say("150 here it comes");
        data.end(`${name} ${plain(data.remoteAddress)}\n`, () => say("226 done"));
      }),
  };
  function listen(told) {
    const waiting = [];
    const server = net.createServer((data) => {
      data.on("error", () => data.destroy());
      server.close();
      const use = waiting.shift();
      if (use === undefined) openData = (next) => next(data);
      else use(data);
    });
    openData = (use) => waiting.push(use);
    server.listen({ port: 0, host: plain(socket.localAddress) }, () => told(server.address().port));
  }
  function callBack(verb, words) {
    openData = (use) => {
      // From port 20 of the address the client talks to, as the protocol has it.
      const data = net.connect({ ...peerOf(verb, words), localAddress: plain(socket.localAddress) });
      data.once("connect", () => use(data));
      data.once("error", () => {
        data.destroy();
        use(undefined);
      });
    };
    say(`200 ${verb} it is`);
  }
  socket.on("error", () => socket.destroy());
  socket.setEncoding("latin1");
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
    for (let end = text.indexOf("\r\n"); end >= 0; end = text.indexOf("\r\n")) {
      const [verb = "", ...words] = text.slice(0, end).split(" ");
      text = text.slice(end + 2);
      (answers[verb.toUpperCase()] ?? (() => say("502 unknown")))(words.join(" "));
    }
  });
  say("220 the lab's files");
}

net.createServer(session).listen({ port: 21, host: "::" }, () => process.stdout.write("ready\n"));
