// Where the map is looked at: places to pixels and back.

/** What d3-zoom says: pixels after are `k` times pixels before, moved by `x` and `y`. */
export interface ZoomTransform {
  k: number;
  x: number;
  y: number;
}

/** A part of the map in a box of `width` by `height` CSS pixels. */
export class Viewport {
  readonly width: number;
  readonly height: number;
  readonly zoom: ZoomTransform;

  constructor(width: number, height: number, zoom: ZoomTransform) {
    this.width = width;
    this.height = height;
    this.zoom = zoom;
  }

  /** Pixels of a unit of places. */
  get unit(): number {
    return (this.zoom.k * Math.min(this.width, this.height) * 0.96) / 2;
  }

  /** A place as a pixel. */
  toPixel(x: number, y: number): [number, number] {
    const { k, x: left, y: top } = this.zoom;
    return [(k * this.width) / 2 + left + x * this.unit, (k * this.height) / 2 + top - y * this.unit];
  }

  /** A pixel as a place. */
  toPlace(left: number, top: number): [number, number] {
    const { k, x, y } = this.zoom;
    return [(left - x - (k * this.width) / 2) / this.unit, ((k * this.height) / 2 + y - top) / this.unit];
  }

  /** Factors and summands that lead from places to WebGL's clip space, in which the box is -1 to 1. */
  toClip(): [number, number, number, number] {
    const { k, x, y } = this.zoom;
    return [
      (2 * this.unit) / this.width,
      (2 * this.unit) / this.height,
      k + (2 * x) / this.width - 1,
      1 - k - (2 * y) / this.height,
    ];
  }
}
