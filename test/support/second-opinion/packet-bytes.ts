import type { Packet } from "../../../src/explain/packet.ts";
import { addressToBigInt, canonicalAddress } from "../../../src/net/address.ts";

/** A packet as it is sent. */
export interface Wanted extends Packet {
  /** Finds the packet again: it is part of its payload, which nothing changes. */
  readonly id: number;
  readonly protocol: number;
  readonly tos: number;
  /** Bytes behind the marker. */
  readonly padding: number;
  readonly fragmented?: boolean;
  /** Of an ICMP error: the beginning of the packet that it is about. */
  readonly about?: Buffer;
}

export const MARKER = Buffer.from("2ndO");
/** Where a packet is taken for a request of TFTP (RFC 1350), and what makes it one. */
export const TFTP_PORT = 69;
const READ_REQUEST = Buffer.from([0, 1]);
const FLAGS = ["FIN", "SYN", "RST", "PSH", "ACK", "URG"] as const;

function bytesOf(address: string): Buffer {
  const hex = addressToBigInt(address).toString(16);
  return Buffer.from(address.includes(":") ? hex.padStart(32, "0") : hex.padStart(8, "0"), "hex");
}

/** RFC 1071. */
function checksum(...parts: Buffer[]): number {
  const data = Buffer.concat(parts);
  let sum = 0;
  for (let i = 0; i < data.length; i += 2) sum += ((data[i] ?? 0) << 8) | (data[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function u16(...values: number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 2);
  for (const [i, value] of values.entries()) buffer.writeUInt16BE(value, i * 2);
  return buffer;
}

/** What the packet carries: a header of its protocol, the marker, padding. */
function payloadOf(packet: Wanted): Buffer {
  const id = Buffer.alloc(4);
  id.writeUInt32BE(packet.id);
  const { about = packet.destinationPort === TFTP_PORT ? READ_REQUEST : Buffer.alloc(0) } = packet;
  const data = Buffer.concat([about, MARKER, id, Buffer.alloc(packet.padding)]);
  const { protocol, sourcePort = 0, destinationPort = 0 } = packet;
  const length = Buffer.alloc(4);
  const sum = (header: Buffer, at: number): Buffer => {
    length.writeUInt32BE(header.length + data.length);
    const pseudo = Buffer.concat([bytesOf(packet.source), bytesOf(packet.destination), length, Buffer.from([0, 0, 0, protocol])]);
    const value = checksum(...(protocol === 1 ? [] : [pseudo]), header, data);
    header.writeUInt16BE(protocol === 17 && value === 0 ? 0xffff : value, at);
    return Buffer.concat([header, data]);
  };
  if (protocol === 17) return sum(u16(sourcePort, destinationPort, 8 + data.length, 0), 6);
  if (protocol === 6) {
    const flags = FLAGS.reduce((bits, flag, i) => bits | (packet.tcpFlags?.includes(flag) ? 1 << i : 0), 0);
    return sum(u16(sourcePort, destinationPort, 0, 1, 0, 0, 0x5000 | flags, 8192, 0, 0), 16);
  }
  if (protocol === 1 || protocol === 58)
    return sum(u16(((packet.icmpType ?? 0) << 8) | (packet.icmpCode ?? 0), 0, packet.id & 0xffff, 1), 2);
  // Zeros in front: GRE without options, and nothing that looks like a header to others.
  return Buffer.concat([Buffer.alloc(8), data]);
}

function ipv4(packet: Wanted, payload: Buffer, fragment: number): Buffer {
  const header = Buffer.concat([
    u16(0x4500 | packet.tos, 20 + payload.length, packet.id & 0xffff, fragment, (64 << 8) | packet.protocol, 0),
    bytesOf(packet.source),
    bytesOf(packet.destination),
  ]);
  header.writeUInt16BE(checksum(header), 10);
  return Buffer.concat([header, payload]);
}

function ipv6(packet: Wanted, payload: Buffer, next: number): Buffer {
  const first = Buffer.alloc(4);
  first.writeUInt32BE(((6 << 28) | (packet.tos << 20)) >>> 0);
  const rest = u16(payload.length, (next << 8) | 64);
  return Buffer.concat([first, rest, bytesOf(packet.source), bytesOf(packet.destination), payload]);
}

/** The IP packets that it becomes: two when it comes in fragments. */
export function ipPackets(packet: Wanted): Buffer[] {
  const payload = payloadOf(packet);
  if (packet.fragmented !== true)
    return [packet.family === "ipv4" ? ipv4(packet, payload, 0) : ipv6(packet, payload, packet.protocol)];
  const cut = Math.floor(payload.length / 16) * 8;
  const parts = [payload.subarray(0, cut), payload.subarray(cut)];
  return parts.map((part, i) => {
    const offset = i * cut;
    if (packet.family === "ipv4") return ipv4(packet, part, (offset >> 3) | (i === 0 ? 0x2000 : 0));
    const header = Buffer.concat([u16(packet.protocol << 8, offset | (i === 0 ? 1 : 0)), Buffer.alloc(4)]);
    header.writeUInt32BE(packet.id, 4);
    return ipv6(packet, Buffer.concat([header, part]), 44);
  });
}

/** Bytes of the whole packet, as rules count them. */
export function lengthOf(packet: Wanted): number {
  return payloadOf(packet).length + (packet.family === "ipv4" ? 20 : 40);
}

/** In an ethernet frame. */
export function frame(to: string, from: string, packet: Buffer): string {
  const type = (packet[0] ?? 0) >> 4 === 4 ? "0800" : "86dd";
  return `${to.replaceAll(":", "")}${from.replaceAll(":", "")}${type}${packet.toString("hex")}`;
}

/** Addresses and ports of a UDP packet. */
export function endsOf(bytes: Buffer): Required<Pick<Packet, "source" | "destination" | "sourcePort" | "destinationPort">> {
  const [at, size] = (bytes[0] ?? 0) >> 4 === 4 ? [12, 4] : [8, 16];
  const address = (from: number): string => {
    const part = bytes.subarray(from, from + size);
    const text = size === 4 ? [...part].join(".") : (part.toString("hex").match(/..../g) ?? []).join(":");
    return canonicalAddress(text) ?? text;
  };
  const ports = at + 2 * size;
  return {
    source: address(at),
    destination: address(at + size),
    sourcePort: bytes.readUInt16BE(ports),
    destinationPort: bytes.readUInt16BE(ports + 2),
  };
}

/** What an ICMP error quotes of a UDP packet: its headers. */
export function headersOf(bytes: Buffer): Buffer {
  return bytes.subarray(0, (bytes[0] ?? 0) >> 4 === 4 ? 28 : 48);
}

/** What came out: the packet itself, or the router's refusal of it (an ICMP error that quotes it) with its code. */
export interface Came {
  readonly id: number;
  readonly refused?: number;
  /** Without its ethernet header. */
  readonly bytes: Buffer;
}

export function read(hex: string): Came | undefined {
  const bytes = Buffer.from(hex, "hex").subarray(14);
  const at = bytes.indexOf(MARKER);
  if (at < 0) return undefined;
  const id = bytes.readUInt32BE(at + 4);
  const version4 = (bytes[0] ?? 0) >> 4 === 4;
  const start = version4 ? ((bytes[0] ?? 0) & 15) * 4 : 40;
  const [protocol, type, code] = [bytes[version4 ? 9 : 6], bytes[start], bytes[start + 1]];
  // Nobody but the router sends these two: packets of the test that are errors themselves have a code above 100.
  const isError = (protocol === 1 && type === 3) || (protocol === 58 && type === 1);
  return isError && (code ?? 0) < 100 ? { id, refused: code ?? 0, bytes } : { id, bytes };
}
