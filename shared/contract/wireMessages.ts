/** The protocol's own messages between a client and the core: asking, answering, and the control of streams. */
import type { z } from "zod";
import { define } from "../model/catalogue/entry.ts";
import type { Entry, Family, MessageKind } from "../model/catalogue/entry.ts";
import { exampleOf } from "../model/catalogue/example.ts";
import { clientMessageSchema, serverMessageSchema } from "../rpc/protocol.ts";

interface Wired {
  readonly family: Family;
  readonly kind: MessageKind;
  readonly purpose: string;
  readonly aliases?: readonly string[];
}

const CLIENT: Readonly<Record<string, Wired & { readonly name: string }>> = {
  hello: {
    name: "rpc.hello",
    family: "security",
    kind: "command",
    purpose: "A client says who it is and which protocol it speaks.",
  },
  query: {
    name: "rpc.query",
    family: "system",
    kind: "query",
    purpose: "Ask something; changes nothing.",
    aliases: ["query.request", "REQUEST"],
  },
  command: {
    name: "rpc.command",
    family: "system",
    kind: "command",
    purpose: "Order something; saying it twice does it once.",
    aliases: ["command"],
  },
  open: { name: "stream.open", family: "stream", kind: "command", purpose: "Begin to follow a stream." },
  close: { name: "stream.close", family: "stream", kind: "command", purpose: "Follow a stream no longer." },
  ack: {
    name: "stream.ack",
    family: "stream",
    kind: "command",
    purpose: "So much was taken: room for as much again.",
    aliases: ["stream.credit", "stream.resume"],
  },
  tune: {
    name: "stream.tune",
    family: "stream",
    kind: "command",
    purpose: "Change how a stream is sent while it runs.",
    aliases: ["stream.pause"],
  },
};
const SERVER: Readonly<Record<string, Wired & { readonly name: string }>> = {
  hello: {
    name: "rpc.welcome",
    family: "security",
    kind: "reply",
    purpose: "The core says its version and generation.",
    aliases: ["heartbeat"],
  },
  ok: {
    name: "rpc.ok",
    family: "system",
    kind: "reply",
    purpose: "The answer to a query or a command.",
    aliases: ["query.result", "RESPONSE", "CommandResponse", "response"],
  },
  error: {
    name: "rpc.error",
    family: "system",
    kind: "reply",
    purpose: "A refusal, with a closed code and a sentence.",
    aliases: ["error"],
  },
  item: { name: "stream.item", family: "stream", kind: "reply", purpose: "The next item of a stream, numbered." },
  end: { name: "stream.end", family: "stream", kind: "reply", purpose: "A stream has ended, and why." },
};

function listed(
  known: Readonly<Record<string, Wired & { readonly name: string }>>,
  schemas: readonly z.ZodType[],
  spokenBy: string,
): [string, Entry][] {
  return schemas.flatMap((schema) => {
    const example = exampleOf(schema);
    const tag = typeof example === "object" && example !== null && "t" in example ? String(example.t) : "";
    const wired = known[tag];
    if (wired === undefined) return [];
    const { name, ...facts } = wired;
    return [[name, define({ ...facts, aliases: facts.aliases ?? [], spokenBy, channel: "rpc", schema, example })]];
  });
}

export const wireMessages: Readonly<Record<string, Entry>> = Object.fromEntries([
  ...listed(CLIENT, clientMessageSchema.options, "Every client of the app."),
  ...listed(SERVER, serverMessageSchema.options, "The core, to the client that asked."),
]);
