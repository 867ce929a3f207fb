import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeKeeperFrame, KeeperFrameReader } from "./keeperFrames.ts";
import { MAX_KEEPER_FRAME } from "./keeperProtocol.ts";

test("frames come out as they went in, however the stream is cut", () => {
  const frames = fc.array(fc.record({ header: fc.dictionary(fc.string(), fc.string()), bytes: fc.uint8Array() }), {
    minLength: 1,
  });
  fc.assert(
    fc.property(frames, fc.integer({ min: 1, max: 64 }), (sent, step) => {
      const wire = Buffer.concat(sent.map(({ header, bytes }) => encodeKeeperFrame(header, bytes)));
      const reader = new KeeperFrameReader();
      const received = [];
      for (let at = 0; at < wire.byteLength; at += step) received.push(...reader.push(wire.subarray(at, at + step)));
      expect(received.map(({ header, bytes }) => ({ header, bytes: [...bytes] }))).toEqual(
        sent.map(({ header, bytes }) => ({ header, bytes: [...bytes] })),
      );
    }),
  );
});

test("a frame at the bound passes, one beyond it is refused on both sides", () => {
  const room = MAX_KEEPER_FRAME - 4 - 2;
  expect(new KeeperFrameReader().push(encodeKeeperFrame({}, new Uint8Array(room)))).toHaveLength(1);
  expect(() => encodeKeeperFrame({}, new Uint8Array(room + 1))).toThrow(RangeError);
});
