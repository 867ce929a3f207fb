/** Reads PNG pictures of 8 bits a channel, not interlaced: grey, RGB and RGBA. Anything else is told in a sentence. */
import { inflateSync } from "node:zlib";

const SIGNATURE = "89504e470d0a1a0a";
const CHANNELS = { 0: 1, 2: 3, 4: 2, 6: 4 };
/** A picture of this example's kind is far below it; a hostile header is not believed. */
const MOST_POINTS = 40_000_000;

/** @param {Buffer} data @returns {string | { width: number, height: number, channels: number, pixels: Uint8Array }} */
export function readPng(data) {
  if (data.subarray(0, 8).toString("hex") !== SIGNATURE) return "unsupported: this is no PNG picture.";
  const width = data.readUInt32BE(16);
  const height = data.readUInt32BE(20);
  const channels = CHANNELS[data[25]];
  if (data[24] !== 8 || channels === undefined || data[28] !== 0)
    return "unsupported: only PNG pictures of 8 bits a channel that are not interlaced can be read.";
  if (width * height > MOST_POINTS) return `too large: ${width} by ${height} points.`;
  const parts = [];
  for (let at = 8; at + 8 <= data.length; ) {
    const length = data.readUInt32BE(at);
    if (data.toString("latin1", at + 4, at + 8) === "IDAT") parts.push(data.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  try {
    const raw = inflateSync(Buffer.concat(parts), { maxOutputLength: (width * channels + 1) * height });
    return toRgb(unfilter(raw, width * channels, channels), { width, height, channels });
  } catch {
    return "damaged: the picture's data cannot be unpacked.";
  }
}

function unfilter(raw, stride, channels) {
  const rows = raw.length / (stride + 1);
  const out = new Uint8Array(rows * stride);
  for (let row = 0; row < rows; row += 1) {
    const filter = raw[row * (stride + 1)];
    for (let x = 0; x < stride; x += 1) {
      const at = row * stride + x;
      const left = x >= channels ? out[at - channels] : 0;
      const up = row > 0 ? out[at - stride] : 0;
      const corner = row > 0 && x >= channels ? out[at - stride - channels] : 0;
      out[at] = raw[row * (stride + 1) + 1 + x] + predicted(filter, left, { up, corner });
    }
  }
  return out;
}

function predicted(filter, left, { up, corner }) {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) return 0;
  const base = left + up - corner;
  const [a, b, c] = [Math.abs(base - left), Math.abs(base - up), Math.abs(base - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

function toRgb(pixels, { width, height, channels }) {
  if (channels >= 3) return { width, height, channels, pixels };
  const rgb = new Uint8Array(width * height * 3);
  for (let point = 0; point < width * height; point += 1) rgb.fill(pixels[point * channels], point * 3, point * 3 + 3);
  return { width, height, channels: 3, pixels: rgb };
}
