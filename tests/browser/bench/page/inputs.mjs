// What both libraries embed: made of numbers, and the same wherever it is made.

/** The parts of a model's config.json that inputs depend on. */
export function sizesOf({ vision_config: vision, text_config: text }) {
  return { side: vision.image_size, vocabulary: text.vocab_size, context: text.max_position_embeddings };
}

/** Numbers from 0 to 1 that look random; equal seeds give equal numbers. */
function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Pixel values of `count` images: waves of another direction and colour in each, and some noise. */
export function pixelValues(count, { side }) {
  const values = new Float32Array(count * 3 * side * side);
  let at = 0;
  for (let image = 0; image < count; image += 1) {
    const random = randomNumbers(image);
    for (let channel = 0; channel < 3; channel += 1) {
      const level = random() * 2 - 1;
      const [across, down] = [random() * 40, random() * 40];
      for (let pixel = 0; pixel < side * side; pixel += 1) {
        const phase = (across * (pixel % side) + down * Math.floor(pixel / side)) / side;
        values[at] = level + Math.sin(phase) + 0.3 * (random() - 0.5);
        at += 1;
      }
    }
  }
  return values;
}

/**
 * The tokens of `count` texts of so many tokens each, start and end included; `lengths` are gone through
 * from the begin as often as needed.
 */
export function tokens(count, lengths, { vocabulary }) {
  return Array.from({ length: count }, (_, text) => {
    const random = randomNumbers(1000 + text);
    const between = lengths[text % lengths.length] - 2;
    const words = Array.from({ length: between }, () => Math.floor(random() * (vocabulary - 2)));
    return [vocabulary - 2, ...words, vocabulary - 1];
  });
}
