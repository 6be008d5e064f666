import { registry } from "zarrita";

interface BytesCodec { encode: (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>; decode: (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array> }

let isWarm = false;

/**
 * Loads and compiles the decompressor of the server's chunks ahead of the first image. It is WebAssembly of some size:
 * waiting for it only when the first chunk has come would cost a quarter of the time to the first picture.
 */
export async function warmUpCodecs(): Promise<void> {
  if (isWarm) return;
  isWarm = true;
  const load = registry.get("blosc");
  if (!load) return;
  const settings = { cname: "zstd", clevel: 1, shuffle: 1, typesize: 2, blocksize: 0 };
  const codec = (await load()).fromConfig(settings, { dataType: "uint16", shape: [64], codecs: [], fillValue: 0 }) as unknown as BytesCodec;
  await codec.decode(await codec.encode(new Uint8Array(128)));
}
