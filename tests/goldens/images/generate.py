"""Writes small images of every mode and the RGB pixels that Pillow reads from them.

    python generate.py            (versions: ../requirements.txt)

Every image FILE gets a line in index.json: its size, how its pixels were made and where they are.
`pixels.bin` is a zlib stream of the RGB bytes of all of them, one after the other, in the order of
index.json. An image that Pillow refuses has `"refused": true` and no pixels.

The pixels are always `Image.open(FILE).convert("RGB")`.
"""

import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent
FILES = HERE / "files"
random = np.random.RandomState(20260501)


def scene(width, height):
    """Smooth gradients, hard edges and some noise: what photographs are made of."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    red = 127 + 120 * np.sin(x / 9 + y / 31)
    green = 255 * y / max(height - 1, 1)
    blue = 127 + 90 * np.cos(x / 23) * np.sin(y / 7)
    rgb = np.stack([red, green, blue], axis=-1)
    rgb[height // 4 : height // 2, width // 3 : width // 2] = [250, 20, 30]
    rgb[(x.astype(int) // 8 + y.astype(int) // 8) % 7 == 0] += 60
    rgb += random.normal(0, 6, rgb.shape)
    return np.clip(rgb, 0, 255).astype(np.uint8)


WIDTH, HEIGHT = 37, 29
RGB = Image.fromarray(scene(WIDTH, HEIGHT))
ALPHA = Image.fromarray(random.randint(0, 256, (HEIGHT, WIDTH)).astype(np.uint8))
RGBA = RGB.copy()
RGBA.putalpha(ALPHA)
GREY = RGB.convert("L")
LA = GREY.copy()
LA.putalpha(ALPHA)
BITS = GREY.convert("1")
PALETTE = RGB.quantize(200)
FEW = RGB.quantize(13)
FOUR = RGB.quantize(4)
TWO = RGB.quantize(2)
GREY16 = Image.fromarray((np.asarray(GREY).astype(np.uint16) * 3 - 40))
CMYK = RGB.convert("CMYK")
LARGE = Image.fromarray(scene(83, 61))

files = {}


def put(name, data):
    assert name not in files, name
    files[name] = data


def save(name, image, **options):
    buffer = io.BytesIO()
    image.save(buffer, **options)
    put(name, buffer.getvalue())
    return buffer.getvalue()


def png_chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width, height, depth, color, rows, *extra, interlace=0):
    """A PNG of a kind that Pillow does not write. `rows` are packed bytes, unfiltered."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace)
    data = b"".join(b"\0" + row for row in rows)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(data, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def noise(*shape):
    return random.randint(0, 256, shape).astype(np.uint8)


# PNG
save("rgb.png", RGB, format="PNG")
save("rgba.png", RGBA, format="PNG")
save("grey.png", GREY, format="PNG")
save("grey_alpha.png", LA, format="PNG")
save("bits.png", BITS, format="PNG")
save("palette.png", PALETTE, format="PNG")
save("palette_4bit.png", FEW, format="PNG")
save("palette_2bit.png", FOUR, format="PNG")
save("palette_1bit.png", TWO, format="PNG")
save("palette_transparent.png", PALETTE, format="PNG", transparency=bytes(range(100)))
save("palette_transparent_index.png", PALETTE, format="PNG", transparency=3)
save("rgb_transparent.png", RGB, format="PNG", transparency=(250, 20, 30))
save("grey_transparent.png", GREY, format="PNG", transparency=100)
save("grey_16.png", GREY16, format="PNG")
save("one_pixel.png", RGB.crop((5, 5, 6, 6)), format="PNG")
save("wide.png", Image.fromarray(scene(300, 3)), format="PNG")
exif = Image.Exif()
exif[0x0112] = 6
save("rotated_exif.png", RGB, format="PNG", exif=exif)
save("profile.png", RGB, format="PNG", icc_profile=b"no real profile " * 20)
put("grey_2bit.png", png(13, 5, 2, 0, [noise(4).tobytes() for _ in range(5)]))
put("grey_4bit.png", png(13, 5, 4, 0, [noise(7).tobytes() for _ in range(5)]))
put("rgb_16.png", png(7, 5, 16, 2, [noise(42).tobytes() for _ in range(5)]))
put("rgba_16.png", png(7, 5, 16, 6, [noise(56).tobytes() for _ in range(5)]))
put("grey_alpha_16.png", png(7, 5, 16, 4, [noise(28).tobytes() for _ in range(5)]))
put("short_palette.png", png(16, 16, 8, 3, [bytes(range(y * 16, y * 16 + 16)) for y in range(16)],
                             (b"PLTE", noise(90).tobytes())))
# Adam7 of a 3x3 image: pass 1 has (0,0); pass 4... each pass is written as its own rows.
adam7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
source = np.asarray(RGB)
rows = [source[y, x0::dx].tobytes() for x0, y0, dx, dy in adam7 for y in range(y0, HEIGHT, dy)
        if x0 < WIDTH]
put("interlaced.png", png(WIDTH, HEIGHT, 8, 2, rows, interlace=1))
frames = [Image.fromarray(noise(11, 13, 3)) for _ in range(3)]
save("animated.png", frames[0], format="PNG", save_all=True, append_images=frames[1:])
save("animated_default.png", frames[0], format="PNG", save_all=True, append_images=frames[1:],
     default_image=True)

# JPEG
for name, subsampling in [("444", 0), ("422", 1), ("420", 2)]:
    for quality in [40, 75, 95]:
        save(f"rgb_{name}_q{quality}.jpg", LARGE, format="JPEG", subsampling=subsampling, quality=quality)
    save(f"small_{name}.jpg", RGB.crop((0, 0, 9, 7)), format="JPEG", subsampling=subsampling)
    save(f"progressive_{name}.jpg", LARGE, format="JPEG", subsampling=subsampling, progressive=True)
save("grey.jpg", LARGE.convert("L"), format="JPEG", quality=85)
save("optimized.jpg", LARGE, format="JPEG", optimize=True)
save("restarts.jpg", LARGE, format="JPEG", restart_marker_blocks=3)
save("one_pixel.jpg", RGB.crop((5, 5, 6, 6)), format="JPEG")
save("keep_rgb.jpg", LARGE, format="JPEG", keep_rgb=True)
save("rotated_exif.jpg", LARGE, format="JPEG", exif=exif)
save("cmyk.jpg", LARGE.convert("CMYK"), format="JPEG", quality=90)
# The same samples, said to be YCCK by Adobe's marker: a valid file with other colours.
cmyk = files["cmyk.jpg"]
adobe = cmyk.index(b"Adobe")
put("ycck.jpg", cmyk[: adobe + 11] + b"\x02" + cmyk[adobe + 12 :])

# WebP
save("lossy.webp", LARGE, format="WEBP", quality=80)
save("lossy_q30.webp", LARGE, format="WEBP", quality=30)
rgba_large = LARGE.copy()
rgba_large.putalpha(Image.fromarray(noise(61, 83)))
save("lossy_alpha.webp", rgba_large, format="WEBP", quality=80)
save("lossless.webp", RGB, format="WEBP", lossless=True)
save("lossless_alpha.webp", RGBA, format="WEBP", lossless=True, exact=True)
save("one_pixel.webp", RGB.crop((5, 5, 6, 6)), format="WEBP", lossless=True)
hidden = [Image.fromarray(noise(16, 20, 4)) for _ in range(2)]
save("animated.webp", hidden[0], format="WEBP", lossless=True, exact=True, save_all=True,
     append_images=hidden[1:])
# The same, with the first frame moved on a larger canvas.
moved = bytearray(files["animated.webp"])
at = moved.index(b"VP8X") + 8
moved[at + 4 : at + 10] = (27).to_bytes(3, "little") + (23).to_bytes(3, "little")
at = moved.index(b"ANMF") + 8
moved[at : at + 6] = (3).to_bytes(3, "little") + (2).to_bytes(3, "little")
put("animated_moved.webp", bytes(moved))

# GIF
save("palette.gif", PALETTE, format="GIF")
save("few.gif", FEW, format="GIF", interlace=1)
save("grey.gif", GREY, format="GIF")
save("transparent.gif", PALETTE, format="GIF", transparency=7)
save("animated.gif", frames[0], format="GIF", save_all=True, append_images=frames[1:])


def gif(screen, frame, indices, colours, local=None, transparent=None, min_code=8):
    """A GIF of a kind that Pillow does not write; LZW with a clear code before every pixel run."""
    def table(palette):
        return len(palette).bit_length() - 2, b"".join(bytes(c) for c in palette)

    out = b"GIF89a" + struct.pack("<HH", *screen)
    if colours:
        size, data = table(colours)
        out += bytes([0x80 | size, 0, 0]) + data
    else:
        out += bytes([0, 0, 0])
    if transparent is not None:
        out += bytes([0x21, 0xF9, 4, 1, 0, 0, transparent, 0])
    out += b"," + struct.pack("<HHHH", *frame)
    if local:
        size, data = table(local)
        out += bytes([0x80 | size]) + data
    else:
        out += b"\0"
    codes = []
    for nth, index in enumerate(indices):
        if nth % 100 == 0:
            codes.append(1 << min_code)
        codes.append(index)
    codes.append((1 << min_code) + 1)
    bits = "".join(format(code, f"0{min_code + 1}b")[::-1] for code in codes)
    packed = bytes(int(bits[i : i + 8][::-1], 2) for i in range(0, len(bits), 8))
    out += bytes([min_code])
    for i in range(0, len(packed), 255):
        block = packed[i : i + 255]
        out += bytes([len(block)]) + block
    return out + b"\0;"


def colours(count):
    return [tuple(int(v) for v in noise(3)) for _ in range(count)]


some = [int(i) for i in random.randint(0, 16, 60)]
put("frame_in_screen.gif", gif((20, 15), (4, 3, 10, 6), some, colours(16)))
put("frame_in_screen_transparent.gif", gif((20, 15), (4, 3, 10, 6), some, colours(16), transparent=5))
put("frame_beyond_screen.gif", gif((8, 8), (4, 3, 10, 6), some, colours(16)))
put("local_palette.gif", gif((10, 6), (0, 0, 10, 6), some, colours(16), local=colours(16)))
put("only_local_palette.gif", gif((10, 6), (0, 0, 10, 6), some, None, local=colours(16)))
put("short_grey_palette.gif", gif((10, 6), (0, 0, 10, 6), [i * 4 for i in some],
                                  [(i, i, i) for i in range(16)]))
put("no_palette.gif", gif((10, 6), (0, 0, 10, 6), [i * 4 for i in some], None))
put("short_palette.gif", gif((10, 6), (0, 0, 10, 6), [i * 4 for i in some], colours(16)))
put("gif_named.jpg", files["palette.gif"])

# BMP
save("rgb.bmp", RGB, format="BMP")
save("rgba.bmp", RGBA, format="BMP")
save("grey.bmp", GREY, format="BMP")
save("bits.bmp", BITS, format="BMP")
save("palette.bmp", PALETTE, format="BMP")


def bmp(width, height, bits, compression, data, palette=b"", masks=b""):
    offset = 54 + len(masks) + len(palette)
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(data), 0, 0,
                         len(palette) // 4, 0)
    return b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) + header + masks + palette + data


colour_table = noise(64).tobytes()
put("top_down.bmp", bmp(5, -4, 24, 0, noise(64).tobytes()))
put("four_bit.bmp", bmp(5, 4, 4, 0, noise(16).tobytes(), colour_table))
# Every value of every channel.
ramp = np.arange(64)
put("bits_16.bmp", bmp(64, 3, 16, 0, np.stack([ramp % 32 << 10, ramp % 32 << 5, ramp % 32])
                       .astype("<u2").tobytes()))
put("bits_565.bmp", bmp(64, 3, 16, 3, np.stack([ramp % 32 << 11, ramp << 5, ramp % 32])
                        .astype("<u2").tobytes(), masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F)))
put("rle8.bmp", bmp(6, 2, 8, 1, bytes([4, 1, 2, 2, 0, 0, 0, 3, 3, 4, 5, 0, 3, 6, 0, 0, 0, 1]),
                    colour_table))
put("rgbx.bmp", bmp(5, 4, 32, 0, noise(80).tobytes()))

# TIFF
save("rgb.tif", RGB, format="TIFF")
save("rgba.tif", RGBA, format="TIFF")
save("grey.tif", GREY, format="TIFF")
save("bits.tif", BITS, format="TIFF")
save("palette.tif", PALETTE, format="TIFF")
save("grey_16.tif", GREY16, format="TIFF")
save("cmyk.tif", CMYK, format="TIFF")
save("grey_alpha.tif", LA, format="TIFF")
save("lzw.tif", RGB, format="TIFF", compression="tiff_lzw")
save("deflate.tif", RGB, format="TIFF", compression="tiff_adobe_deflate")
save("packbits.tif", RGB, format="TIFF", compression="packbits")
save("white_is_zero.tif", GREY, format="TIFF", tiffinfo={262: 0})
save("pages.tif", frames[0], format="TIFF", save_all=True, append_images=frames[1:])
for orientation in range(2, 9):
    save(f"oriented_{orientation}.tif", frames[0], format="TIFF", tiffinfo={274: orientation})
for mode in ["rgb", "palette", "grey_16"]:
    image = {"rgb": RGB, "palette": FEW, "grey_16": GREY16}[mode]
    save(f"{mode}_big_endian.tif", image, format="TIFF", big_endian=True)
save("jpeg.tif", LARGE, format="TIFF", compression="jpeg")

# Broken
for name in ["rgb.png", "rgb_420_q75.jpg", "progressive_420.jpg", "lossy.webp", "lossless.webp",
             "palette.gif", "rgb.bmp", "rgb.tif", "lzw.tif"]:
    stem, _, extension = name.partition(".")
    data = files[name]
    put(f"cut_half_{stem}.{extension}", data[: len(data) // 2])
    put(f"cut_tenth_{stem}.{extension}", data[: len(data) * 9 // 10])
put("no_end.jpg", files["rgb_420_q75.jpg"][:-2])
put("no_end.png", files["rgb.png"][:-12])
put("no_checksum.png", files["rgb.png"][:-20])
put("no_end_interlaced.png", files["interlaced.png"][:-12])
put("no_end.gif", files["palette.gif"][:-1])
put("header_only.jpg", files["rgb_420_q75.jpg"][:20])
put("zeros.jpg", bytes(100))

index, pixels = [], []
FILES.mkdir(exist_ok=True)
for old in FILES.iterdir():
    old.unlink()
for name, data in files.items():
    (FILES / name).write_bytes(data)
    try:
        image = Image.open(io.BytesIO(data)).convert("RGB")
    except Exception:
        index.append({"file": name, "refused": True})
        continue
    index.append({"file": name, "width": image.width, "height": image.height})
    pixels.append(image.tobytes())
lines = ",\n".join(json.dumps(entry) for entry in index)
(HERE / "index.json").write_text(f"[\n{lines}\n]\n")
(HERE / "pixels.bin").write_bytes(zlib.compress(b"".join(pixels), 9))
