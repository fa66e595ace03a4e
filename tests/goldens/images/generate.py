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

# PNG that is damaged, or made by other rules
def replaced(data, at, new):
    return data[:at] + new + data[at + len(new) :]


rgb_png = files["rgb.png"]
idat = rgb_png.index(b"IDAT")
idat_length = struct.unpack(">I", rgb_png[idat - 4 : idat])[0]
for name, at in {"data_start": 40, "data_middle": idat_length // 2, "adler": idat_length - 1,
                 "data_checksum": idat_length + 2}.items():
    put(f"damaged_{name}.png", replaced(rgb_png, idat + 4 + at, bytes([rgb_png[idat + 4 + at] ^ 0x20])))
interlaced_png = files["interlaced.png"]
put("damaged_interlaced.png", replaced(interlaced_png, len(interlaced_png) - 18,
                                       bytes([interlaced_png[-18] ^ 1])))


def chunks(width, height, depth, color, *parts, interlace=0):
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace)
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*part) for part in [(b"IHDR", header), *parts])


small = noise(5, 21)
small_data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in small), 9)
END = (b"IEND", b"")
IDAT = (b"IDAT", small_data)
for name, *before in [("gamma", (b"gAMA", bytes(3))), ("physical", (b"pHYs", bytes(8))),
                      ("transparent", (b"tRNS", bytes(5))), ("chromaticity", (b"cHRM", bytes(31))),
                      ("srgb", (b"sRGB", b""))]:
    put(f"short_{name}.png", chunks(7, 5, 8, 2, *before, IDAT, END))
    put(f"short_{name}_after.png", chunks(7, 5, 8, 2, IDAT, *before, END))
put("long_gamma.png", chunks(7, 5, 8, 2, (b"gAMA", bytes(9)), IDAT, END))
text = (b"tEXt", b"Comment\0a text")
with_text = chunks(7, 5, 8, 2, text, IDAT, text, END)
first_text, last_text = with_text.index(b"tEXt"), with_text.rindex(b"tEXt")
put("damaged_text_before.png", replaced(with_text, first_text + 12, b"x"))
put("damaged_text_after.png", replaced(with_text, last_text + 12, b"x"))
put("cut_in_text_after.png", with_text[: last_text + 12])
put("cut_before_text_after.png", with_text[: last_text])
put("unknown_critical.png", chunks(7, 5, 8, 2, (b"ABCD", b"abc"), IDAT, END))
put("two_headers.png", chunks(7, 5, 8, 2, (b"IHDR", struct.pack(">IIBBBBB", 5, 7, 8, 0, 0, 0, 0)),
                              (b"IDAT", zlib.compress(b"\0abcde" * 7)), END))
put("many_data_chunks.png", chunks(7, 5, 8, 2, *[(b"IDAT", small_data[i : i + 5])
                                                 for i in range(0, len(small_data), 5)], END))
adler = len(small_data) - 4
wrong_adler = small_data[:adler] + bytes(4)
put("damaged_adler_of_its_own.png", chunks(7, 5, 8, 2, (b"IDAT", wrong_adler[:adler]),
                                           (b"IDAT", wrong_adler[adler:]), END))
rows = b"".join(b"\0" + row.tobytes() for row in small)
put("a_row_short.png", chunks(7, 5, 8, 2, (b"IDAT", zlib.compress(rows[:-22])), END))
put("a_pixel_short.png", chunks(7, 5, 8, 2, (b"IDAT", zlib.compress(rows[:-3])), END))
put("a_row_long.png", chunks(7, 5, 8, 2, (b"IDAT", zlib.compress(rows + rows[:22])), END))
for extra in [1, 2, 50]:
    long = zlib.compress(rows + bytes(extra))
    put(f"{extra}_more_damaged_adler.png", chunks(7, 5, 8, 2, (b"IDAT", long[:-4] + bytes(4)), END))
put("unknown_filter.png", chunks(7, 5, 8, 2, (b"IDAT", zlib.compress(b"\5" + rows[1:])), END))
put("indexed_without_palette.png", chunks(21, 5, 8, 3, IDAT, END))
put("indexed_long_palette.png", chunks(21, 5, 8, 3, (b"PLTE", bytes(771)), IDAT, END))
put("rgb_long_palette.png", chunks(7, 5, 8, 2, (b"PLTE", bytes(771)), IDAT, END))
put("data_not_together.png", chunks(7, 5, 8, 2, (b"IDAT", small_data[:30]), text,
                                    (b"IDAT", small_data[30:]), END))
# Every filter for every size of a pixel.
for depth, color, size in [(1, 0, 1), (4, 3, 1), (8, 0, 1), (8, 4, 2), (8, 2, 3), (8, 6, 4),
                           (16, 0, 2), (16, 4, 4), (16, 2, 6), (16, 6, 8)]:
    filtered = noise(10, 9 * size)
    data = b"".join(bytes([y % 5]) + row.tobytes() for y, row in enumerate(filtered))
    width = {1: 67, 4: 17}.get(depth, 9)
    palette = [(b"PLTE", noise(48).tobytes())] if color == 3 else []
    put(f"filters_{color}_{depth}.png", chunks(width, 10, depth, color, *palette,
                                               (b"IDAT", zlib.compress(data)), END))
# Interlaced, with less than a byte a pixel, and so small that passes are empty.
for depth, color, width, height in [(1, 0, 13, 11), (2, 0, 9, 3), (4, 0, 3, 9), (8, 0, 1, 1), (8, 2, 2, 5),
                                    (8, 6, 5, 2), (16, 2, 4, 4)]:
    bits = depth * {0: 1, 2: 3, 6: 4}[color]
    data = b""
    for x0, y0, dx, dy in adam7:
        pass_width = len(range(x0, width, dx))
        for nth, _ in enumerate(range(y0, height, dy)):
            if pass_width:
                data += bytes([nth % 5]) + noise((pass_width * bits + 7) // 8).tobytes()
    put(f"interlaced_{color}_{depth}_{width}x{height}.png",
        chunks(width, height, depth, color, (b"IDAT", zlib.compress(data)), END, interlace=1))
frame = struct.pack(">IIIIIHHBB", 0, 7, 5, 0, 0, 1, 10, 0, 0)
put("first_frame_is_part.png", chunks(7, 5, 8, 2, (b"acTL", struct.pack(">II", 1, 0)),
                                      (b"fcTL", replaced(frame, 4, struct.pack(">I", 6))), IDAT, END))

# JPEG
for width, height in [(1, 9), (2, 8), (3, 9), (9, 7), (17, 33), (250, 12)]:
    for subsampling, name in [(0, "444"), (1, "422"), (2, "420")]:
        save(f"noise_{width}x{height}_{name}.jpg", Image.fromarray(noise(height, width, 3)), format="JPEG",
             quality=95, subsampling=subsampling)
edges = np.where((np.indices((40, 52)).sum(0) // 3 % 2)[..., None] == 1, [255, 0, 0], [0, 0, 255])
save("edges_420.jpg", Image.fromarray(edges.astype(np.uint8)), format="JPEG", subsampling=2)
save("cmyk_420.jpg", LARGE.convert("CMYK"), format="JPEG", quality=90, subsampling=2)
cmyk = files["cmyk_420.jpg"]
put("ycck_420.jpg", replaced(cmyk, cmyk.index(b"Adobe") + 11, b"\2"))
keep = files["keep_rgb.jpg"]
adobe, frame, scan = keep.index(b"Adobe"), keep.index(b"\xff\xc0"), keep.index(b"\xff\xda")
numbered = bytearray(keep)
for nth in range(3):
    numbered[frame + 10 + 3 * nth] = nth + 1
    numbered[scan + 5 + 2 * nth] = nth + 1
for transform in [0, 1, 2, 7]:
    put(f"adobe_{transform}.jpg", replaced(bytes(numbered), adobe + 11, bytes([transform])))
put("adobe_0_without_marker.jpg", keep[: adobe - 4] + keep[adobe + 12 :])
put("numbered_without_marker.jpg", bytes(numbered[: adobe - 4] + numbered[adobe + 12 :]))
whole = files["rgb_420_q75.jpg"]
put("no_end_but_zeros.jpg", whole[:-2] + bytes(500))
put("no_end_but_text.jpg", whole[:-2] + b"hello world")
put("cut_and_zeros.jpg", whole[: len(whole) * 2 // 3] + bytes(500))
put("cut_and_end.jpg", whole[: len(whole) // 2] + b"\xff\xd9")
put("cut_and_another.jpg", whole[: len(whole) // 2] + whole)
put("two_images.jpg", whole + whole)
progressive = files["progressive_420.jpg"]
put("progressive_without_last_scan.jpg", progressive[: progressive.rindex(b"\xff\xda")] + b"\xff\xd9")
put("progressive_no_end_but_zeros.jpg", progressive[:-2] + bytes(500))
put("unknown_marker.jpg", whole[:2] + b"\xff\x02\0\4ab" + whole[2:])


def jpeg(width, height, factors):
    """A JPEG of any sampling factors: only the mean of a block is not 0."""
    def segment(marker, data):
        return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data

    def huffman(number, lengths, values):
        return segment(0xC4, bytes([number, *lengths, *[0] * (16 - len(lengths)), *values]))

    count = len(factors)
    most = [max(factor[axis] for factor in factors) for axis in range(2)]
    blocks = -(-width // (8 * most[0])) * -(-height // (8 * most[1])) * sum(h * v for h, v in factors)
    # A difference is `0` and nothing, or `10` and seven bits; then `0` ends the block.
    bits = ""
    for nth, value in enumerate(int(v) for v in noise(blocks)):
        bits += "00" if value % 7 == 0 else f"10{value % 128:07b}0"
    bits += "1" * (-len(bits) % 8)
    packed = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)).replace(b"\xff", b"\xff\0")
    components = b"".join(bytes([nth + 1, h << 4 | v, 0]) for nth, (h, v) in enumerate(factors))
    return (b"\xff\xd8" + segment(0xDB, bytes([0]) + bytes([9]) * 64)
            + segment(0xC0, struct.pack(">BHHB", 8, height, width, count) + components)
            + huffman(0x00, [1, 1], [0, 7]) + huffman(0x10, [1], [0])
            + segment(0xDA, bytes([count]) + b"".join(bytes([n + 1, 0]) for n in range(count))
                      + bytes([0, 63, 0])) + packed + b"\xff\xd9")


for factors in [[(1, 1), (2, 1), (1, 1)], [(1, 1), (2, 2), (1, 2)], [(2, 1), (1, 2), (1, 1)],
                [(1, 2), (1, 1), (1, 1)], [(4, 1), (1, 1), (2, 1)], [(2, 2), (1, 1), (1, 1), (2, 2)],
                [(1, 1), (2, 2), (1, 2), (2, 1)]]:
    name = "_".join(f"{h}x{v}" for h, v in factors)
    put(f"sampling_{name}.jpg", jpeg(45, 37, factors))
save("comment_with_end.jpg", LARGE, format="JPEG", comment=b"\xff\xd9")

# GIF
for count in [2, 3, 4, 8]:
    put(f"cut_{count}.gif", files["palette.gif"][:-count])
put("cut_comment.gif", files["palette.gif"][:-1] + b"!\xfe\x20cut")

# TIFF
save("int_32.tif", Image.fromarray(np.asarray(GREY).astype(np.int32) * 3 - 200), format="TIFF")
save("int_32_big_endian.tif", Image.fromarray(np.asarray(GREY).astype(np.int32) * 3 - 200), format="TIFF",
     big_endian=True)
save("float.tif", Image.fromarray(np.asarray(GREY).astype(np.float32) * 1.7 - 50.3), format="TIFF")
save("palette_alpha.tif", FEW.convert("PA"), format="TIFF")
save("ycbcr.tif", RGB.convert("YCbCr"), format="TIFF")
save("ycbcr_noise.tif", Image.fromarray(noise(64, 64, 3), "YCbCr"), format="TIFF")

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
