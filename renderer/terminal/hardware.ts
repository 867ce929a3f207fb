/** Whether WebGL is drawn by real hardware here: in software it is a quarter as fast as the DOM (performance.md). */

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render|microsoft basic/i;

/** True for the renderer string of a real GPU. */
export function isHardwareRenderer(name: string): boolean {
  return name !== "" && !SOFTWARE.test(name);
}

let known: boolean | undefined;

/** Asked once per page. */
export function hasHardwareWebgl(): boolean {
  known ??= isHardwareRenderer(rendererName());
  return known;
}

function rendererName(): string {
  const gl = document.createElement("canvas").getContext("webgl2");
  if (gl === null) return "";
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const name: unknown = gl.getParameter(info === null ? gl.RENDERER : info.UNMASKED_RENDERER_WEBGL);
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return typeof name === "string" ? name : "";
}
