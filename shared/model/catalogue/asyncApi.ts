/** The catalogue as an AsyncAPI 3.1 document: what travels on the bus, the event log and the hooks, for other tools. */
import { z } from "zod";
import { entries } from "./catalogue.ts";
import type { Entry } from "./entry.ts";
import { envelopeSchema } from "./envelope.ts";

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
type Fields = Record<string, Json>;

/** AsyncAPI's own schemas are of draft 7 with additions; ours say the same in it. */
function schemaOf(schema: z.ZodType, home: string): Fields {
  const { $schema: _draft, ...fields } = z.toJSONSchema(schema, {
    io: "input",
    target: "draft-7",
    unrepresentable: "any",
  });
  return relocated(fields, home);
}

/** References within a schema, which now stands at `home` of a larger document. */
function relocated(value: object, home: string): Fields {
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, moved(name, field, home)]));
}

function moved(name: string, value: unknown, home: string): Json {
  if (name === "$ref" && typeof value === "string") return value.replace(/^#/, `#/components/schemas/${home}`);
  if (Array.isArray(value)) return value.map((item) => moved("", item, home));
  if (typeof value === "object" && value !== null) return relocated(value, home);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
}

export function asyncApi(): Fields {
  const named = entries();
  return {
    asyncapi: "3.1.0",
    info: {
      title: "Signalbox",
      version: "1.0.0",
      description:
        "Messages of the agents, tools and supervisors that one Signalbox runs. Each is a CloudEvents 1.0 envelope with the data described here; source and id together tell a message from its repetition.",
    },
    defaultContentType: "application/json",
    servers: {
      app: {
        host: "127.0.0.1",
        protocol: "ws",
        description: "A running Signalbox; `signalbox bus` and `signalbox events` speak to it.",
      },
      fleet: { host: "nats.example.org:4222", protocol: "nats", description: "The NATS server that joins machines." },
    },
    channels: channelsOf(named),
    operations: Object.fromEntries(
      named.flatMap(([name, entry]) => addresses(entry).map((address) => operation(name, entry, address))),
    ),
    components: {
      messages: Object.fromEntries(named.map(([name, entry]) => [name, message(name, entry)])),
      schemas: {
        envelope: schemaOf(envelopeSchema, "envelope"),
        ...Object.fromEntries(named.map(([name, { schema }]) => [name, schemaOf(schema, name)])),
      },
    },
  };
}

/** `tool.{tool}.completed; mcp.events.{server} as mcp.event` are two. */
function addresses({ channel }: Entry): readonly string[] {
  return channel.split(/[;,] /).map((part) => part.split(" as ")[0] ?? part);
}

function channelsOf(named: ReturnType<typeof entries>): Fields {
  const channels = new Map<string, Fields>();
  for (const [name, entry] of named)
    for (const address of addresses(entry)) {
      const messages = channels.get(address) ?? {};
      channels.set(address, { ...messages, [name]: { $ref: `#/components/messages/${name}` } });
    }
  return Object.fromEntries(
    [...channels].map(([address, messages]) => {
      const names = [...address.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => [name, { description: name }] as const);
      const parameters = names.length === 0 ? {} : { parameters: Object.fromEntries(names) };
      return [channelId(address), { address, messages, ...parameters }];
    }),
  );
}

function operation(name: string, { kind, purpose }: Entry, address: string): readonly [string, Json] {
  const channel = channelId(address);
  const isHeard = kind === "command" || kind === "query";
  return [
    `${name}.${channel}`,
    {
      action: isHeard ? "receive" : "send",
      summary: purpose,
      channel: { $ref: `#/channels/${channel}` },
      messages: [{ $ref: `#/channels/${channel}/messages/${name}` }],
    },
  ];
}

function message(name: string, entry: Entry): Json {
  const { kind, family, purpose, spokenBy, version } = entry;
  const payload = { $ref: `#/components/schemas/${name}` };
  const isEnveloped = family !== "hook";
  return {
    name,
    title: name,
    summary: purpose,
    description: `${spokenBy} Version ${version}.`,
    contentType: "application/json",
    tags: [{ name: family }, { name: kind }],
    payload: isEnveloped
      ? {
          allOf: [
            { $ref: "#/components/schemas/envelope" },
            { type: "object", properties: { type: { const: name }, data: payload } },
          ],
        }
      : payload,
  };
}

/** Channel ids are plain names: what varies and what a subject writes with signs is spelled with letters. */
function channelId(address: string): string {
  return address.replace(/[^\w.-]+/g, "_").replace(/^_|_$/g, "");
}
