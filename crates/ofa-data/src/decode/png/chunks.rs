//! The chunks of a PNG, and which faults in them make Pillow refuse the file.

use super::{Color, DecodeError, Header, broken};

/// What is needed of a PNG.
pub(super) struct Contents<'a> {
    pub(super) header: Header,
    /// Red, green, blue of each colour.
    pub(super) palette: Option<&'a [u8]>,
    /// The compressed rows, as the chunks hold them one after the other.
    pub(super) data: Vec<&'a [u8]>,
}

/// Finds the header, the palette and the image data.
///
/// Before the image data every chunk must be whole and have its right checksum. After it only the
/// chunks that are looked at must be whole, and where the next one cannot be found the file is
/// taken to end.
pub(super) fn walk(bytes: &[u8]) -> Result<Contents<'_>, DecodeError> {
    let mut header = None;
    let mut palette = None;
    let mut animated = false;
    let mut chunks = Chunks { bytes, at: 8 };
    let mut data = vec![];
    loop {
        let chunk = chunks.next().ok_or_else(|| {
            broken(format_args!(
                "cut off or broken at byte {}, before the image data",
                chunks.at
            ))
        })?;
        match &chunk.name {
            b"IDAT" => {
                data.push(chunk.data);
                break;
            }
            b"IEND" | b"fdAT" => return Err(broken("there is no image data at its place")),
            _ => {}
        }
        check(&chunk, header.as_ref())?;
        if chunk.checksum != Some(chunk.expected_checksum()) {
            let name = chunk.name.escape_ascii();
            return Err(broken(format_args!("wrong checksum of the chunk {name}")));
        }
        match &chunk.name {
            b"IHDR" => header = Some(read_header(chunk.data)?),
            b"PLTE" => palette = Some(chunk.data),
            b"acTL" => animated = true,
            b"fcTL" => {
                let size = header.map(|header: Header| [header.width, header.height]);
                let whole = size.map(|[width, height]| [width, height, 0, 0].map(u32::to_be_bytes));
                if whole.is_none_or(|whole| chunk.data[4..20] != *whole.as_flattened()) {
                    return Err(broken("the first frame is not the whole image"));
                }
            }
            _ => {}
        }
    }
    let header = header.ok_or_else(|| broken("there is no header"))?;
    if header.color == Color::Indexed && palette.is_some_and(|palette| palette.len() > 768) {
        return Err(broken("a palette of more than 256 colours"));
    }

    let mut in_data = true;
    while let Some(chunk) = chunks.next() {
        match &chunk.name {
            b"IDAT" if in_data => data.push(chunk.data),
            b"IEND" => break,
            // The next frame, which is not wanted.
            b"fcTL" if animated => break,
            _ => check(&chunk, Some(&header))?,
        }
        in_data &= chunk.name == *b"IDAT";
    }
    Ok(Contents {
        header,
        palette,
        data,
    })
}

/// A chunk, whole or cut off.
struct Chunk<'a> {
    name: [u8; 4],
    /// As much as there is of it.
    data: &'a [u8],
    whole: bool,
    /// As it stands in the file.
    checksum: Option<u32>,
}

impl Chunk<'_> {
    fn expected_checksum(&self) -> u32 {
        let mut checksum = crc32fast::Hasher::new();
        checksum.update(&self.name);
        checksum.update(self.data);
        checksum.finalize()
    }
}

struct Chunks<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Chunks<'a> {
    /// The next chunk; none where the file ends or there is no name of a chunk.
    fn next(&mut self) -> Option<Chunk<'a>> {
        let rest = self.bytes.get(self.at..)?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (name, rest) = rest.split_first_chunk::<4>()?;
        if !name
            .iter()
            .all(|&byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            return None;
        }
        let length = u32::from_be_bytes(*length) as usize;
        let (data, rest) = rest.split_at(length.min(rest.len()));
        self.at = self.at.saturating_add(length).saturating_add(12);
        Some(Chunk {
            name: *name,
            data,
            whole: data.len() == length,
            checksum: rest.first_chunk().map(|sum| u32::from_be_bytes(*sum)),
        })
    }
}

/// Refuses a chunk that is cut off or shorter than its kind is.
fn check(chunk: &Chunk<'_>, header: Option<&Header>) -> Result<(), DecodeError> {
    let name = chunk.name.escape_ascii();
    if !chunk.whole {
        return Err(broken(format_args!("cut off within the chunk {name}")));
    }
    let least = match &chunk.name {
        b"IHDR" => 13,
        b"tRNS" => match header.map(|header| header.color) {
            Some(Color::Grey) => 2,
            Some(Color::Rgb) => 6,
            _ => 0,
        },
        b"gAMA" => 4,
        b"cHRM" => 32,
        b"sRGB" => 1,
        b"pHYs" => 9,
        b"acTL" => 8,
        b"fcTL" => 26,
        _ => 0,
    };
    let found = chunk.data.len();
    if found < least {
        return Err(broken(format_args!(
            "the chunk {name} has {found} bytes, expected {least}"
        )));
    }
    Ok(())
}

fn read_header(data: &[u8]) -> Result<Header, DecodeError> {
    let &[
        w3,
        w2,
        w1,
        w0,
        h3,
        h2,
        h1,
        h0,
        depth,
        color,
        _,
        filter,
        interlace,
        ..,
    ] = data
    else {
        return Err(broken("the header is cut off"));
    };
    let color = match (color, depth) {
        (0, 1 | 2 | 4 | 8 | 16) => Color::Grey,
        (2, 8 | 16) => Color::Rgb,
        (3, 1 | 2 | 4 | 8) => Color::Indexed,
        (4, 8 | 16) => Color::GreyAlpha,
        (6, 8 | 16) => Color::Rgba,
        _ => {
            let problem = format!("unknown colour type {color} of {depth} bits");
            return Err(broken(problem));
        }
    };
    if filter != 0 {
        return Err(broken(format_args!("unknown filter method {filter}")));
    }
    Ok(Header {
        width: u32::from_be_bytes([w3, w2, w1, w0]),
        height: u32::from_be_bytes([h3, h2, h1, h0]),
        color,
        depth,
        interlaced: interlace != 0,
    })
}
