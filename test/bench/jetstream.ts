/** A JetStream server as a row's peer: durable publishing, and raw replay over its bare protocol. */
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import type { Bench } from "./bench.ts";
import { benchEvent } from "./history.ts";
import { startNats } from "./nats.ts";
import type { NatsClient, NatsServer } from "./nats.ts";
import { fromDebian } from "./peers.ts";

export const PAYLOAD = Buffer.from(JSON.stringify(benchEvent(1)).padEnd(300, " "));
const PER_TURN = 500;
/** Publishes that wait for their acknowledgement at a time: what the server's own client allows. */
export const IN_FLIGHT = 4000;

/** Undefined: it cannot be had here, or not with this sync. */
export async function natsOf(bench: Bench, sync?: "always"): Promise<NatsServer | undefined> {
  const program = await fromDebian("nats-server");
  if (program === undefined) return undefined;
  return startNats(bench, program, sync).catch((error: unknown) => {
    bench.say(String(error));
    return undefined;
  });
}

/** Through the official client, as a program publishes: a promise for each acknowledgement. */
export async function clientPublishRate(server: NatsServer, name: string, count: number): Promise<number> {
  const connection = await connect({ servers: server.url });
  await (await jetstreamManager(connection)).streams.add({ name, subjects: [name] });
  const client = jetstream(connection);
  const began = performance.now();
  let left = count;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await client.publish(name, PAYLOAD);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  const tookMs = performance.now() - began;
  await connection.close();
  return (count / tookMs) * 1000;
}

/** Over the bare protocol, many in one write and acknowledgements only counted: as fast as the server takes them. */
export async function publishRate(server: NatsServer, name: string, count: number): Promise<number> {
  const client = await server.connect();
  await createStream(client, name);
  const before = client.received;
  const began = performance.now();
  for (let sent = 0; sent < count; sent += PER_TURN) {
    client.publishMany(name, PAYLOAD, Math.min(PER_TURN, count - sent));
    await client.until(before + Math.max(0, sent + PER_TURN - IN_FLIGHT));
  }
  await client.until(before + count);
  const tookMs = performance.now() - began;
  client.close();
  return (count / tookMs) * 1000;
}

async function createStream(client: NatsClient, name: string): Promise<void> {
  await client.request(`$JS.API.STREAM.CREATE.${name}`, {
    name,
    subjects: [name],
    storage: "file",
    retention: "limits",
    num_replicas: 1,
  });
}

export async function replayRate(server: NatsServer, name: string, count: number): Promise<number> {
  const client = await server.connect();
  await createStream(client, name);
  let before = client.received;
  for (let sent = 0; sent < count; sent += PER_TURN) {
    client.publishMany(name, PAYLOAD, Math.min(PER_TURN, count - sent));
    await client.until(before + Math.max(0, sent + PER_TURN - IN_FLIGHT));
  }
  await client.until(before + count);
  const config = { deliver_subject: "replay", deliver_policy: "all", ack_policy: "none", replay_policy: "instant" };
  before = client.received;
  const began = performance.now();
  await client.request(`$JS.API.CONSUMER.CREATE.${name}`, { stream_name: name, config });
  await client.until(before + 1 + count);
  const tookMs = performance.now() - began;
  client.close();
  return (count / tookMs) * 1000;
}
