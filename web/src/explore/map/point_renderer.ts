// Draws points with WebGL, as many in a frame as the machine can, and the rest in the frames after.

import {
  createBufferInfoFromArrays,
  createProgramInfoAsync,
  createTexture,
  drawBufferInfo,
  setAttribInfoBufferFromArray,
  setBuffersAndAttributes,
  setTextureFromArray,
  setUniforms,
  type AttribInfo,
  type BufferInfo,
  type ProgramInfo,
} from "twgl.js";

import type { Viewport } from "./viewport";

/** How the drawing stands: parts of it are there, all of it, or the browser took WebGL away. */
export type DrawingState = "partly" | "whole" | "lost";

/** Time that drawing may take of a frame, in milliseconds, and bounds of how many points that is. */
const SLOW_MS = 24;
const QUICK_MS = 10;
const FEWEST = 5000;
const FIRST = 20_000;

/** Points in sight from which on they lie in heaps. */
const HEAPED = 60_000;

// Depth keeps what is dim below the rest and, where points lie apart, the chosen ones above the others, in whichever
// order they are drawn. Where they lie in heaps the chosen ones would hide all others; there both mix, as they are.
const VERTEX = `#version 300 es
in vec2 place;
in vec2 look;
uniform vec4 toClip;
uniform float size;
uniform bool isHeaped;
uniform bool isRound;
uniform sampler2D palette;
out vec4 colour;
out float radius;
void main() {
  int flags = int(look.y * 255.0 + 0.5);
  bool isChosen = (flags & 1) != 0;
  bool isDim = (flags & 2) != 0;
  gl_Position = vec4(place * toClip.xy + toClip.zw, isDim ? 0.8 : isChosen && !isHeaped ? 0.2 : 0.5, 1.0);
  float across = isChosen && !isDim && !isHeaped ? size * 1.5 : size;
  radius = across / 2.0;
  // A round edge fades over a pixel, half of it outside.
  gl_PointSize = isRound ? across + 1.0 : across;
  colour = texelFetch(palette, ivec2(int(look.x * 255.0 + 0.5), 0), 0);
  colour.a *= isDim ? 0.18 : isChosen ? 0.95 : isHeaped ? 0.75 : 0.6;
}`;

const FRAGMENT = `#version 300 es
precision mediump float;
in vec4 colour;
in float radius;
uniform bool isRound;
out vec4 drawn;
void main() {
  float alpha = colour.a;
  if (isRound) {
    float away = distance(gl_PointCoord, vec2(0.5)) * (2.0 * radius + 1.0);
    alpha *= 1.0 - smoothstep(radius - 0.5, radius + 0.5, away);
    // What is not drawn at all must not hide what lies deeper.
    if (alpha <= 0.0) discard;
  }
  drawn = vec4(colour.rgb * alpha, alpha);
}`;

/** What is drawn. */
interface Drawing {
  places: Float32Array;
  looks: Uint8Array;
  palette: Uint8Array;
  ground: readonly [number, number, number];
}

/** Draws points on a canvas. */
export class PointRenderer {
  readonly #canvas: HTMLCanvasElement;
  readonly #gl: WebGL2RenderingContext;
  readonly #onState: (state: DrawingState) => void;
  #program: ProgramInfo | undefined;
  #buffers: BufferInfo | undefined;
  #palette: WebGLTexture | undefined;
  #drawing: Drawing | undefined;
  #viewport: Viewport | undefined;
  /** Points of the present view that are drawn. */
  #drawn = 0;
  #perFrame = FIRST;
  #frame: number | undefined;
  #fence: WebGLSync | undefined;
  #isEnded = false;
  /** How often the browser took WebGL away. */
  #losses = 0;

  /**
   * Draws on a canvas; `onState` hears after each frame whether all points are there, and when WebGL is taken away.
   * Should it be given back, all is drawn again.
   * `undefined` where there is no WebGL 2.
   */
  static on(canvas: HTMLCanvasElement, onState: (state: DrawingState) => void): PointRenderer | undefined {
    // What is drawn in one frame stays for the next.
    const gl = canvas.getContext("webgl2", { antialias: false, alpha: false, preserveDrawingBuffer: true });
    return gl === null ? undefined : new PointRenderer(canvas, gl, onState);
  }

  private constructor(canvas: HTMLCanvasElement, gl: WebGL2RenderingContext, onState: (state: DrawingState) => void) {
    this.#canvas = canvas;
    this.#gl = gl;
    this.#onState = onState;
    canvas.addEventListener("webglcontextlost", this.#lost);
    canvas.addEventListener("webglcontextrestored", this.#restored);
    void this.#compile();
  }

  /** Takes points: two places each, and two bytes of look each: a shade of the palette, and flags. */
  setPoints(drawing: Drawing): void {
    this.#drawing = drawing;
    this.#upload();
    this.#again();
  }

  /** Takes other looks of the same points. */
  setLooks(looks: Uint8Array): void {
    if (this.#drawing === undefined) {
      return;
    }
    this.#drawing.looks = looks;
    const attribute = this.#buffers?.attribs?.["look"];
    if (attribute !== undefined && !this.#gl.isContextLost()) {
      setAttribInfoBufferFromArray(this.#gl, attribute as AttribInfo, looks);
    }
    this.#again();
  }

  /** Takes other colours: 256 shades of four bytes, and what is behind. */
  setPalette(palette: Uint8Array, ground: readonly [number, number, number]): void {
    if (this.#drawing === undefined) {
      return;
    }
    Object.assign(this.#drawing, { palette, ground });
    if (this.#palette !== undefined && !this.#gl.isContextLost()) {
      setTextureFromArray(this.#gl, this.#palette, palette, paletteOptions(this.#gl));
    }
    this.#again();
  }

  /** Looks at another part. */
  look(viewport: Viewport): void {
    this.#viewport = viewport;
    this.#again();
  }

  /** Gives the memory of the GPU back. */
  free(): void {
    this.#isEnded = true;
    if (this.#frame !== undefined) {
      cancelAnimationFrame(this.#frame);
    }
    this.#canvas.removeEventListener("webglcontextlost", this.#lost);
    this.#canvas.removeEventListener("webglcontextrestored", this.#restored);
    this.#gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  readonly #lost = (event: Event): void => {
    // Without this it would not come back.
    event.preventDefault();
    this.#losses += 1;
    this.#buffers = undefined;
    this.#program = undefined;
    this.#palette = undefined;
    this.#fence = undefined;
    this.#onState("lost");
  };

  readonly #restored = (): void => {
    void this.#compile();
    this.#upload();
    this.#again();
  };

  /** Has the browser compile the program, without holding up the page until it has. */
  async #compile(): Promise<void> {
    const gl = this.#gl;
    const losses = this.#losses;
    const isStale = (): boolean => this.#isEnded || this.#losses !== losses || gl.isContextLost();
    try {
      const program = await createProgramInfoAsync(gl, [VERTEX, FRAGMENT]);
      if (!isStale()) {
        this.#program = program;
        this.#again();
      }
    } catch (error) {
      // Where WebGL was taken away meanwhile it is compiled again when it comes back.
      if (!isStale()) {
        throw error;
      }
    }
  }

  #upload(): void {
    const gl = this.#gl;
    const drawing = this.#drawing;
    if (drawing === undefined || gl.isContextLost()) {
      return;
    }
    for (const attribute of Object.values(this.#buffers?.attribs ?? {})) {
      gl.deleteBuffer((attribute as AttribInfo).buffer ?? null);
    }
    this.#palette ??= createTexture(gl, { ...paletteOptions(gl), src: drawing.palette });
    setTextureFromArray(gl, this.#palette, drawing.palette, paletteOptions(gl));
    this.#buffers = createBufferInfoFromArrays(gl, {
      place: { numComponents: 2, data: drawing.places },
      look: { numComponents: 2, data: drawing.looks, normalize: true, drawType: gl.DYNAMIC_DRAW },
    });
  }

  /** Draws from the start. */
  #again(): void {
    this.#drawn = 0;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#frame === undefined && !this.#isEnded) {
      this.#frame = requestAnimationFrame(() => {
        this.#frame = undefined;
        // The frame before may still be drawn where the GPU is slow; it goes on when that is done.
        if (this.#fence === undefined) {
          this.#draw();
        }
      });
    }
  }

  #draw(): void {
    const gl = this.#gl;
    const viewport = this.#viewport;
    const drawing = this.#drawing;
    if (gl.isContextLost() || this.#program === undefined || this.#buffers === undefined) {
      return;
    }
    if (viewport === undefined || drawing === undefined) {
      return;
    }
    const points = drawing.places.length / 2;
    if (this.#drawn === 0) {
      this.#clear(viewport, drawing.ground);
    }
    const count = Math.min(this.#perFrame, points - this.#drawn);
    const { k } = viewport.zoom;
    const size = pointSize(points, k) * devicePixelRatio;
    const isHeaped = points / k ** 2 > HEAPED;
    gl.useProgram(this.#program.program);
    setBuffersAndAttributes(gl, this.#program, this.#buffers);
    setUniforms(this.#program, {
      toClip: viewport.toClip(),
      size,
      isRound: size > 3,
      isHeaped,
      palette: this.#palette,
    });
    if (count > 0) {
      drawBufferInfo(gl, this.#buffers, gl.POINTS, count, this.#drawn);
    }
    this.#drawn += count;
    this.#await(count, points);
  }

  #clear({ width, height }: Viewport, ground: readonly [number, number, number]): void {
    const gl = this.#gl;
    const wide = Math.max(1, Math.round(width * devicePixelRatio));
    const high = Math.max(1, Math.round(height * devicePixelRatio));
    if (this.#canvas.width !== wide || this.#canvas.height !== high) {
      this.#canvas.width = wide;
      this.#canvas.height = high;
    }
    gl.viewport(0, 0, wide, high);
    const [red, green, blue] = ground;
    gl.clearColor(red / 255, green / 255, blue / 255, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST);
    gl.depthFunc(gl.LEQUAL);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  /** Waits until the GPU has drawn, without holding up the page, and learns how much it can draw in a frame. */
  #await(count: number, points: number): void {
    const gl = this.#gl;
    const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    if (fence === null) {
      return;
    }
    gl.flush();
    this.#fence = fence;
    const began = performance.now();
    const poll = (): void => {
      if (this.#isEnded || this.#fence !== fence || gl.isContextLost()) {
        return;
      }
      if (gl.getSyncParameter(fence, gl.SYNC_STATUS) !== gl.SIGNALED) {
        setTimeout(poll, 2);
        return;
      }
      gl.deleteSync(fence);
      this.#fence = undefined;
      const took = performance.now() - began;
      if (took > SLOW_MS) {
        this.#perFrame = Math.max(FEWEST, Math.round((this.#perFrame * SLOW_MS) / took));
      } else if (took < QUICK_MS && count === this.#perFrame) {
        this.#perFrame = Math.min(points, this.#perFrame * 2);
      }
      const isWhole = this.#drawn >= points;
      this.#onState(isWhole ? "whole" : "partly");
      if (!isWhole || this.#drawn === 0) {
        this.#schedule();
      }
    };
    setTimeout(poll, 0);
  }
}

/** Fewer points are drawn larger, and so are those that one comes near to. */
function pointSize(points: number, zoom: number): number {
  const base = points > 200_000 ? 1.5 : points > 20_000 ? 2.5 : points > 2000 ? 4 : 7;
  return base * Math.min(4, Math.max(1, zoom) ** 0.4);
}

function paletteOptions(gl: WebGL2RenderingContext): Record<string, number | boolean> {
  return {
    width: 256,
    height: 1,
    format: gl.RGBA,
    type: gl.UNSIGNED_BYTE,
    minMag: gl.NEAREST,
    wrap: gl.CLAMP_TO_EDGE,
    auto: false,
  };
}
