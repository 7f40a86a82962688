//! Pictures that look like codes and decode.

use super::random::digest;

/// How a picture is to look.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Look {
    /// Width and height in pixels.
    pub(super) width: u32,
    /// What the dots are made from: other seeds, other pictures.
    pub(super) seed: String,
    pub(super) color: [u8; 3],
}

/// No picture is larger, whatever is asked for.
const MOST: u32 = 4096;
/// The side of a dot, which is that of a block in a JPEG.
const DOT: u32 = 8;

impl Look {
    fn side(&self) -> u32 {
        self.width.clamp(1, MOST)
    }

    fn is_dark(&self) -> impl Fn(u32, u32) -> bool {
        let bits = digest(&["picture", &self.seed]);
        move |x, y| {
            let bit = (x.wrapping_mul(7) ^ y.wrapping_mul(13)) as usize % 256;
            (bits[bit / 8] >> (bit % 8)) & 1 == 1
        }
    }

    /// A PNG with a transparent background. `None` when the encoder fails, which it does not in memory.
    pub(super) fn png(&self) -> Option<Vec<u8>> {
        let (side, is_dark) = (self.side(), self.is_dark());
        let mut rows = Vec::new();
        for y in 0..side {
            let pixel = |x: u32| u8::from(x < side && is_dark(x / DOT, y / DOT));
            rows.extend(
                (0..side.div_ceil(8)).map(|byte| (0..8).fold(0, |bits, bit| bits << 1 | pixel(byte * 8 + bit))),
            );
        }
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, side, side);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::One);
        let [r, g, b] = self.color;
        encoder.set_palette(vec![255, 255, 255, r, g, b]);
        encoder.set_trns(vec![0, 255]);
        let mut writer = encoder.write_header().ok()?;
        writer.write_image_data(&rows).ok()?;
        writer.finish().ok()?;
        Some(file)
    }

    /// A grey JPEG.
    ///
    /// Each block of 8 × 8 pixels has one shade, so it is but the difference to the block before: none, from white to
    /// black, or the reverse. That makes an encoder of a page, where a crate would weigh more than the mock.
    pub(super) fn jpeg(&self) -> Vec<u8> {
        let (side, is_dark) = (self.side(), self.is_dark());
        let [high, low] = (side as u16).to_be_bytes();
        let mut file = vec![0xFF, 0xD8];
        let mut segment = |marker: u8, content: &[u8]| {
            file.extend([0xFF, marker]);
            file.extend((content.len() as u16 + 2).to_be_bytes());
            file.extend_from_slice(content);
        };
        segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
        // One quantisation table: with 8 throughout, the first coefficient is the shade itself.
        let mut table = vec![0];
        table.extend([8; 64]);
        segment(0xDB, &table);
        segment(0xC0, &[8, high, low, high, low, 1, 1, 0x11, 0]);
        // Differences: `0` none, `10` one of 8 bits. Everything else: `0` the end of the block.
        segment(0xC4, &[0x00, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8]);
        segment(0xC4, &[0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        segment(0xDA, &[1, 1, 0x00, 0, 63, 0]);
        let mut bits = Bits::default();
        let mut before = 0i32;
        for y in 0..side.div_ceil(DOT) {
            for x in 0..side.div_ceil(DOT) {
                // The first is dark, so that it too has a difference of 8 bits.
                let shade = if (x, y) == (0, 0) || is_dark(x, y) { -128 } else { 127 };
                match shade - before {
                    0 => bits.put(0b00, 2),
                    // 128 to 255 stand as they are, -255 to -128 as their distance from -255.
                    more if more > 0 => bits.put(0b10 << 9 | (more as u32) << 1, 11),
                    less => bits.put(0b10 << 9 | ((less + 255) as u32) << 1, 11),
                }
                before = shade;
            }
        }
        file.extend(bits.finish());
        file.extend([0xFF, 0xD9]);
        file
    }
}

/// Bits in the entropy-coded part of a JPEG.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    pending: u32,
    count: u32,
}

impl Bits {
    /// Appends the lowest `count` bits, at most 16 of them.
    fn put(&mut self, bits: u32, count: u32) {
        self.pending = self.pending << count | bits;
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.pending >> self.count) as u8;
            self.bytes.push(byte);
            // 0xFF begins a marker, unless a zero follows.
            if byte == 0xFF {
                self.bytes.push(0);
            }
        }
        self.pending &= (1 << self.count) - 1;
    }

    fn finish(mut self) -> Vec<u8> {
        if self.count > 0 {
            let rest = 8 - self.count;
            self.put((1 << rest) - 1, rest);
        }
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(width: u32, seed: &str) -> Look {
        Look { width, seed: seed.to_owned(), color: [1, 2, 3] }
    }

    #[test]
    fn a_png_decodes_and_has_its_width_and_colour() {
        for width in [280, 430, 1280] {
            let file = look(width, "a=1").png().unwrap();
            let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
            decoder.set_transformations(png::Transformations::EXPAND);
            let mut reader = decoder.read_info().unwrap();
            let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
            let info = reader.next_frame(&mut pixels).unwrap();
            assert_eq!((info.width, info.height, info.color_type), (width, width, png::ColorType::Rgba));
            let has = |wanted: [u8; 4]| pixels.chunks(4).any(|pixel| pixel == wanted);
            assert!(has([255, 255, 255, 0]) && has([1, 2, 3, 255]));
        }
    }

    #[test]
    fn a_jpeg_has_its_width_and_a_whole_number_of_blocks() {
        for width in [1, 280, 430, 1280] {
            let file = look(width, "a=1").jpeg();
            assert!(file.starts_with(&[0xFF, 0xD8, 0xFF]) && file.ends_with(&[0xFF, 0xD9]));
            let frame = file.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
            let size = u32::from(file[frame + 5]) << 8 | u32::from(file[frame + 6]);
            assert_eq!(size, width);
            assert_eq!(shades(&file).len() as u32, width.div_ceil(8).pow(2));
        }
    }

    /// Reads back what the encoder wrote, by the tables of the format.
    fn shades(file: &[u8]) -> Vec<i32> {
        let scan = file.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap() + 10;
        let mut data = file[scan..file.len() - 2].to_vec();
        for index in (1..data.len()).rev() {
            if data[index - 1] == 0xFF {
                assert_eq!(data.remove(index), 0);
            }
        }
        let bits: Vec<u8> = data.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
        let (mut at, mut shade, mut shades) = (0, 0, Vec::new());
        while bits.len() - at >= 8 || bits[at..].contains(&0) {
            if bits[at] == 1 {
                assert_eq!(bits[at + 1], 0);
                let number = bits[at + 2..at + 10].iter().fold(0, |number, bit| number << 1 | i32::from(*bit));
                shade += if bits[at + 2] == 1 { number } else { number - 255 };
                at += 10;
            } else {
                at += 1;
            }
            assert_eq!(bits[at], 0, "the end of the block");
            at += 1;
            assert!(shade == -128 || shade == 127, "{shade}");
            shades.push(shade);
        }
        shades
    }

    #[test]
    fn pictures_differ_by_seed_and_absurd_sizes_do_no_harm() {
        assert_eq!(look(280, "a").jpeg(), look(280, "a").jpeg());
        assert_ne!(look(280, "a").jpeg(), look(280, "b").jpeg());
        assert_ne!(look(280, "a").png(), look(280, "b").png());
        assert!(look(0, "").png().is_some());
        assert!(look(u32::MAX, "").jpeg().len() > 1000);
    }
}
